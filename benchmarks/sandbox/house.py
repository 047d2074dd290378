"""This sandbox, through the use case that people's runs go through."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from application.ledgers import Ledgers
from application.policy import UsagePolicy
from application.ports.ledger import LedgerStore
from application.ports.sandbox import RunHost, RunRequest, RunResult, Sandbox
from application.run_code import Execution, RunCode
from application.run_queue import RunQueue
from application.upload import UploadFile
from benchmarks.page import BenchmarkError
from benchmarks.sandbox.jobs import Job
from benchmarks.sandbox.ways import PYTHON
from domain.executions import Outcome
from domain.files import LedgerFile, blob_name
from infrastructure.blobs.folder import FolderBlobStore
from infrastructure.clock import RandomIds, SystemClock
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.store import SQLiteLedgerStore
from infrastructure.runners import RunnerLocks
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.capacity import runs_at_once
from infrastructure.sandbox.config import SandboxConfig
from tests.support.memory_ledger import MemoryLedgerStore
from tests.support.sandboxes import await_spares

USER = "user-1"


class ClockedSandbox:
    """`Sandbox` that notes when each execution was handed to it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.turns_s: dict[str, float] = {}
        self.checks, self.close = sandbox.checks, sandbox.close

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Note the time, and run."""
        self.turns_s[request.execution_id] = time.monotonic()
        return self._sandbox.run(request, host)


class House:
    """The use cases over one sandbox, with a ledger and a place for files' bytes."""

    def __init__(self, sandbox: Sandbox, folder: Path, store: LedgerStore) -> None:
        self._sandbox, self._ids, self._policy = ClockedSandbox(sandbox), RandomIds(), UsagePolicy()
        self.turns_s = self._sandbox.turns_s
        self._blobs = FolderBlobStore(folder / "user_files")
        self._runners = RunnerLocks(folder / "runners")
        self._queue = RunQueue(runs_at_once(_config(folder)))
        self._made: Sequence[LedgerFile] = ()
        self.run_code = self.over(store)
        self._store = store

    def over(self, store: LedgerStore) -> RunCode:
        """Return the use case over another ledger."""
        ledgers = Ledgers(store, SystemClock())
        return RunCode(
            ledgers, self._blobs, self._sandbox, self._ids, self._runners, self._policy, self._queue
        )

    def upload(self, user_id: str, path: Path) -> None:
        """Give a user a file."""
        upload = UploadFile(Ledgers(self._store, SystemClock()), self._blobs, self._ids, self._policy)
        upload(user_id, path.name, [path.read_bytes()], source=f"benchmark:{path.name}")

    def run(self, job: Job) -> str:
        """Have the use case run the code."""
        execution = succeeded(self.run_code(USER, job.sandbox_code))
        self._made = execution.files
        return execution.stdout

    def finish(self, job: Job) -> bytes:
        """Return the picture."""
        if not job.picture:
            return b""
        (made,) = self._made
        with self._blobs.open(USER, blob_name(made.file_id, made.extension)) as content:
            return content.read()

    def close(self) -> None:
        """End being a process that runs code."""
        self._queue.close()
        self._runners.close()


class UnsavedHouse(House):
    """A house that forgets: every run meets the ledger, in memory, as it was before the first."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._before = MemoryLedgerStore()
        super().__init__(sandbox, folder, self._before)

    def run(self, job: Job) -> str:
        """Have the use case run the code for somebody who ran nothing yet."""
        store = MemoryLedgerStore()
        store.events = list(self._before.events)
        self.run_code = self.over(store)
        return super().run(job)


def succeeded(execution: Execution) -> Execution:
    """Return a run that went well.

    Raises:
        BenchmarkError: it did not.
    """
    if execution.outcome is not Outcome.SUCCEEDED:
        message = f"a run of this sandbox {execution.outcome}: {execution.explanation} {execution.stderr}"
        raise BenchmarkError(message)
    return execution


def _config(folder: Path) -> SandboxConfig:
    return SandboxConfig(python=PYTHON, state_folder=folder)


@contextmanager
def warm_sandbox(folder: Path) -> Iterator[BubblewrapSandbox]:
    """Yield a sandbox whose spares are ready."""
    with closing(BubblewrapSandbox(_config(folder))) as sandbox:
        await_spares(sandbox)
        yield sandbox


@contextmanager
def saving_house(sandbox: Sandbox, folder: Path) -> Iterator[House]:
    """Yield a house whose ledger and files are on disk, durable before anybody is told of them."""
    store = SQLiteLedgerStore(folder / "ledger" / "ledger.db", KeyFolder(folder / "keys"))
    with closing(store), closing(House(sandbox, folder, store)) as house:
        yield house
