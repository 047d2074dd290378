"""Runs a command as an ordinary user, when started as root: `ordinary_user.py COMMAND [ARGUMENT ...]`.

The user is one that nobody else is: an unassigned id without groups, capabilities or
a home, and with a temporary folder of its own. No account is made. In a mount
namespace of the command's own, the checkout and the interpreters can be reached even
where they lie in somebody's private home, and `/proc` is whole.
"""

import ctypes
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infrastructure.sandbox.recipe import unassigned_uid

ROOT = Path(__file__).resolve().parents[1]
_NEWNS = 0x20000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MOST_PROCESSES = 2000  # of the user: attacks on a weakened sandbox stay an affair of their own

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    folder = Path(tempfile.mkdtemp(prefix="ordinary-user-"))
    try:
        child = os.fork()
        if child == 0:
            _become_ordinary(folder)
            os.execvp(arguments[0], list(arguments))  # noqa: S606 - a program from a list
        _, status = os.waitpid(child, 0)
        return os.waitstatus_to_exitcode(status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _become_ordinary(home: Path) -> None:
    uid = unassigned_uid()
    os.umask(0o022)
    os.chown(home, uid, uid)
    _call("unshare", _NEWNS)
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    _mount("proc", "/proc", "proc", 0)
    needed = [ROOT, Path(sys.base_prefix), *_interpreters()]
    for closed in _closed_folders(needed):
        _show_only(closed, [path for path in needed if path.is_relative_to(closed)])
    os.environ |= {"HOME": str(home), "TMPDIR": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    resource.setrlimit(resource.RLIMIT_NPROC, (_MOST_PROCESSES, _MOST_PROCESSES))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _interpreters() -> set[Path]:
    """Return the installations that the environments of the checkout stand on."""
    links = ROOT.glob(".venv*/bin/python")
    return {Path(os.path.realpath(link)).parent.parent for link in links}


def _closed_folders(needed: Sequence[Path]) -> list[Path]:
    """Return the outermost folders on the way to what is needed that others may not enter."""
    found: list[Path] = []
    for path in needed:
        closed = next(
            (folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None
        )
        if closed is not None and closed not in found:
            found.append(closed)
    return found


def _show_only(closed: Path, needed: Sequence[Path]) -> None:
    """Cover a folder with an empty one that holds, at their places, only `needed`."""
    held = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in needed}
    _mount("tmpfs", str(closed), "tmpfs", 0, "mode=0755")
    for path, descriptor in held.items():
        path.mkdir(parents=True, exist_ok=True)
        _mount(f"/proc/self/fd/{descriptor}", str(path), None, _MS_BIND | _MS_REC)
        os.close(descriptor)


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    _call("mount", *texts[:3], ctypes.c_ulong(flags), texts[3])


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
