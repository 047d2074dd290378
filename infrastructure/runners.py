"""Which processes live: each holds a lock on a file of its own, which the kernel drops at its death."""

import fcntl
import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

from infrastructure.files import make_private_folder, os_errors

_NAME = re.compile(r"[0-9]+-[0-9a-f]{12}")


class RunnerLocks:
    """`Runners` by file locks in one folder; for the processes of one machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name: str | None = None
        self._descriptor: int | None = None

    def current(self) -> str:
        """Return this process's identity; its lock is taken at the first call."""
        if self._name is None:
            name = f"{os.getpid()}-{token_hex(6)}"
            with os_errors("register this process"):
                make_private_folder(self._folder)
                self._descriptor = os.open(self._path(name), os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            self._name = name
        return self._name

    def is_alive(self, runner: str) -> bool:
        """Tell whether the process that `runner` names still lives."""
        if runner == self._name:
            return True
        if not _NAME.fullmatch(runner):  # an imported ledger says what it likes
            return False
        try:
            descriptor = os.open(self._path(runner), os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._path(runner).unlink(missing_ok=True)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def close(self) -> None:
        """Give up this process's identity."""
        if self._name is not None and self._descriptor is not None:
            with suppress(OSError):
                self._path(self._name).unlink(missing_ok=True)
            os.close(self._descriptor)
            self._name = self._descriptor = None

    def _path(self, runner: str) -> Path:
        return self._folder / runner
