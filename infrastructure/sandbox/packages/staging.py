"""Folders to fill, which are gone afterwards even if whoever filled one was killed."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infrastructure.files import make_private_folder
from infrastructure.sandbox.packages.locks import locked

_LOCK_SUFFIX = ".lock"


class Staging:
    """`TOKEN` is somebody's folder as long as the lock of `TOKEN.lock` beside it is held."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = root / "lock"
        make_private_folder(root)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Yield an empty folder that nobody else may enter.

        Raises:
            OSError: it cannot be made.
        """
        path = self._root / secrets.token_hex(6)
        lock = path.with_suffix(_LOCK_SUFFIX)
        with ExitStack() as held:
            with locked(self._lock):  # so that nobody sweeps between the two
                held.enter_context(locked(lock))
                path.mkdir(mode=0o700)
            try:
                yield path
            finally:
                shutil.rmtree(path, ignore_errors=True)
                lock.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what killed processes left.

        Raises:
            OSError: the folder cannot be looked at.
        """
        with locked(self._lock):
            for path in self._root.iterdir():
                if path.is_dir():
                    self._remove_unless_held(path)
            for lock in self._root.glob(f"*{_LOCK_SUFFIX}"):
                if not lock.with_suffix("").exists():
                    lock.unlink(missing_ok=True)

    def _remove_unless_held(self, path: Path) -> None:
        with locked(path.with_suffix(_LOCK_SUFFIX), give_up=lambda: True) as is_nobodys:
            if is_nobodys:
                shutil.rmtree(path, ignore_errors=True)
