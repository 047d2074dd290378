"""Run Python for a user: record the start, run behind the boundary, keep the outputs, record the end."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Protocol

from application.intake import take_in
from application.ledgers import By, Ledgers
from application.policy import UsagePolicy
from application.ports.blobs import BlobStore
from application.ports.clock import Ids
from application.ports.progress import Progress, Stage
from application.ports.sandbox import GrantedFile, OutputStream, Runners, RunRequest, RunResult, Sandbox
from application.run_queue import RunQueue
from domain.errors import EnvironmentFaultError, FileLedgerError, InvalidValueError
from domain.events import ExecutionFinished
from domain.executions import INTERRUPTED, ExecutionReport, Outcome, check_code
from domain.file_types import HEAD_BYTES, identify
from domain.files import LedgerFile, NewFile, blob_name, check_user_id
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.retention import Limits

COPY_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Execution:
    """A finished run.

    `duration_ms` is time of the code itself; for packages it waited `package_wait_ms`
    more. `stopped_by` is the actor who cancelled it, if one did. `files` are the outputs
    that were kept; `skipped_outputs` say why others were not.
    """

    execution_id: str
    outcome: Outcome
    exit_code: int | None
    stdout: str
    stderr: str
    duration_ms: int
    explanation: str
    files: tuple[LedgerFile, ...]
    packages_installed: tuple[str, ...]
    skipped_outputs: tuple[str, ...]
    stopped_by: str = ""
    package_wait_ms: int = 0


class RunObserver(Protocol):
    """Somebody who watches a run."""

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Take a piece of output as it appears."""

    def show_progress(self, progress: Progress) -> None:
        """Take what the run waits for now."""

    def cancelled_by(self) -> str:
        """Return the actor who wants the run stopped, empty while nobody does."""


