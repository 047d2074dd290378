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

from application.export import CONVERSATIONS, FILES, HISTORY, same_history
from application.ledgers import By, Ledgers
from application.message_documents import message_of
from application.ports.archives import Archives, OpenArchive
from application.ports.blobs import BlobStore
from application.ports.conversations import Conversations, Kept
from application.ports.ledger import LedgerStore
from domain.errors import FileLedgerError, InvalidValueError, RefusedError
from domain.events import (
    FileRecorded,
    HistoryImported,
    LedgerErased,
    LedgerEvent,
    LedgerOpened,
    LedgerReopened,
    event_kinds,
    upcast,
)
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

        Killed after its events are saved an import has not kept every conversation: the repeat does.

        Raises:
            InvalidValueError: it is no archive, or does not hold what it says.
            RefusedError: the user, or one of the files, is known here, and not from this archive.
        """
        with self._archives.open(source) as archive, ExitStack() as stack:
            lines = _lines(archive)
            user_id = _user_id(lines)
            kept = _conversations(archive)
            before = self._store.load(user_id)
            if before is not None and not before.is_erased:
                ledger, events = before, self._refuse_unless_taken_in(before, lines)
            else:
                if before is not None:
                    self._store.erase(before.id, before.version)
                ledger = _adopted(user_id, lines, before)
                events = self._take_in_all(archive, ledger, by, stack)
            self._keep(user_id, kept, self._ledgers.metadata(by).timestamp)
        return Import(user_id, events, len(ledger.files), len(kept))

    def _refuse_unless_taken_in(self, ledger: UserLedger, lines: Sequence[dict[str, Any]]) -> int:
        """Let an import be repeated that was killed before its end; return how many events it had."""
        history = _history(ledger.user_id, lines)
        recorded: list[LedgerEvent] = []
        for each in self._store.stream(ledger.id, up_to=ledger.version):
            if isinstance(each.event, HistoryImported) and same_history(recorded, history):
                return len(recorded)
            if isinstance(each.event, LedgerErased):
                recorded.clear()
            else:
                recorded.append(each.event)
        msg = f"{ledger.user_id} has a ledger here. Import where that user is unknown."
        raise RefusedError(msg)

    def _keep(self, user_id: str, kept: Sequence[Kept], now: datetime) -> None:
        """Keep the conversations that are not here: one that went on here since stays as it is."""
        here = {conversation.place for conversation in self._conversations.all_of(user_id, now)}
        for conversation in kept:
            if conversation.place not in here:
                self._conversations.keep(user_id, conversation)

    def _refuse_known_files(self, ledger: UserLedger) -> None:
        recorded = [event for event in ledger.pending_events if isinstance(event, FileRecorded)]
        for event in recorded:
            if not is_file_id(event.file_id) or self._store.find_file(event.file_id) is not None:
                msg = f"The file {event.file_id} was recorded here before. Nothing was imported."
                raise RefusedError(msg)

    def _take_in_all(self, archive: OpenArchive, ledger: UserLedger, by: By, stack: ExitStack) -> int:
        """Keep the files' bytes, and save the events; return how many."""
        self._refuse_known_files(ledger)
        self._take_in_files(archive, ledger, stack)
        events = len(ledger.pending_events)
        ledger.record_import(events, self._ledgers.metadata(by))
        self._store.append(ledger)
        return events

    def _take_in_files(self, archive: OpenArchive, ledger: UserLedger, stack: ExitStack) -> None:
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
        return UserLedger.adopt(_history(user_id, lines, first), before)


def _history(user_id: str, lines: Sequence[dict[str, Any]], first: int = 1) -> list[LedgerEvent]:
    with _held_together():
        return [_event(user_id, number, line) for number, line in enumerate(lines, first)]


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
