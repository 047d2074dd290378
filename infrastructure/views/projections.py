"""The projections: pure functions from a document and an event to the next document.

They read no clock, no randomness and nothing outside their arguments, so the
documents at a position are the same whoever computes them, and however often.
"""

from collections.abc import Callable
from typing import Any, Protocol

from domain.events import (
    ExecutionFinished,
    ExecutionStarted,
    FileRecorded,
    FileRemoved,
    LedgerEvent,
    LedgerOpened,
    LedgerReopened,
    event_kinds,
)
from domain.files import UPLOAD_ORIGIN, blob_name
from infrastructure.views.client import Document
from infrastructure.views.shapes import EXECUTIONS, FILES, QUOTAS

Locate = Callable[[str, str], str]
"""Takes a user id and a blob's name; returns where the blob is, as text."""


class Projection(Protocol):
    """How one view follows from the events.

    Each document has a key of its own and depends on the events of that key only.
    """

    @property
    def view(self) -> str:
        """Name of the view."""

    @property
    def takes(self) -> tuple[type[LedgerEvent], ...]:
        """The events that change the view; classes above them stand for all below."""

    @property
    def needs_stored(self) -> bool:
        """Whether `evolve` reads the document before; if not, it may be given an empty one."""

    def key_of(self, event: Any) -> str:
        """Return the `_id` of the document that an event it takes changes."""

    def opens(self, event: LedgerEvent) -> bool:
        """Tell whether `event` is the first of its document."""

    def evolve(self, before: Document, event: LedgerEvent, user_id: str) -> Document | None:
        """Return the document after `event`, a new one; None when it is gone. `before`: empty at first."""


def kinds_taken(projection: Projection) -> frozenset[type[LedgerEvent]]:
    """Return every kind of event that a projection takes."""
    return frozenset(kind for kind in event_kinds().values() if issubclass(kind, projection.takes))


class FileProjection:
    """`user_files`: a document a live file."""

    view = FILES
    takes = (FileRecorded, FileRemoved)
    needs_stored = False

    def __init__(self, locate: Locate) -> None:
        self._locate = locate

    def key_of(self, event: FileRecorded | FileRemoved) -> str:
        """Return the file's id."""
        return event.file_id

    def opens(self, event: LedgerEvent) -> bool:
        """Tell whether a file entered the ledger."""
        return isinstance(event, FileRecorded)

    def evolve(self, before: Document, event: LedgerEvent, user_id: str) -> Document | None:  # noqa: ARG002  # nothing of a file changes in its life
        """Return the file's document, None once it left."""
        if not isinstance(event, FileRecorded):
            return None
        return {
            "file_id": event.file_id,
            "user_id": user_id,
            "filename": event.filename,
            "file_path": self._locate(user_id, blob_name(event.file_id, event.extension)),
            "file_type": event.file_type,
            "file_size": event.size_bytes,
            "sha256": event.sha256,
            "uploaded_at": event.timestamp,
            "expires_at": event.expires_at,
            "origin": event.origin,
            "extension": event.extension,
        }


class QuotaProjection:
    """`user_quotas`: a document a user, with what each live file weighs in `holdings`.

    An event that removes a file tells neither its size nor its kind: the holdings
    do, so that the document needs nothing but itself.
    """

    view = QUOTAS
    takes = (LedgerOpened, LedgerReopened, FileRecorded, FileRemoved)
    needs_stored = True

    def key_of(self, event: LedgerEvent) -> str:
        """Return the ledger's id in hex: it stays when the user's name is erased."""
        return event.originator_id.hex

    def opens(self, event: LedgerEvent) -> bool:
        """Tell whether the user was met for the first time."""
        return isinstance(event, LedgerOpened)

    def evolve(self, before: Document, event: LedgerEvent, user_id: str) -> Document:
        """Return what the user holds after `event`."""
        holdings: dict[str, Any] = dict(before.get("holdings", {}))
        uploads, size_bytes = before.get("uploads", 0), before.get("size_bytes", 0)
        if isinstance(event, (FileRemoved, FileRecorded)) and (gone := holdings.pop(event.file_id, None)):
            uploads -= gone["is_upload"]
            size_bytes -= gone["size_bytes"]
        if isinstance(event, FileRecorded):
            is_upload = event.origin == UPLOAD_ORIGIN
            holdings[event.file_id] = {"size_bytes": event.size_bytes, "is_upload": is_upload}
            uploads += is_upload
            size_bytes += event.size_bytes
        return {
            "user_id": user_id,
            "uploads": uploads,
            "generated": len(holdings) - uploads,
            "size_bytes": size_bytes,
            "holdings": holdings,
        }


class ExecutionProjection:
    """`executions`: a document a run that did not end. What became of the others, the ledger tells."""

    view = EXECUTIONS
    takes = (ExecutionStarted, ExecutionFinished)
    needs_stored = False

    def key_of(self, event: ExecutionStarted | ExecutionFinished) -> str:
        """Return the execution's id."""
        return event.execution_id

    def opens(self, event: LedgerEvent) -> bool:
        """Tell whether a run began."""
        return isinstance(event, ExecutionStarted)

    def evolve(self, before: Document, event: LedgerEvent, user_id: str) -> Document | None:  # noqa: ARG002  # nothing of a run changes until its end
        """Return the run's document, None once it ended."""
        if not isinstance(event, ExecutionStarted):
            return None
        return {
            "execution_id": event.execution_id,
            "user_id": user_id,
            "started_at": event.timestamp,
            "runner": event.runner,
            "model": event.model,
        }
