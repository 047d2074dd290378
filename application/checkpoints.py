"""Checkpoints: the operator's signature over the ledger's Merkle root, taken and held against the ledger."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from application.ports.checkpoints import Notary, Note, NoteKeeper
from application.ports.clock import Clock
from application.ports.journal import Journal
from application.ports.ledger import LedgerProblem
from domain.checkpoint import Checkpoint, origin_of
from domain.errors import FileLedgerError, IntegrityFaultError, RefusedError
from domain.merkle import roots_at

KIND = "checkpoint"

Digests = Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Taken:
    """A checkpoint, where its note is kept, and the public key that checks it."""

    checkpoint: Checkpoint
    note: Note
    verifier_key: str


class Checkpoints:
    """Takes checkpoints and lists them."""

    def __init__(self, journal: Journal, keeper: NoteKeeper, notary: Notary, clock: Clock) -> None:
        self._journal, self._keeper, self._notary, self._clock = journal, keeper, notary, clock

    def take(self) -> Taken:
        """Sign what the ledger holds; without a new event the newest checkpoint is given again.

        Raises:
            RefusedError: there is no event yet.
            IntegrityFaultError: the ledger no longer goes on from its newest checkpoint.
        """
        self._journal.catch_up()
        kept = self.all()
        newest = kept[-1] if kept else None
        origin, size, roots = _measured(self._journal.digests, [newest.checkpoint.size] if newest else [])
        if newest is not None and roots.get(newest.checkpoint.size) != newest.checkpoint.root:
            msg = (
                f"The journal does not go on from its newest checkpoint, {newest.note.where}: nothing is "
                "signed. Run `fileledger verify`."
            )
            raise IntegrityFaultError(msg)
        if newest is not None and newest.checkpoint.size == size:
            return newest
        if size == 0:
            msg = "There is no event to vouch for yet."
            raise RefusedError(msg)
        checkpoint = Checkpoint(origin, size, roots[size], self._clock.now())
        note = self._keeper.keep(size, self._notary.sign(checkpoint.text()))
        return Taken(checkpoint, note, self._notary.verifier_key(origin))

    def all(self) -> Sequence[Taken]:
        """Return every checkpoint kept in the house, the smallest first.

        Raises:
            IntegrityFaultError: one of them is damaged or not the operator's.
        """
        return [self._opened(note) for note in self._keeper.notes()]

    def _opened(self, note: Note) -> Taken:
        checkpoint = _checkpoint_in(note, self._notary)
        return Taken(checkpoint, note, self._notary.verifier_key(checkpoint.origin))


class CheckpointWitness:
    """Holds notes against the sources of digests: database and journal, each by its name."""

    def __init__(
        self, notes: Callable[[], Sequence[Note]], notary: Notary, sources: Mapping[str, Digests]
    ) -> None:
        self._notes, self._notary, self._sources = notes, notary, sources

    def examine(self, user_id: str | None = None) -> Iterator[LedgerProblem]:
        """Yield what checkpoints contradict; they speak of the whole ledger, of no single user."""
        if user_id is not None:
            return
        signed: list[tuple[Note, Checkpoint]] = []
        for note in self._notes():
            try:
                signed.append((note, _checkpoint_in(note, self._notary)))
            except IntegrityFaultError as error:
                yield LedgerProblem(None, None, KIND, str(error))
        if not signed:
            return
        for source, digests in self._sources.items():
            try:
                yield from _held_against(source, digests, signed)
            except FileLedgerError as error:
                yield LedgerProblem(None, None, KIND, f"the {source} cannot be read: {error}")


def _checkpoint_in(note: Note, notary: Notary) -> Checkpoint:
    """Return what a note signs.

    Raises:
        IntegrityFaultError: it is no checkpoint of the operator, or another one than was kept there.
    """
    try:
        checkpoint = Checkpoint.parse(notary.open(note.text))
    except IntegrityFaultError as error:
        msg = f"{note.where}: {error}"
        raise IntegrityFaultError(msg) from error
    if note.number not in {None, checkpoint.size}:
        msg = (
            f"{note.where}: it signs {checkpoint.size} events, yet the checkpoint of {note.number} was kept "
            "here: another was copied over it."
        )
        raise IntegrityFaultError(msg)
    return checkpoint


def _held_against(
    source: str, digests: Digests, signed: Sequence[tuple[Note, Checkpoint]]
) -> Iterator[LedgerProblem]:
    origin, size, roots = _measured(digests, [checkpoint.size for _, checkpoint in signed])
    for note, checkpoint in signed:
        fault = _contradiction(checkpoint, origin, size, roots)
        if fault:
            yield LedgerProblem(None, None, KIND, f"{note.where}: the {source} {fault}")


def _contradiction(checkpoint: Checkpoint, origin: str, size: int, roots: Mapping[int, bytes]) -> str:
    signed = f"the {checkpoint.size} that were signed"
    if size < checkpoint.size:
        return f"holds {size} events instead of {signed}: its tail was cut off, or ledgers were deleted"
    if roots[checkpoint.size] == checkpoint.root:
        return ""
    if origin != checkpoint.origin:
        return (
            f"begins with another event than {signed}: it is another ledger, or was rewritten from the start"
        )
    return f"does not begin with {signed}: events among them were rewritten or removed"


def _measured(digests: Digests, sizes: Sequence[int]) -> tuple[str, int, dict[int, bytes]]:
    """Return origin, size and roots of a source, in one pass."""
    entries = digests()
    first = next(entries, None)
    if first is None:
        return "", *roots_at(sizes, ())
    return origin_of(first), *roots_at(sizes, chain([first], entries))
