"""The ledger store: the eventsourcing application behind the `LedgerStore` port."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application, Repository
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    PersistenceError,
    Recording,
    StoredEvent,
    Tracking,
)
from eventsourcing.sqlite import SQLiteFactory
from eventsourcing.utils import Environment, EnvType

from application.ports.lease import Lease
from application.ports.ledger import Batch, ChainReport, DamagedEvent, Recorded
from domain.errors import IntegrityFaultError
from domain.events import LedgerEvent, LedgerOpened, event_kinds
from domain.ledger import REPLAY_FAULTS, UserLedger, damaged_ledger
from domain.metadata import time_text
from domain.personal import ERASED
from domain.snapshot import SNAPSHOT_INTERVAL, LedgerSnapshot
from infrastructure.files import make_private_file, make_private_folder, os_errors
from infrastructure.ledger.errors import ledger_errors
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.mapper import SealingMapper, key_id_of
from infrastructure.ledger.recorder import LedgerRecorder
from infrastructure.ledger.sqlite_recorder import SQLiteLedgerRecorder
from infrastructure.ledger.verification import Verification
from infrastructure.locks import FileLease, locked

CACHED_LEDGERS = 100
"""Of so many users who acted last the state is at hand; with a hundred files, it is 0.25 MB each."""
_KNOWN_IDS = 1_000
LOCK_TIMEOUT_S = 15
MakeRecorder = Callable[[InfrastructureFactory[Any]], Any]
"""Takes the library's factory, returns a `LedgerRecorder` whose tables stand."""
_LEDGER_HEX = re.compile(b"[0-9a-f]{32}")


class LedgerApplication(Application[UUID]):
    """The library's application with our recorder, mapper and snapshots, deaf to the environment.

    Of the library's own snapshots none is asked for: it replays a ledger for each.
    """

    def __init__(self, settings: Mapping[str, str], make_recorder: MakeRecorder, keys: KeyFolder) -> None:
        self._make_recorder, self._keys = make_recorder, keys
        common = {"AGGREGATE_CACHE_MAXSIZE": str(CACHED_LEDGERS), "IS_SNAPSHOTTING_ENABLED": "y"}
        super().__init__({**common, **settings})

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:  # noqa: ARG002  # tables are not named after a class
        """Return only what the constructor set: the process environment has no say here."""
        return Environment("", env)

    def construct_mapper(self) -> Mapper[UUID]:
        """Return the sealing mapper."""
        return SealingMapper(self._keys)

    def construct_recorder(self) -> ApplicationRecorder:
        """Return the ledger's recorder."""
        recorder: ApplicationRecorder = self._make_recorder(self.factory)
        return recorder

    def save_ledger(self, ledger: UserLedger) -> list[Recording[UUID]]:
        """Save the pending events, and a snapshot now and then; what was saved stays at hand.

        The next `get` reads only what was added since, by whatever process. Nobody
        may change the ledger afterwards.
        """
        recordings = self.save(ledger)
        if recordings and self.repository.cache is not None:
            self.repository.cache.put(ledger.id, ledger)
        sequences = (recording.domain_event.originator_version for recording in recordings)
        if self.snapshots is not None and any(sequence % SNAPSHOT_INTERVAL == 0 for sequence in sequences):
            self.snapshots.put([LedgerSnapshot.take(ledger)])
        return recordings

    def has_at_hand(self, ledger_id: UUID) -> bool:
        """Tell whether `get` has only the ledger's newest events to read."""
        cache = self.repository.cache
        try:
            return cache is not None and cache.get(ledger_id) is not None
        except KeyError:
            return False


