"""Files of the user, opened by the host on request and handed over as read-only descriptors."""

import fcntl
import os
import socket
from dataclasses import dataclass
from typing import Any

import frames

_LINKS = "/tmp/.inputs"  # noqa: S108 - a folder of this run alone
_TURN = "/tmp/.turn"  # noqa: S108

_LONGEST_ID = 40

_host: socket.socket | None = None
_held: dict[str, "Granted"] = {}


@dataclass(frozen=True)
class Granted:
    """A file that the host opened for this run.

    `fd` is a read-only descriptor of the caller's own, at offset 0. `path` is a
    name with the right extension that any process of the run can open for reading.
    `loader` and `file_type` are the host's words for how to read it.
    """

    fd: int
    path: str
    filename: str
    extension: str
    file_type: str
    loader: str


def connect(channel: socket.socket) -> None:
    """Use `channel` to ask the host from now on."""
    global _host  # noqa: PLW0603 - one channel a process
    _host = channel


def open_granted(file_id: str) -> Granted:
    """Ask the host for a file.

    Raises:
        FileNotFoundError: the user has no such file, or `file_id` is no id at all.
    """
    name = file_id if type(file_id) is str else repr(file_id)
    held = _held.get(name)
    if held is None:
        held = _held[name] = _request(name)
    fd = os.open(held.path, os.O_RDONLY | os.O_CLOEXEC)
    return Granted(fd, held.path, held.filename, held.extension, held.file_type, held.loader)


def _request(file_id: str) -> Granted:
    refusal = f"You have no file {file_id[:_LONGEST_ID]!r}. List your files to see their ids."
    reply, descriptors = _ask({"open": file_id[: 2 * _LONGEST_ID]})
    if not descriptors:
        raise FileNotFoundError(reply.get("problem") or refusal)
    path = _link(reply["file_id"] + reply["extension"], descriptors[0])
    return Granted(
        descriptors[0], path, reply["filename"], reply["extension"], reply["file_type"], reply["loader"]
    )


def _ask(question: dict[str, Any]) -> tuple[dict[str, Any], list[int]]:
    """Send a question and wait for its answer; threads and forks of the run take turns."""
    if _host is None:
        msg = "The host cannot be asked from here."
        raise RuntimeError(msg)
    with open(_TURN, "w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            frames.send(_host, question)
            return frames.receive(_host)
        except (EOFError, OSError) as error:
            msg = "The host no longer answers this run."
            raise RuntimeError(msg) from error


def _link(name: str, fd: int) -> str:
    """Name an open descriptor; the process that holds it is named too, so that others can follow."""
    os.makedirs(_LINKS, exist_ok=True)
    path = f"{_LINKS}/{name}"
    if os.path.lexists(path):
        os.unlink(path)
    os.symlink(f"/proc/{os.getpid()}/fd/{fd}", path)
    return path
