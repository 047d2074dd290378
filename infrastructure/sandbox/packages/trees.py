"""Makes of what was unpacked a tree that is safe to show to every run."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

_STARTUP_MODULES = {"sitecustomize", "usercustomize"}
_PROGRAMS = {"bin", "Scripts"}


def tidy(tree: Path) -> int:
    """Leave plain folders and files, ours, that everybody may read; return the bytes of the files.

    Nothing of it runs at the start of an interpreter: `.pth` files and the modules
    that `site` imports go. So do links, which may lead anywhere, devices, and programs,
    which no path leads to. Names that Python or the base have, too, are left: the
    base stands before every layer on the path, so theirs win.

    No process of the installer may live any more.

    Raises:
        OSError: the tree cannot be changed.
    """
    for entry in list(os.scandir(tree)):
        if _acts_at_start(entry.name) or entry.name in _PROGRAMS:
            _remove(entry)
    _open_to_all(tree, 0o755)
    size_bytes = 0
    for entry in _below(tree):
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            _open_to_all(Path(entry.path), 0o755)
        elif stat.S_ISREG(mode):
            _open_to_all(Path(entry.path), 0o755 if mode & stat.S_IXUSR else 0o644)
            size_bytes += entry.stat(follow_symlinks=False).st_size
        else:
            Path(entry.path).unlink()
    return size_bytes


def _acts_at_start(name: str) -> bool:
    return name.lower().endswith(".pth") or name.partition(".")[0] in _STARTUP_MODULES


def _below(tree: Path) -> Iterator["os.DirEntry[str]"]:
    """Yield everything below; a folder before it is looked into, so that it can be opened first."""
    waiting = [str(tree)]
    while waiting:
        for entry in list(os.scandir(waiting.pop())):
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def _open_to_all(path: Path, mode: int) -> None:
    os.chown(path, os.getuid(), os.getgid(), follow_symlinks=False)
    path.chmod(mode)  # after the owner: changing that clears what a mode may not keep


def _remove(entry: "os.DirEntry[str]") -> None:
    if entry.is_dir(follow_symlinks=False):
        shutil.rmtree(entry.path)
    else:
        Path(entry.path).unlink()
