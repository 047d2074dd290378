"""Files of the user: listed by the host, and opened by it as read-only descriptors."""

import warnings
from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from os import PathLike, fspath
from typing import Any, BinaryIO

import calling
import host_channel

_LONGEST_ASKED, _LONGEST_SHOWN, _LONGEST_NAME = 400, 40, 200
_LONGEST_HEAD = 4096
_TELL_S = 0.2  # nobody waits for a host that does not listen


@dataclass(frozen=True)
class Granted:
    """A file that the host opened for this run.

    `fd` is a read-only descriptor of the caller's own, at offset 0.
    """

    fd: int
    file_id: str
    filename: str
    kind: "Kind"


@dataclass(frozen=True)
class Kind:
    """The host's words for what a file is and how to read it.

    `loader` is a name of the registry of loaders, with wrappers behind plus signs;
    `library` is told to people; `needs` are modules that come as packages.
    """

    file_type: str
    family: str
    loader: str
    library: str
    needs: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """One file as a list shows it; times are in UTC, and `expires_at` is None for a file that stays."""

    id: str
    name: str
    type: str
    size_bytes: int
    uploaded_at: datetime
    expires_at: datetime | None


Reference = str | PathLike[str] | File
"""What a file is asked for by: its id, its name, or itself from a list."""


def open_granted(reference: Reference) -> Granted:
    """Ask the host for a file.

    Raises:
        FileNotFoundError: the user has no such file, or `reference` is none.
    """
    name = _text_of(reference)
    reply, descriptors = host_channel.ask({"open": name[:_LONGEST_ASKED]})
    if not descriptors:
        refusal = f"You have no file {name[:_LONGEST_SHOWN]!r}. files() lists those that you have."
        raise FileNotFoundError(reply.get("problem") or refusal)
    granted = Granted(descriptors[0], reply["file_id"], reply["filename"], _kind(reply))
    if reply["namesakes"]:
        _warn_of_namesakes(granted, reply["namesakes"])
    return granted


def _text_of(reference: object) -> str:
    if isinstance(reference, File):
        return reference.id
    if isinstance(reference, PathLike):
        reference = fspath(reference)
    return reference if type(reference) is str else repr(reference)


def identify(filename: str, head: bytes) -> Kind:
    """Ask the host what a file inside another one is, by its name and start."""
    question = {"identify": filename[-_LONGEST_NAME:], "head": b64encode(head[:_LONGEST_HEAD]).decode()}
    return _kind(host_channel.ask(question)[0])


def open_file(reference: Reference) -> BinaryIO:
    """Return a file's bytes as uploaded: a binary file with a descriptor of its own, read-only."""
    granted = open_granted(reference)
    return open(granted.filename, "rb", opener=lambda *_: granted.fd)


def descriptions(timeout_s: float | None = None) -> list[dict[str, Any]]:
    """Ask the host what files there are, oldest first, page by page; no page may take longer than that."""
    found: list[dict[str, Any]] = []
    while True:
        reply, _ = host_channel.ask({"files": len(found)}, timeout_s)
        found += reply["files"]
        if not reply["more"]:
            return found


def tell_tables(file_id: str, tables: list[dict[str, Any]]) -> None:
    """Tell the host which tables a file holds; the model of the next question knows them then."""
    with suppress(host_channel.HostGoneError):
        host_channel.ask({"saw": file_id, "tables": tables}, _TELL_S)


def _kind(reply: dict[str, Any]) -> Kind:
    return Kind(reply["file_type"], reply["family"], reply["loader"], reply["library"], tuple(reply["needs"]))


def _warn_of_namesakes(granted: Granted, namesakes: int) -> None:
    warnings.warn(
        f"{namesakes + 1} files are named {granted.filename!r}; this is the newest, {granted.file_id!r}.",
        stacklevel=calling.stack_level(),
    )