class DatabaseLedgerStore:
    """`LedgerStore` in a database that the library has a factory for."""

    def __init__(self, settings: Mapping[str, str], make_recorder: MakeRecorder, keys: KeyFolder) -> None:
        with ledger_errors("open the ledger"):
            self._application = LedgerApplication(settings, make_recorder, keys)
        self._keys = keys
        self._mapper = cast("SealingMapper", self._application.mapper)
        self.recorder = cast("LedgerRecorder", self._application.recorder)
        self._unkept: Repository[UUID] = Repository(
            self._application.events, snapshot_store=self._application.snapshots
        )
        self._without_snapshots: Repository[UUID] = Repository(self._application.events)

    @property
    def place(self) -> str:
        """Where the ledger is, for people; never with a password."""
        raise NotImplementedError

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Give a block that one process at a time is in, of all that work on this ledger; may block."""
        raise NotImplementedError

    def lease(self, name: str) -> Lease:
        """Return a lease among the processes that work on this ledger."""
        raise NotImplementedError

    def load(self, user_id: str, *, version: int | None = None) -> UserLedger | None:
        """Return the user's ledger as it stands, or stood after event `version`; None when there is none."""
        return self._load(UserLedger.create_id(user_id), version)

    def _load(self, ledger_id: UUID, version: int | None = None) -> UserLedger | None:
        try:
            return self._get(self._repository_for(ledger_id), ledger_id, version)
        except IntegrityFaultError:
            # A damaged or erased snapshot is no loss: the events are the truth.
            return self._get(self._without_snapshots, ledger_id, version)

    def _repository_for(self, ledger_id: UUID) -> Repository[UUID]:
        """Have nothing put at hand by reading: who looks at every user would crowd out those who act."""
        return self._application.repository if self._application.has_at_hand(ledger_id) else self._unkept

    def _get(self, repository: Repository[UUID], ledger_id: UUID, version: int | None) -> UserLedger | None:
        with ledger_errors("read the ledger"):
            try:
                return cast("UserLedger", repository.get(ledger_id, version=version))
            except AggregateNotFoundError:
                return None
            except PersistenceError:
                raise  # a database that does not answer says nothing of what it holds
            except REPLAY_FAULTS as error:
                raise damaged_ledger(ledger_id, error) from error

    def version_at(self, ledger_id: UUID, moment: datetime) -> int:
        """Return the sequence of the ledger's last event that bears no later time; 0: none."""
        with ledger_errors("read the ledger"):
            return self.recorder.version_at(ledger_id.hex, time_text(moment))

    def version_by(self, ledger_id: UUID, position: int) -> int:
        """Return the sequence of the ledger's last event that lies no further than `position`; 0: none."""
        with ledger_errors("read the ledger"):
            return self.recorder.version_by(ledger_id.hex, position)

    def append(self, ledger: UserLedger) -> int:
        """Save the ledger's pending events in one transaction and return the last position."""
        with ledger_errors("save to the ledger"), os_errors("save to the ledger"):
            recordings = self._application.save_ledger(ledger)
            return recordings[-1].notification.id if recordings else self.head()

    def head(self) -> int:
        """Return the position of the newest event, 0 when there is none."""
        with ledger_errors("read the ledger"):
            return self.recorder.max_notification_id() or 0

    def batch_after(
        self,
        position: int,
        *,
        limit: int,
        up_to: int | None = None,
        kinds: Collection[type[LedgerEvent]] = (),
    ) -> Batch:
        """Look at no more than `limit` events after `position`; what is of other kinds is not decoded."""
        with ledger_errors("read the ledger"):
            rows = self.recorder.select_after(position, limit, up_to)
        unwanted = _topics_but(frozenset(kinds)) if kinds else frozenset()
        events, damaged = list[Recorded](), list[DamagedEvent]()
        for row in rows:
            if row[3] not in unwanted:
                read = self._read(*row)
                (events if isinstance(read, Recorded) else damaged).append(read)  # type: ignore[arg-type]
        reached = rows[-1][0] if rows else position
        return Batch(events, damaged, len(rows), reached if len(rows) == limit else max(reached, up_to or 0))

    def events_after(self, position: int, *, limit: int, up_to: int | None = None) -> Sequence[Recorded]:
        """Return no more than `limit` events of all users after `position`, in order."""
        batch = self.batch_after(position, limit=limit, up_to=up_to)
        if batch.damaged:
            raise IntegrityFaultError(batch.damaged[0].why)
        return batch.events

    def _read(self, position: int, *columns: Any) -> Recorded | DamagedEvent:
        """Decode a row; nothing is taken for granted of its columns."""
        ledger, version, topic, state = columns
        ledger_id = _ledger_id(ledger)
        if ledger_id is None or not isinstance(version, int) or topic is None or state is None:
            why = f"The row at position {position} holds values that no event has. Run `fileledger verify`."
            return DamagedEvent(position, ledger_id, why)
        stored = StoredEvent(ledger_id, version, topic.decode(errors="replace"), state)
        try:
            return Recorded(position, self._mapper.to_domain_event(stored))
        except IntegrityFaultError as error:
            return DamagedEvent(position, ledger_id, str(error))

    def stream(
        self, ledger_id: UUID, *, after: int = 0, up_to: int | None = None, naming: str | None = None
    ) -> Iterator[Recorded]:
        """Yield one ledger's events in order; `naming` an id, only those that hold it in a public field."""
        with ledger_errors("read the ledger"):
            for row in self.recorder.select_positioned(ledger_id.hex, after, up_to, naming):
                stored = StoredEvent(ledger_id, row["originator_version"], row["topic"], row["state"])
                yield Recorded(row["position"], self._mapper.to_domain_event(stored))

    def find_file(self, file_id: str) -> UUID | None:
        """Return the id of the ledger that ever recorded `file_id`, or None."""
        with ledger_errors("read the ledger"):
            found = self.recorder.find_file(file_id)
        return UUID(found) if found else None

    def ledger_ids(self) -> Iterator[UUID]:
        """Yield the id of every ledger."""
        with ledger_errors("read the ledger"):
            hexes = self.recorder.ledger_hexes()
        return (UUID(text) for text in hexes if _LEDGER_HEX.fullmatch(text.encode(errors="replace")))

    def owner_of(self, ledger_id: UUID) -> str | None:
        """Return whose ledger it is; None when there is none or its owner was erased."""
        first = next(self.stream(ledger_id, up_to=1), None)
        event = first.event if first else None
        if isinstance(event, LedgerOpened) and event.user_id != ERASED:
            return event.user_id
        ledger = self._load(ledger_id) if event else None  # an erased user may have come back
        return ledger.user_id if ledger and not ledger.is_erased else None

    def erase(self, ledger_id: UUID, version: int) -> bool:
        """Destroy the key that the event at `version` is sealed with, and the snapshots up to it."""
        with ledger_errors("erase a ledger"), os_errors("destroy a key"):
            stored = self.recorder.select_events(ledger_id, gt=version - 1, lte=version)
            key_ids = [key_id for event in stored if (key_id := key_id_of(event))]
            destroyed = any(self._keys.destroy(ledger_id, key_id) for key_id in key_ids)
            self.recorder.discard_snapshots(ledger_id.hex, version)
        return destroyed

    def owner_named_in(self, opening: StoredEvent) -> str | None:
        """Return whose ledger a stored first event opens, None when it does not say (any more)."""
        with suppress(IntegrityFaultError):
            event = self._mapper.to_domain_event(opening)
            if isinstance(event, LedgerOpened) and event.user_id != ERASED:
                return event.user_id
        return None

    def digests(self) -> Iterator[bytes]:
        """Yield the chain digest of every event, by position; an event without one counts as empty."""
        with ledger_errors("read the ledger"):
            for row in self.recorder.scan():
                yield row.digest or b""

    def verify_chain(self, user_id: str | None = None) -> ChainReport:
        """Check stored bytes against the chain, of one user or of all."""
        ledger_hex = None if user_id is None else UserLedger.create_id(user_id).hex
        return Verification(self.recorder, self._mapper).run(ledger_hex)

    def policy_position(self, policy: str) -> int:
        """Return how far a policy has followed the ledger."""
        with ledger_errors("read the ledger"):
            return self.recorder.max_tracking_id(policy) or 0

    def advance_policy(self, policy: str, position: int) -> None:
        """Remember that a policy has dealt with everything up to `position`; never goes back."""
        with ledger_errors("save a policy's position"):
            if position > (self.recorder.max_tracking_id(policy) or 0):
                # Another process may have come further in between: then there is nothing to remember.
                with suppress(IntegrityError):
                    self.recorder.insert_tracking(Tracking(policy, position))

    def close(self) -> None:
        """Close the database."""
        self._application.close()


