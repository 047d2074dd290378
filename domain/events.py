"""The facts of a user's ledger, in the past tense, frozen, one class a kind.

Each class has a fixed TOPIC: stored events name it, so classes may move and be
renamed and TOPICs may not. A changed shape raises `class_version` and brings a
static `upcast_vN_vM(state)`. Personal fields (see `domain.personal`) are stored
under the user's own key; everything else is readable by whoever reads the
ledger, so nothing that identifies a person may stand there.
"""

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from eventsourcing.domain import CanInitAggregate, CanMutateAggregate
from eventsourcing.utils import register_topic
from pydantic import BaseModel, ConfigDict, Field

from domain.damage import Damage
from domain.executions import Outcome
from domain.files import UPLOAD_ORIGIN
from domain.metadata import Timestamp
from domain.personal import Personal, PersonalExtension, PersonalText, PersonalTexts
from domain.reading import ReadMatter
from domain.retention import EvictionRule
from domain.tables import FileTables


class LedgerEvent(BaseModel, CanMutateAggregate[UUID]):
    """What every fact carries: whose stream, which place in it, when, by whom, because of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    TOPIC: ClassVar[str]
    class_version: ClassVar[int] = 1

    originator_id: UUID
    originator_version: int = Field(ge=1)
    timestamp: Timestamp
    actor: PersonalText
    cause: PersonalText = ""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Register the topic, so that stored events find their class."""
        super().__pydantic_init_subclass__(**kwargs)
        if "TOPIC" in vars(cls):
            register_topic(cls.TOPIC, cls)

    def apply(self, aggregate: Any) -> None:
        """Evolve the aggregate by this fact."""
        aggregate.evolve(self)


class LedgerOpened(LedgerEvent, CanInitAggregate[UUID]):
    """A user was met for the first time."""

    TOPIC = "LedgerOpened"

    originator_topic: Literal["UserLedger"]
    user_id: PersonalText

    def apply(self, aggregate: Any) -> None:
        """Do nothing: the aggregate's constructor took everything."""


class FileRecorded(LedgerEvent):
    """A file entered the ledger; its bytes had been kept before. Base of the two ways in."""

    file_id: str
    filename: PersonalText
    extension: PersonalExtension
    file_type: str
    size_bytes: int = Field(ge=0)
    sha256: PersonalText
    expires_at: Timestamp | None

    @property
    def origin(self) -> str:
        """Where the file came from: `upload`, or an execution's id."""
        return UPLOAD_ORIGIN


class FileUploaded(FileRecorded):
    """A person brought a file. `source` identifies the delivery, so that a second one is no second file."""

    TOPIC = "FileUploaded"

    source: PersonalText


class FileGenerated(FileRecorded):
    """An execution made a file."""

    TOPIC = "FileGenerated"

    execution_id: str

    @property
    def origin(self) -> str:
        """The execution that made the file."""
        return self.execution_id


class FileRemoved(LedgerEvent):
    """A file left the list; its bytes are to be purged. Base of the ways out."""

    file_id: str


class FileEvicted(FileRemoved):
    """A file made room for `displaced_by` under the limit `limit` of `rule`."""

    TOPIC = "FileEvicted"

    rule: EvictionRule
    limit: int
    displaced_by: str


class FileExpired(FileRemoved):
    """A file's time, `expires_at`, was over."""

    TOPIC = "FileExpired"

    expires_at: Timestamp


class FileDeleted(FileRemoved):
    """Somebody removed a file."""

    TOPIC = "FileDeleted"


class FileLost(FileRemoved):
    """A file's bytes were found missing or altered, and nothing has them any more (`fsck --repair`)."""

    TOPIC = "FileLost"

    damage: Damage


class FileBytesPurged(LedgerEvent):
    """The disk let go of a removed file's bytes. `bytes_freed` is 0 when they were gone already."""

    TOPIC = "FileBytesPurged"

    file_id: str
    bytes_freed: int = Field(ge=0)


