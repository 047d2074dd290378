"""Finds the Python interpreters of this machine that can carry the project's environments."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("python3", "/usr/bin/python3", "python3.14", "python3.13", "python3.12", "python3.11")
OLDEST = (3, 11)

# Fails on an interpreter that was built without a part that the program needs.
_PROBE = """
import bz2, ctypes, json, lzma, os, sqlite3, ssl, sys, zlib
print(json.dumps([sys._base_executable, os.__file__, sys.version_info[:2]]))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that works: its real path, its (major, minor) version, and who may read it."""

    path: Path
    version: tuple[int, int]
    is_public: bool
    """Whether any user of the machine can run it; one below a private home folder is not."""


def find_interpreters() -> list[Interpreter]:
    """Return every usable interpreter, best first, each once."""
    found = dict.fromkeys(filter(None, map(_probe, CANDIDATES)))
    return list(found)


def _probe(command: str) -> Interpreter | None:
    """Ask a command for its interpreter; None if it is absent, too old or incomplete."""
    try:
        answer = subprocess.run(
            [command, "-I", "-c", _PROBE], stdin=subprocess.DEVNULL, capture_output=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    executable, stdlib_file, (major, minor) = json.loads(answer.stdout)
    if (major, minor) < OLDEST:
        return None
    path = Path(os.path.realpath(executable))
    is_public = _is_readable_by_others(path) and _is_readable_by_others(Path(os.path.realpath(stdlib_file)))
    return Interpreter(path, (major, minor), is_public)


def _is_readable_by_others(file: Path) -> bool:
    """Tell whether a foreign uid can read the file: its own bit, and search bits on all folders above."""
    if not file.stat().st_mode & stat.S_IROTH:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in file.parents)


if __name__ == "__main__":
    sys.stdout.writelines(f"{interpreter}\n" for interpreter in find_interpreters())