class Unobserved:
    """An observer for runs that nobody watches."""

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Ignore output: the result carries it."""

    def show_progress(self, progress: Progress) -> None:
        """Ignore progress."""

    def cancelled_by(self) -> str:
        """Never cancel."""
        return ""


class RunCode:
    """Runs code in the sandbox and records what came of it."""

    def __init__(
        self,
        ledgers: Ledgers,
        blobs: BlobStore,
        sandbox: Sandbox,
        ids: Ids,
        runners: Runners,
        policy: UsagePolicy,
        queue: RunQueue,
    ) -> None:
        self._ledgers, self._blobs, self._sandbox = ledgers, blobs, sandbox
        self._ids, self._runners, self._policy, self._queue = ids, runners, policy, queue

    def __call__(
        self,
        user_id: str,
        code: str,
        *,
        by: By | None = None,
        timeout_s: float | None = None,
        model: str | None = None,
        observer: RunObserver | None = None,
    ) -> Execution:
        """Run `code` with the user's live files and keep what it makes.

        Waits for the user's turn first; `observer` is told the place in the queue.
        A machine that cannot build the boundary yields an execution that was
        `refused`, with cause and remedy as its explanation.

        Raises:
            InvalidValueError: the user id or the code is none, or `timeout_s` is above the operator's limit.
            QueueFullError: too many of the user's runs wait; nothing was recorded.
            CancelledError: it was cancelled before its turn; nothing was recorded.
        """
        by = by or By.user(user_id)
        request = RunRequest(
            self._ids.execution_id(),
            check_user_id(user_id),
            check_code(code),
            self._allowed(timeout_s),
        )
        observer = observer or Unobserved()
        with self._queue.turn(user_id, observer):
            observer.show_progress(Progress(Stage.RUNNING))
            return self._record_run(request, by, model, observer)

    def _allowed(self, timeout_s: float | None) -> float:
        most_s = self._policy.execution_timeout_s
        if timeout_s is None:
            return most_s
        if not 0 < timeout_s <= most_s:  # and so is what is not a number
            msg = (
                f"A run may take up to {most_s:g} s here, not {timeout_s:g} s: CODE_EXECUTION_TIMEOUT is the "
                "operator's limit. Ask for less, or have it raised. Nothing was run."
            )
            raise InvalidValueError(msg)
        return timeout_s

    def _record_run(self, request: RunRequest, by: By, model: str | None, observer: RunObserver) -> Execution:
        user_id, execution_id = request.user_id, request.execution_id

        def start(ledger: UserLedger, metadata: Metadata) -> list[LedgerFile]:
            return ledger.start_execution(
                execution_id, request.code, model=model, runner=self._runners.current(), metadata=metadata
            )

        granted = self._ledgers.decide(user_id, start, by).result
        finish_by = By(by.actor, execution_id)
        try:
            with ExitStack() as stack:
                host = _Host(
                    user_id,
                    granted,
                    self._blobs,
                    self._ids,
                    stack,
                    observer,
                    self._policy.limits,
                )
                result = self._run(request, host)
                return self._finish(user_id, request, result, host, finish_by)
        except BaseException:
            self._interrupt(user_id, execution_id, finish_by)
            raise

    def _run(self, request: RunRequest, host: "_Host") -> RunResult:
        try:
            return self._sandbox.run(request, host)
        except EnvironmentFaultError as error:
            return RunResult(Outcome.REFUSED, None, "", "", 0, explanation=str(error))

    def _finish(
        self, user_id: str, request: RunRequest, result: RunResult, host: "_Host", by: By
    ) -> Execution:
        report = ExecutionReport(
            outcome=result.outcome,
            exit_code=result.exit_code,
            duration_ms=result.duration_ms,
            output=_transcript(result),
            stopped_by=result.stopped_by,
            packages=result.packages_installed,
            loaded_file_ids=result.loaded_file_ids,
            skipped_outputs=result.skipped_outputs,
            tables=result.tables,
        )

        def finish(ledger: UserLedger, metadata: Metadata) -> list[LedgerFile]:
            kept = ledger.finish_execution(
                request.execution_id,
                report,
                outputs=host.outputs,
                expires_at=self._policy.expiry(metadata.timestamp),
                limits=self._policy.limits,
                metadata=metadata,
            )
            return [ledger.files[new.file_id] for new in kept]

        decision = self._ledgers.decide(user_id, finish, by)
        self._drop_unkept(user_id, host.outputs, decision.result)
        skipped = [event.skipped_outputs for event in decision.events if isinstance(event, ExecutionFinished)]
        return Execution(
            execution_id=request.execution_id,
            outcome=result.outcome,
            exit_code=result.exit_code,
            stdout=result.stdout,
            stderr=result.stderr,
            duration_ms=result.duration_ms,
            explanation=result.explanation,
            files=tuple(decision.result),
            packages_installed=result.packages_installed,
            skipped_outputs=skipped[0] if skipped else (),
            stopped_by=result.stopped_by,
            package_wait_ms=result.package_wait_ms,
        )

    def _drop_unkept(self, user_id: str, outputs: Sequence[NewFile], kept: Sequence[LedgerFile]) -> None:
        kept_ids = {file.file_id for file in kept}
        for new in outputs:
            if new.file_id not in kept_ids:
                self._blobs.purge(user_id, blob_name(new.file_id, new.extension))

    def _interrupt(self, user_id: str, execution_id: str, by: By) -> None:
        """Close the execution in the ledger, if that is still possible; the next start would too."""
        try:
            self._ledgers.decide(
                user_id,
                lambda ledger, metadata: ledger.finish_execution(
                    execution_id, INTERRUPTED, metadata=metadata
                ),
                by,
            )
        except FileLedgerError:
            return


class _Host:
    """What one run may ask: its granted files, and a place for its outputs."""

    def __init__(
        self,
        user_id: str,
        granted: Sequence[LedgerFile],
        blobs: BlobStore,
        ids: Ids,
        stack: ExitStack,
        observer: RunObserver,
        limits: Limits,
    ) -> None:
        self._limits = limits
        self._user_id, self._blobs, self._ids, self._stack = user_id, blobs, ids, stack
        self._granted = {file.file_id: file for file in granted}
        self._newest = {file.filename: file for file in granted}  # the oldest come first
        self.outputs: list[NewFile] = []
        self.show_output = observer.show_output
        self.show_progress = observer.show_progress
        self.cancelled_by = observer.cancelled_by

    def files(self) -> Sequence[LedgerFile]:
        """Return what is granted."""
        return tuple(self._granted.values())

    def open_file(self, reference: str) -> GrantedFile | None:
        """Open a granted file; None when there is none, whoever's it may be."""
        file = self._granted.get(reference) or self._newest.get(reference)
        if file is None:
            return None
        try:
            content = self._blobs.open(self._user_id, blob_name(file.file_id, file.extension))
        except FileLedgerError:
            return None
        kind = identify(file.filename, content.read(HEAD_BYTES))
        content.seek(0)
        return GrantedFile(file.file_id, file.filename, kind, content)

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Stage and commit an output; its lock is held until the run is recorded."""
        if len(self.outputs) >= self._limits.max_generated_files:
            return f"only {self._limits.max_generated_files} outputs of a run are kept"
        # A folder of the run stays readable in the name: two `x.csv` would be told apart by nothing.
        name = "_".join(part for part in name.split("/") if part not in {"", ".", ".."})
        try:
            staged = self._stack.enter_context(self._blobs.stage(self._user_id))
            chunks = iter(partial(content.read, COPY_CHUNK_BYTES), b"")
            new = take_in(staged, name, chunks, self._ids, limit_bytes=self._limits.max_file_bytes)
        except FileLedgerError as error:
            return str(error)
        self.outputs.append(new)
        return None


def _transcript(result: RunResult) -> str:
    return "\n".join(part for part in (result.stdout, result.stderr, result.explanation) if part)
