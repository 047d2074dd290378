"""Back up: copy all that cannot be made again, prove the copy, and only then call it a backup."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from application.verify import VerifyReport
from domain.errors import IntegrityFaultError

RETRIES = 2


@dataclass(frozen=True)
class Copied:
    """Where a backup is being made, and which bytes lie there so far."""

    folder: Path
    files: int
    size_bytes: int


@dataclass(frozen=True)
class Backup:
    """A backup that was proven."""

    folder: Path
    events: int
    users: int
    files: int
    size_bytes: int


class DataCopier(Protocol):
    """Copies a data folder while others go on working in it."""

    def copy(self, target: Path, *, with_keys: bool) -> Copied:
        """Copy all that cannot be made again to a folder next to `target`.

        Raises:
            RefusedError: the target is in use, or inside the data folder.
            EnvironmentFaultError: something cannot be read or written.
        """

    def finish(self, copied: Copied, target: Path) -> None:
        """Make a copy durable, and only then give it its name.

        Raises:
            EnvironmentFaultError: it cannot be written.
        """


class BackUp:
    """Makes backups; `prove` builds the ledger of a copy from its journal and verifies it."""

    def __init__(self, copier: DataCopier, prove: Callable[[Path], VerifyReport]) -> None:
        self._copier, self._prove = copier, prove

    def __call__(self, target: Path, *, with_keys: bool = True) -> Backup:
        """Make a backup at `target`.

        Raises:
            RefusedError: the target is in use, or inside the data folder.
            EnvironmentFaultError: something cannot be read or written.
            IntegrityFaultError: the copy is not sound; it keeps the name of an unfinished one.
        """
        copied, report = self._attempt(target, with_keys=with_keys)
        for _ in range(RETRIES):
            if all(problem.kind != "blob_missing" for problem in report.problems):
                break
            # A file may have come and gone while its neighbours were copied.
            copied, report = self._attempt(target, with_keys=with_keys)
        if not report.ok:
            msg = (
                f"The backup is not sound: {report.problems[0].detail}. It is kept as {copied.folder}. "
                "Run `fileledger verify` on the data folder."
            )
            raise IntegrityFaultError(msg)
        self._copier.finish(copied, target)
        return Backup(target, report.events, report.users, copied.files, copied.size_bytes)

    def _attempt(self, target: Path, *, with_keys: bool) -> tuple[Copied, VerifyReport]:
        copied = self._copier.copy(target, with_keys=with_keys)
        return copied, self._prove(copied.folder)
