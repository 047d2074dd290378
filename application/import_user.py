"""Import: a user's archive becomes a ledger, files and conversations, where that user has none.

The archive is trusted in nothing: its events must follow from one another, and every live
file's bytes must be those that were recorded. What it says happened elsewhere; the ledger
notes that, and vouches for it from then on only.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

import orjson

from application.export import CONVERSATIONS, FILES, HISTORY
from application.ledgers import By, Ledgers
from application.message_documents import message_of
from application.ports.archives import Archives, OpenArchive
from application.ports.blobs import BlobStore
from application.ports.conversations import Conversations, Kept
from application.ports.ledger import LedgerStore
from domain.errors import FileLedgerError, InvalidValueError, RefusedError
from domain.events import FileRecorded, LedgerEvent, LedgerOpened, LedgerReopened, event_kinds, upcast
from domain.files import LedgerFile, blob_name, check_user_id, is_file_id
from domain.ledger import REPLAY_FAULTS, UserLedger


@dataclass(frozen=True)
class Import:
    """What came out of an archive."""

    user_id: str
    events: int
    files: int
    conversations: int


class ImportUser:
    """Takes in a user's archive."""

    def __init__(
        self,
        store: LedgerStore,
        ledgers: Ledgers,
        blobs: BlobStore,
        conversations: Conversations,
        archives: Archives,
    ) -> None:
        self._store, self._ledgers, self._blobs = store, ledgers, blobs
        self._conversations, self._archives = conversations, archives

    def __call__(self, source: BinaryIO, by: By) -> Import:
        """Record what the archive holds, files first; all of it or nothing.

        Raises:
            InvalidValueError: it is no archive, or does not hold what it says.
            RefusedError: the user, or one of the files, is known here.
        """
        with self._archives.open(source) as archive, ExitStack() as stack:
            lines = _lines(archive)
            user_id = _user_id(lines)
            before = self._store.load(user_id)
            if before is not None and not before.is_erased:
                msg = f"{user_id} has a ledger here. Import where that user is unknown."
                raise RefusedError(msg)
            if before is not None:
                self._store.erase(before.id, before.version)
            ledger = _adopted(user_id, lines, before)
            self._refuse_known_files(ledger)
            kept = _conversations(archive)
            self._take_in_all(archive, ledger, stack)
            events = len(ledger.pending_events)
            ledger.record_import(events, self._ledgers.metadata(by))
            self._store.append(ledger)
            for conversation in kept:
                self._conversations.keep(user_id, conversation)
        return Import(user_id, events, len(ledger.files), len(kept))

    def _refuse_known_files(self, ledger: UserLedger) -> None:
        recorded = [event for event in ledger.pending_events if isinstance(event, FileRecorded)]
        for event in recorded:
            if not is_file_id(event.file_id) or self._store.find_file(event.file_id) is not None:
                msg = f"The file {event.file_id} was recorded here before. Nothing was imported."
                raise RefusedError(msg)

    def _take_in_all(self, archive: OpenArchive, ledger: UserLedger, stack: ExitStack) -> None:
        taken: list[LedgerFile] = []
        try:
            for file in ledger.files.values():
                self._take_in(archive, ledger.user_id, file, stack)
                taken.append(file)
        except FileLedgerError:
            for file in taken:
                self._blobs.purge(ledger.user_id, blob_name(file.file_id, file.extension))
            raise

    def _take_in(self, archive: OpenArchive, user_id: str, file: LedgerFile, stack: ExitStack) -> None:
        """Keep a file's bytes; their lock is held until the events are saved."""
        staged = stack.enter_context(self._blobs.stage(user_id))
        for chunk in archive.read(f"{FILES}{file.file_id}/{file.filename}"):
            staged.write(chunk)
        if (staged.size_bytes, staged.sha256) != (file.size_bytes, file.sha256):
            msg = f"The bytes of {file.file_id} are not those of its history. Nothing was imported."
            raise InvalidValueError(msg)
        staged.commit(blob_name(file.file_id, file.extension))


def _lines(archive: OpenArchive) -> list[dict[str, Any]]:
    with _held_together():
        return [dict(orjson.loads(line)) for line in b"".join(archive.read(HISTORY)).splitlines()]


def _user_id(lines: Sequence[dict[str, Any]]) -> str:
    with _held_together():
        return check_user_id(str(lines[0]["data"]["user_id"]))


def _adopted(user_id: str, lines: Sequence[dict[str, Any]], before: UserLedger | None) -> UserLedger:
    """Return the ledger that the lines make, pending, after what is left of an erased one."""
    first = before.version + 1 if before else 1
    with _held_together():
        events = [_event(user_id, first + number, line) for number, line in enumerate(lines)]
        return UserLedger.adopt(events, before)


def _event(user_id: str, version: int, line: dict[str, Any]) -> LedgerEvent:
    kind = event_kinds()[line["type"]]
    state = dict(line["data"]) | {"class_version": line["version"]}
    upcast(kind, state)
    if kind is LedgerOpened and version > 1:
        kind = LedgerReopened
    elif kind is LedgerOpened:
        state["originator_topic"] = UserLedger.TOPIC
    return kind(
        originator_id=UserLedger.create_id(user_id),
        originator_version=version,
        timestamp=line["at"],
        actor=line["actor"],
        cause=line["cause"],
        **state,
    )


def _conversations(archive: OpenArchive) -> list[Kept]:
    with _held_together():
        return [_kept(archive, name) for name in archive.names() if name.startswith(CONVERSATIONS)]


def _kept(archive: OpenArchive, name: str) -> Kept:
    document = orjson.loads(b"".join(archive.read(name)))
    messages = [message_of(item) for item in document["messages"]]
    place = name.removeprefix(CONVERSATIONS).removesuffix(".json")
    return Kept(place, datetime.fromisoformat(document["expires_at"]), messages)


@contextmanager
def _held_together() -> Iterator[None]:
    """Turn whatever is wrong with what an archive says into one refusal."""
    try:
        yield
    except FileLedgerError:
        raise
    except REPLAY_FAULTS as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        msg = f"The archive's history does not hold together: {why}. Nothing was imported."
        raise InvalidValueError(msg) from error
