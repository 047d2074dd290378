"""What the use cases need from the world: one Protocol a need.

Adapters in `infrastructure` implement them; `interfaces.wiring` puts them
together. Every method may raise `EnvironmentFaultError` when the machine cannot
do it; other errors are named.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal, Protocol
from uuid import UUID

from domain.events import LedgerEvent
from domain.executions import Outcome
from domain.files import LedgerFile
from domain.ledger import UserLedger

OutputStream = Literal["stdout", "stderr"]


class Clock(Protocol):
    """The only source of the current time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC, in whole milliseconds."""


class Ids(Protocol):
    """The only source of new ids; no id is ever drawn twice."""

    def file_id(self) -> str:
        """Return a new file id: 12 of a-z and 0-9."""

    def execution_id(self) -> str:
        """Return a new execution id."""


# -- the ledger ----------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """An event and its `position` in the whole ledger (from 1, rising, not dense)."""

    position: int
    event: LedgerEvent


@dataclass(frozen=True)
class LedgerProblem:
    """Something that `verify` found.

    `user_id` is a ledger's hex id when its owner cannot be read, and None (like
    `sequence`) when the problem is not one ledger's.
    """

    user_id: str | None
    sequence: int | None
    kind: str
    detail: str


@dataclass(frozen=True)
class ChainReport:
    """What a check of the stored events saw."""

    events: int
    ledgers: int
    problems: tuple[LedgerProblem, ...]


class LedgerStore(Protocol):
    """Keeps the events of every user's ledger: the only truth."""

    def load(self, user_id: str) -> UserLedger | None:
        """Return the user's ledger as it stands, or None when there is none."""

    def append(self, ledger: UserLedger) -> int:
        """Save the pending events of `ledger` in one step and return the last one's position.

        With nothing pending, returns the position of the ledger's newest event
        known to this process. The aggregate must not be used again after an error.

        Raises:
            ConflictError: another writer saved to the same ledger first.
        """

    def head(self) -> int:
        """Return the position of the newest event, 0 when there is none."""

    def events_after(
        self, position: int, *, limit: int, up_to: int | None = None, kinds: Sequence[type[LedgerEvent]] = ()
    ) -> Sequence[Recorded]:
        """Return at most `limit` events of all users after `position`, in order; of `kinds` if given."""

    def stream(self, ledger_id: UUID, *, after: int = 0, up_to: int | None = None) -> Iterator[Recorded]:
        """Yield one ledger's events in order; `after` and `up_to` are sequences (versions)."""

    def find_file(self, file_id: str) -> UUID | None:
        """Return the id of the ledger that ever recorded `file_id`, or None."""

    def ledger_ids(self) -> Iterator[UUID]:
        """Yield the id of every ledger."""

    def owner_of(self, ledger_id: UUID) -> str | None:
        """Return whose ledger it is; None when there is none or its owner was erased."""

    def verify_chain(self, user_id: str | None = None) -> ChainReport:
        """Check the stored bytes of one user's ledger, or of all, against the hash chain."""

    def policy_position(self, policy: str) -> int:
        """Return how far a policy has followed the ledger; 0 at first."""

    def advance_policy(self, policy: str, position: int) -> None:
        """Remember that a policy has dealt with everything up to `position`; never goes back."""


# -- bytes ---------------------------------------------------------------------


class StagedBlob(Protocol):
    """Bytes on their way in; nobody can see them before `commit`."""

    @property
    def size_bytes(self) -> int:
        """Bytes written so far."""

    @property
    def sha256(self) -> str:
        """Digest of the bytes written so far, in hex."""

    def write(self, chunk: bytes) -> None:
        """Append bytes."""

    def commit(self, name: str) -> None:
        """Make the bytes durable under `name` in the user's folder."""


