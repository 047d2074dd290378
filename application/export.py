"""Export: everything of a user as one archive, for people to read and for `import` to take.

It holds the events since the user came (or came back), as lines of JSON; the bytes of
every live file under its own name; a receipt for every file there ever was; and the
conversations that are still remembered. The same state gives the same bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, BinaryIO

import orjson

from application.audit import event_data
from application.message_documents import message_document
from application.ports.archives import Archives, Member
from application.ports.blobs import BlobStore
from application.ports.clock import Clock
from application.ports.conversations import Conversations, Kept
from application.ports.ledger import LedgerStore
from domain.errors import InvalidValueError
from domain.events import (
    FileRecorded,
    FileRemoved,
    HistoryImported,
    LedgerErased,
    LedgerEvent,
    LedgerOpened,
    LedgerReopened,
)
from domain.files import LedgerFile, blob_name, check_user_id
from domain.ledger import UserLedger
from domain.metadata import time_text

HISTORY, RECEIPTS, FILES, CONVERSATIONS = "history.jsonl", "receipts.json", "files/", "conversations/"
READ_BYTES = 1 << 20


@dataclass(frozen=True)
class Export:
    """What went into an archive."""

    user_id: str
    events: int
    files: int
    conversations: int


class ExportUser:
    """Writes a user's archive."""

    def __init__(
        self,
        store: LedgerStore,
        blobs: BlobStore,
        conversations: Conversations,
        archives: Archives,
        clock: Clock,
    ) -> None:
        self._store, self._blobs, self._conversations = store, blobs, conversations
        self._archives, self._clock = archives, clock

    def __call__(self, user_id: str, target: BinaryIO) -> Export:
        """Write everything of the user to `target`, a file that can be sought in.

        Raises:
            InvalidValueError: nothing is kept of the user.
            IntegrityFaultError: a file's bytes are missing.
            EnvironmentFaultError: the target cannot be written.
        """
        ledger = self._store.load(check_user_id(user_id))
        if ledger is None or ledger.is_erased:
            msg = f"Nothing is kept of {user_id}, so there is nothing to export."
            raise InvalidValueError(msg)
        events = self._history(ledger)
        kept = self._conversations.all_of(user_id, self._clock.now())
        with ExitStack() as stack:
            # All are open before the first is read: what is deleted meanwhile is still there.
            files = [(file, stack.enter_context(self._open(user_id, file))) for file in ledger.files.values()]
            self._archives.write(target, _members(events, files, kept))
        return Export(user_id, len(events), len(files), len(kept))

    def _open(self, user_id: str, file: LedgerFile) -> BinaryIO:
        return self._blobs.open(user_id, blob_name(file.file_id, file.extension))

    def _history(self, ledger: UserLedger) -> list[LedgerEvent]:
        """Return the events since the user came or came back, but for marks of an import."""
        events: list[LedgerEvent] = []
        for recorded in self._store.stream(ledger.id, up_to=ledger.version):
            if isinstance(recorded.event, LedgerErased):
                events.clear()
            elif not isinstance(recorded.event, HistoryImported):
                events.append(recorded.event)
        return events


def _members(
    events: Sequence[LedgerEvent],
    files: Iterable[tuple[LedgerFile, BinaryIO]],
    conversations: Iterable[Kept],
) -> Iterator[Member]:
    yield Member(HISTORY, partial(_lines, events))
    yield Member(RECEIPTS, partial(_pretty, list(_receipts(events).values())))
    for file, content in files:
        yield Member(f"{FILES}{file.file_id}/{file.filename}", partial(_chunks, content))
    for kept in conversations:
        said = [message_document(message) for message in kept.messages]
        document = {"expires_at": time_text(kept.expires_at), "messages": said}
        yield Member(f"{CONVERSATIONS}{kept.place}.json", partial(_pretty, document))


def _lines(events: Iterable[LedgerEvent]) -> Iterator[bytes]:
    for sequence, event in enumerate(events, 1):
        line = {
            "sequence": sequence,
            "at": time_text(event.timestamp),
            "type": LedgerOpened.TOPIC if isinstance(event, LedgerReopened) else event.TOPIC,
            "version": event.class_version,
            "actor": event.actor,
            "cause": event.cause,
            "data": event_data(event),
        }
        yield orjson.dumps(line) + b"\n"


def same_history(one: Iterable[LedgerEvent], other: Iterable[LedgerEvent]) -> bool:
    """Tell whether two histories are exported as the same one."""
    return list(_lines(one)) == list(_lines(other))


def _receipts(events: Iterable[LedgerEvent]) -> dict[str, dict[str, Any]]:
    receipts: dict[str, dict[str, Any]] = {}
    for event in events:
        if isinstance(event, FileRecorded):
            names = ("file_id", "filename", "file_type", "size_bytes", "sha256", "expires_at")
            facts = event.model_dump(mode="json", include=set(names))
            receipts[event.file_id] = {name: facts[name] for name in names} | {
                "uploaded_at": time_text(event.timestamp),
                "origin": event.origin,
                "state": "live",
            }
        elif isinstance(event, FileRemoved):
            gone = {"state": event.TOPIC.removeprefix("File").lower(), "gone_at": time_text(event.timestamp)}
            receipts[event.file_id] |= gone
    return receipts


def _pretty(document: Mapping[str, Any] | Sequence[Any]) -> Iterator[bytes]:
    yield orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    return iter(partial(content.read, READ_BYTES), b"")
