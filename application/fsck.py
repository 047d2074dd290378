"""Fsck: the disk held against the ledger, and mended without touching what the ledger says.

A repair appends events, restores bytes from a sound copy, or sets bytes aside; it
never rewrites history and never deletes a byte.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from application.file_check import READ_CHUNK_BYTES, CheckFiles, DamagedFile
from application.ledgers import By, Ledgers
from application.ports.blobs import BlobStore, Stray
from application.ports.ledger import LedgerStore
from application.purge import WantedBlobs
from domain.damage import Damage
from domain.errors import IntegrityFaultError, UnreadableError
from domain.ledger import UserLedger
from domain.metadata import Metadata

FSCK = By("system:fsck", "fsck --repair")


class Action(StrEnum):
    """What a repair does."""

    SET_ASIDE = "set_aside"
    RESTORE = "restore"
    RECORD_LOSS = "record_loss"


@dataclass(frozen=True)
class Step:
    """One step of a repair. `what` is a path in the data folder, or the name of the sound copy."""

    action: Action
    what: str
    damaged: DamagedFile | None = None


@dataclass(frozen=True)
class FsckReport:
    """What was found, what would mend it, and how many of these steps were taken.

    `unreadable` are the ids of ledgers that are damaged themselves: what they want of the disk is unknown.
    """

    damaged: tuple[DamagedFile, ...]
    strays: tuple[Stray, ...]
    unreadable: tuple[str, ...]
    plan: tuple[Step, ...]
    taken: int = 0

    @property
    def is_mended(self) -> bool:
        """Whether everything that was found is in order now."""
        return not self.unreadable and not self.left and self.taken == len(self.plan)

    @property
    def left(self) -> tuple[DamagedFile, ...]:
        """The files that no step mends: the disk may yet read them, so they are not recorded as lost."""
        mended = [step.damaged for step in self.plan]
        return tuple(damaged for damaged in self.damaged if damaged not in mended)


class Fsck:
    """Checks every live file and every byte that is kept."""

    def __init__(self, store: LedgerStore, ledgers: Ledgers, blobs: BlobStore) -> None:
        self._store, self._ledgers, self._blobs = store, ledgers, blobs
        self._check = CheckFiles(store, blobs)

    def __call__(self, *, repair: bool = False) -> FsckReport:
        """Look for missing, altered and stray bytes, and mend them if wanted.

        Killed in its midst a repair has done some of its steps; the next one does the rest.

        Raises:
            EnvironmentFaultError: bytes cannot be read for now; a loss is recorded only of what is gone.
        """
        unreadable: list[str] = []
        damaged = tuple(self._damaged(unreadable.append))
        strays = tuple(self._blobs.strays(WantedBlobs(self._store)))
        plan = tuple(step for steps in (self._mend(damaged), _set_aside(strays)) for step in steps)
        if repair:
            for step in plan:
                self._take(step)
        return FsckReport(damaged, strays, tuple(unreadable), plan, len(plan) if repair else 0)

    def _damaged(self, note_unreadable: Callable[[str], None]) -> Iterator[DamagedFile]:
        for ledger_id in self._store.ledger_ids():
            try:
                owner = self._store.owner_of(ledger_id)
                ledger = self._store.load(owner) if owner else None
            except IntegrityFaultError:
                note_unreadable(ledger_id.hex)
            else:
                yield from self._check.damaged(ledger) if ledger else ()

    def _mend(self, found: tuple[DamagedFile, ...]) -> Iterator[Step]:
        for damaged in found:
            copy = self._copy_of(damaged)
            if damaged.damage is Damage.UNREADABLE and copy is None:
                continue
            if damaged.damage is not Damage.MISSING:
                yield Step(Action.SET_ASIDE, f"{damaged.user_id}/{damaged.name}", damaged)
            yield Step(Action.RESTORE if copy else Action.RECORD_LOSS, copy or damaged.name, damaged)

    def _copy_of(self, damaged: DamagedFile) -> str | None:
        """Return the name of a blob of the same user with the recorded bytes, None when there is none."""
        for _, name in self._blobs.names(damaged.user_id):
            try:
                if name != damaged.name and self._check.is_copy(damaged.user_id, name, damaged.file):
                    return name
            except (IntegrityFaultError, UnreadableError):
                continue  # it left meanwhile, or is damaged itself
        return None

    def _take(self, step: Step) -> None:
        damaged = step.damaged
        if step.action is Action.SET_ASIDE:
            self._blobs.set_aside(step.what)
        elif damaged is not None and step.action is Action.RESTORE:
            self._restore(damaged, step.what)
        elif damaged is not None:
            self._record_loss(damaged)

    def _restore(self, damaged: DamagedFile, copy: str) -> None:
        with self._blobs.open(damaged.user_id, copy) as content, self._blobs.stage(damaged.user_id) as staged:
            while chunk := content.read(READ_CHUNK_BYTES):
                staged.write(chunk)
            staged.commit(damaged.name)

    def _record_loss(self, damaged: DamagedFile) -> None:
        def lose(ledger: UserLedger, metadata: Metadata) -> None:
            ledger.record_loss(damaged.file.file_id, damaged.damage, metadata)

        self._ledgers.decide(damaged.user_id, lose, FSCK)


def _set_aside(strays: tuple[Stray, ...]) -> Iterator[Step]:
    return (Step(Action.SET_ASIDE, stray.where) for stray in strays)
