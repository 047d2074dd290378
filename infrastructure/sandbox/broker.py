"""What a run may ask of its host while it goes on: files of its user, packages, and its end."""

import os
from base64 import b64decode
from typing import Any

from application.ports.sandbox import GrantedFile, RunHost
from domain.file_types import FileType, identify, loader_of
from domain.files import MAX_FILENAME_CHARACTERS, LedgerFile
from domain.tables import FileTables, Tables, tables_from
from infrastructure.sandbox import channel
from infrastructure.sandbox.inputs import InputError, Inputs
from infrastructure.sandbox.provisioning import Provisioning
from infrastructure.sandbox.questions import Reply

_FILES_A_PAGE = 16  # a name of the longest kind, escaped, still fits into a frame that often


class Broker:
    """Answers one run's questions, which are hostile text."""

    def __init__(self, host: RunHost, inputs: Inputs, packages: Provisioning) -> None:
        self._host, self._inputs, self._packages = host, inputs, packages
        self._loaded: dict[str, None] = {}
        self._tables: dict[str, Tables] = {}
        self.status: int | None = None
        """What the run says that it ended with; None as long as it says nothing."""

    @property
    def loaded_file_ids(self) -> tuple[str, ...]:
        """Ids of the files that were handed over, in order, each once."""
        return tuple(self._loaded)

    @property
    def tables(self) -> tuple[FileTables, ...]:
        """What the run said that the files hold which were handed over."""
        return tuple(FileTables(file_id=file_id, tables=tables) for file_id, tables in self._tables.items())

    def answer(self, question: dict[str, Any], reply: Reply) -> None:
        """Answer a question; one for packages may be answered later.

        Raises:
            channel.ProtocolError: it is no question.
        """
        match question:
            case {"open": str(reference)}:
                self._open(reference, reply)
            case {"files": int(start)} if start >= 0:
                reply(self._page(start), ())
            case {"import": list(modules)}:
                self._packages.ask(modules, reply)
            case {"saw": str(file_id), "tables": claim}:
                reply({}, ())  # first: the user's code waits for it
                self._take_claim(file_id, claim)
            case {"identify": str(name), "head": str(head)} if len(name) <= MAX_FILENAME_CHARACTERS:
                reply(_kind(identify(name, _decoded(head))), ())
            case {"end": int(status)}:
                self.status = status & 0xFF
            case _:
                msg = "the guest asked what nobody answers"
                raise channel.ProtocolError(msg)

    def _take_claim(self, file_id: str, claim: object) -> None:
        """Remember what is said of a file that was handed over; the first word counts."""
        if file_id in self._loaded and file_id not in self._tables and (tables := tables_from(claim)):
            self._tables[file_id] = tables

    def _page(self, start: int) -> dict[str, Any]:
        files = self._host.files()
        shown = files[start : start + _FILES_A_PAGE]
        return {"files": [_line(file) for file in shown], "more": start + len(shown) < len(files)}

    def _open(self, reference: str, reply: Reply) -> None:
        granted = self._host.open_file(reference) if len(reference) <= MAX_FILENAME_CHARACTERS else None
        if granted is None:
            reply({}, ())
            return
        with granted.content as content:
            try:
                descriptor = self._inputs.share(content.fileno())
            except InputError as error:
                reply({"problem": f"Your file {granted.file_id!r} cannot be opened: {error}."}, ())
                return
        try:
            self._loaded[granted.file_id] = None
            reply(self._description(granted, reference), [descriptor])
        finally:
            os.close(descriptor)

    def _description(self, granted: GrantedFile, reference: str) -> dict[str, Any]:
        """Describe a file; `namesakes` counts the other ones that the reference could have meant."""
        by_name = reference != granted.file_id
        alike = [file for file in self._host.files() if by_name and file.filename == reference]
        return {
            "file_id": granted.file_id,
            "filename": granted.filename,
            "namesakes": max(len(alike) - 1, 0),
            **_kind(granted.kind),
        }


def _kind(kind: FileType) -> dict[str, Any]:
    """Say how the guest loads a file of this type."""
    loader = loader_of(kind)
    return {
        "file_type": kind.label,
        "family": kind.family,
        "loader": kind.loader,
        "library": loader.library,
        "needs": list(loader.needs),
    }


def _decoded(head: str) -> bytes:
    """Return bytes that came as base64.

    Raises:
        channel.ProtocolError: they did not.
    """
    try:
        return b64decode(head, validate=True)
    except ValueError as error:
        msg = "the guest sent the start of a file that is no base64"
        raise channel.ProtocolError(msg) from error


def _line(file: LedgerFile) -> dict[str, Any]:
    return {
        "id": file.file_id,
        "name": file.filename,
        "type": file.file_type,
        "size_bytes": file.size_bytes,
        "uploaded_at": file.uploaded_at.isoformat(),
        "expires_at": file.expires_at and file.expires_at.isoformat(),
    }
