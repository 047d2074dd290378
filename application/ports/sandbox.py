"""What runs hostile code, and what a run may ask of its host."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from application.ports.progress import Progress
from domain.executions import Outcome
from domain.file_types import FileType
from domain.files import LedgerFile
from domain.tables import FileTables

OutputStream = Literal["stdout", "stderr"]


class Runners(Protocol):
    """Processes that carry out executions."""

    def current(self) -> str:
        """Return this process's identity."""

    def is_alive(self, runner: str) -> bool:
        """Tell whether the process that `runner` names still lives."""


@dataclass(frozen=True)
class GrantedFile:
    """A file handed into a run: what `load_file` needs to open it.

    `kind` is what its content and name say it is; `content` has a real, read-only
    descriptor.
    """

    file_id: str
    filename: str
    kind: FileType
    content: BinaryIO


@dataclass(frozen=True)
class RunRequest:
    """Code to run.

    `timeout_s` is wall-clock time from the first byte of user code, without what
    the host spends on installing packages for it. Runs of one user with the same
    `conversation_id` may go on with each other's variables, where an adapter keeps
    a process alive for that; nobody may rely on it.
    """

    execution_id: str
    user_id: str
    code: str
    timeout_s: float
    conversation_id: str | None = None


class RunHost(Protocol):
    """What one run may ask of the host while it goes on.

    Methods are called from the sandbox's own thread and must not raise.
    """

    def files(self) -> Sequence[LedgerFile]:
        """Return the granted files, oldest first."""

    def open_file(self, reference: str) -> GrantedFile | None:
        """Open a granted file by its id, or the newest one of that name.

        None when there is none: absent, gone and foreign are all alike.
        """

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Take a file that the run made. Return why it is not kept, or None when it is."""

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Take a piece of the run's output as it appears."""

    def show_progress(self, progress: Progress) -> None:
        """Take what the run waits for now."""

    def cancelled_by(self) -> str:
        """Return the actor who wants the run stopped, empty while nobody does."""


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    `stdout` and `stderr` are capped and decoded; `duration_ms` is wall-clock time
    of user code, and `package_wait_ms` what it waited for packages beside that;
    `explanation` says in words what cut the run off, if anything did; `stopped_by` is
    the actor who cancelled it, if one did. `skipped_outputs` name each file left
    behind, with the reason; `tables` is what the code said of files that it loaded.
    """

    outcome: Outcome
    exit_code: int | None
    stdout: str
    stderr: str
    duration_ms: int
    explanation: str = ""
    stopped_by: str = ""
    loaded_file_ids: tuple[str, ...] = ()
    packages_installed: tuple[str, ...] = ()
    package_wait_ms: int = 0
    skipped_outputs: tuple[str, ...] = ()
    tables: tuple[FileTables, ...] = ()


@dataclass(frozen=True)
class Check:
    """One line of `doctor`: what works here, and how to mend what does not.

    An `optional` part may be off without anything being wrong.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    optional: bool = False


class Sandbox(Protocol):
    """Runs hostile code behind a boundary of the kernel."""

    def run(self, request: RunRequest, host: RunHost) -> RunResult:
        """Run code to its end. Never raises for what the code does.

        Raises:
            EnvironmentFaultError: no boundary can be built here; names the remedy.
        """

    def checks(self) -> Sequence[Check]:
        """Tell which mechanisms of the boundary hold on this machine."""

    def close(self) -> None:
        """Stop every run and helper process."""