class ExecutionStarted(LedgerEvent):
    """Code began to run. `input_file_ids` are the files that it may open."""

    TOPIC = "ExecutionStarted"

    execution_id: str
    code: PersonalText
    code_sha256: PersonalText
    input_file_ids: tuple[str, ...]
    model: str | None
    runner: str


class ExecutionFinished(LedgerEvent):
    """Code ended.

    `stopped_by` is the actor who cancelled it, empty when nobody did (and in
    events from before it was recorded). `loaded_file_ids` are the files that it
    did open; `tables` what it said of their contents, as far as that was news.
    """

    TOPIC = "ExecutionFinished"
    class_version: ClassVar[int] = 2

    execution_id: str
    outcome: Outcome
    exit_code: int | None
    duration_ms: int = Field(ge=0)
    output_tail: PersonalText
    stopped_by: PersonalText = ""
    packages: tuple[str, ...]
    loaded_file_ids: tuple[str, ...]
    generated_file_ids: tuple[str, ...]
    skipped_outputs: PersonalTexts
    tables: Annotated[tuple[FileTables, ...], Personal([])]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Nobody listened to what a run said of its files."""
        state["tables"] = []


class HistoryRead(LedgerEvent):
    """An operator, the actor, read the user's events from one sequence to another, or what they tell."""

    TOPIC = "HistoryRead"
    class_version: ClassVar[int] = 2

    first_sequence: int = Field(ge=1)
    last_sequence: int = Field(ge=1)
    what: ReadMatter

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Say what was read: at first there was one way to look, a page of the history."""
        state["what"] = ReadMatter.HISTORY


class HoldPlaced(LedgerEvent):
    """A file, or (None) all that the user has and will have, stays until the hold is released."""

    TOPIC = "HoldPlaced"

    file_id: str | None
    reason: PersonalText


class HoldReleased(LedgerEvent):
    """A hold is over."""

    TOPIC = "HoldReleased"

    file_id: str | None
    reason: PersonalText


class ErasureRequested(LedgerEvent):
    """All that is the user's is to go; until `LedgerErased` nothing but that is recorded."""

    TOPIC = "ErasureRequested"


class LedgerErased(LedgerEvent):
    """Bytes and conversations are gone; the key under which this event is sealed goes with it."""

    TOPIC = "LedgerErased"

    files_purged: int = Field(ge=0)


class LedgerReopened(LedgerEvent):
    """An erased user came back. From here on the ledger is sealed under a new key."""

    TOPIC = "LedgerReopened"

    user_id: PersonalText


class HistoryImported(LedgerEvent):
    """The `events` events before this one came with an archive: from here on the chain vouches for them."""

    TOPIC = "HistoryImported"

    events: int = Field(ge=1)


class TurnFinished(LedgerEvent):
    """A turn with the model ended, for whatever reason; `cause` names the message that began it.

    What was said is no fact of the ledger: it is forgotten after a while. What it took is.
    `stopped_because` is one of `application.turn.StopReason`. See `domain.spending.Spent`.
    """

    TOPIC = "TurnFinished"

    model: str
    stopped_because: str
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    is_estimated: bool
    cost_micros: int | None = Field(ge=0)


def event_kinds() -> dict[str, type[LedgerEvent]]:
    """Return every kind of event by its topic."""
    pending, kinds = [LedgerEvent], dict[str, type[LedgerEvent]]()
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if "TOPIC" in vars(kind):
            kinds[kind.TOPIC] = kind
    return kinds


def upcast(kind: type[BaseModel], state: dict[str, Any]) -> None:
    """Bring a state that an older class version wrote up to today's shape, in place."""
    version = state.pop("class_version", 1)
    while version < getattr(kind, "class_version", 1):
        getattr(kind, f"upcast_v{version}_v{version + 1}")(state)
        version += 1