class SQLiteLedgerStore(DatabaseLedgerStore):
    """The ledger in one SQLite file."""

    def __init__(self, database: Path, keys: KeyFolder) -> None:
        settings = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(database),
            "SQLITE_LOCK_TIMEOUT": str(LOCK_TIMEOUT_S),
        }
        with os_errors("make the data folder"):
            make_private_folder(database.parent)
            make_private_file(database)  # the library's would be readable by whoever gets into the folder
        super().__init__(settings, _make_recorder, keys)
        self._folder = database.parent

    @property
    def place(self) -> str:
        """The folder of the file."""
        return str(self._folder)

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Give a block that one process at a time is in."""
        return locked(self._folder / f"{name}.lock")

    def lease(self, name: str) -> Lease:
        """Return a lease among the processes of this machine."""
        return FileLease(self._folder / f"{name}.lock")


def _make_recorder(factory: object) -> SQLiteLedgerRecorder:
    recorder = SQLiteLedgerRecorder(cast("SQLiteFactory", factory).datastore)
    recorder.create_table()
    return recorder


@lru_cache(maxsize=_KNOWN_IDS)
def _ledger_id(ledger: bytes | None) -> UUID | None:
    """Return the id that a row bears, None when that is none."""
    return UUID(ledger.decode()) if ledger is not None and _LEDGER_HEX.fullmatch(ledger) else None


@cache
def _topics_but(kinds: frozenset[type[LedgerEvent]]) -> frozenset[bytes]:
    """Return the topics of the known events that are not of `kinds`: an unknown one is nobody's to skip."""
    return frozenset(topic.encode() for topic, kind in event_kinds().items() if kind not in kinds)