class BlobStore(Protocol):
    """Keeps files' bytes, a folder a user."""

    def stage(self, user_id: str) -> AbstractContextManager[StagedBlob]:
        """Open a staging blob; bytes not committed when the context ends are gone."""

    def open(self, user_id: str, name: str) -> BinaryIO:
        """Open a blob for reading; the file object has a real, read-only descriptor.

        Raises:
            IntegrityFaultError: the blob is missing.
        """

    def locate(self, user_id: str, name: str) -> str:
        """Return where the blob is, as text for operators (a path or a URL)."""

    def purge(self, user_id: str, name: str) -> int:
        """Remove a blob durably and return the bytes freed; 0 when it was gone already."""

    def names(self, user_id: str | None = None) -> Iterator[tuple[str, str]]:
        """Yield (user_id, name) of every committed blob, of one user or of all."""

    def discard_orphans(
        self, is_recorded: Callable[[str, str], bool], user_id: str | None = None
    ) -> list[str]:
        """Remove bytes, one user's or all, that no event names and no living process is about to record.

        `is_recorded(user_id, name)` tells whether the ledger knows a blob. Returns
        what was removed, as text for operators.
        """


class Runners(Protocol):
    """Processes that carry out executions."""

    def current(self) -> str:
        """Return this process's identity."""

    def is_alive(self, runner: str) -> bool:
        """Tell whether the process that `runner` names still lives."""


# -- running code --------------------------------------------------------------


@dataclass(frozen=True)
class GrantedFile:
    """A file handed into a run: what `load_file` needs to open it.

    `loader` names the guest's loader for it (see `domain.file_types`); `content`
    has a real, read-only descriptor.
    """

    file_id: str
    filename: str
    file_type: str
    loader: str
    content: BinaryIO


@dataclass(frozen=True)
class RunRequest:
    """Code to run. `timeout_s` is wall-clock time from the first byte of user code."""

    execution_id: str
    user_id: str
    code: str
    timeout_s: float


class RunHost(Protocol):
    """What one run may ask of the host while it goes on.

    Methods are called from the sandbox's own thread and must not raise.
    """

    def open_file(self, file_id: str) -> GrantedFile | None:
        """Open a granted file; None (absent, gone, foreign: all alike) when there is none."""

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Take a file that the run made. Return why it is not kept, or None when it is."""

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Take a piece of the run's output as it appears."""

    def show_progress(self, text: str) -> None:
        """Take a short word on what the run waits for ("installing humanize")."""

    def is_cancelled(self) -> bool:
        """Tell whether somebody wants the run stopped."""


@dataclass(frozen=True)
class RunResult:
    """How a run ended.

    `stdout` and `stderr` are capped and decoded; `duration_ms` is wall-clock time
    of user code; `explanation` says in words what cut the run off, if anything
    did; `skipped_outputs` name each file left behind, with the reason.
    """

    outcome: Outcome
    exit_code: int | None
    stdout: str
    stderr: str
    duration_ms: int
    explanation: str = ""
    loaded_file_ids: tuple[str, ...] = ()
    packages_installed: tuple[str, ...] = ()
    skipped_outputs: tuple[str, ...] = ()


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


# -- views ---------------------------------------------------------------------


@dataclass(frozen=True)
class FileList:
    """A user's current files, oldest first, as the view shows them."""

    user_id: str
    files: tuple[LedgerFile, ...] = ()


@dataclass(frozen=True)
class Quota:
    """What a user holds now, counted by the view."""

    user_id: str
    uploads: int = 0
    generated: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class RunningRow:
    """An execution that the view knows as not ended."""

    execution_id: str
    user_id: str
    runner: str


@dataclass(frozen=True)
class RebuiltView:
    """What a rebuild did to one view; digests are SHA-256 over canonical documents."""

    name: str
    digest_before: str
    digest_after: str
    documents: int


class Views(Protocol):
    """Projections of the ledger that can be thrown away and rebuilt."""

    def catch_up(self) -> int:
        """Apply every event recorded so far and return the position reached."""

    def files_of(self, user_id: str) -> FileList:
        """Return the user's current files."""

    def quota_of(self, user_id: str) -> Quota:
        """Return what the user holds."""

    def due_user_ids(self, now: datetime) -> Sequence[str]:
        """Return the users who hold a file whose time is over at `now`."""

    def next_expiry(self, *, after: datetime) -> datetime | None:
        """Return when the next file after that time expires, None when none does."""

    def running_executions(self) -> Sequence[RunningRow]:
        """Return the executions that started and did not end."""

    def rebuild(
        self,
        *,
        view: str | None = None,
        user_id: str | None = None,
        first: int = 1,
        last: int | None = None,
        dry_run: bool = False,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Sequence[RebuiltView]:
        """Build the views anew from the ledger and swap them in (not when `dry_run`).

        `on_progress` gets events done and events in all.
        """
