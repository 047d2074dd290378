"""Proofs for somebody who has a checkpoint and not the ledger."""

from dataclasses import dataclass

from application.checkpoints import Checkpoints, Taken
from application.ports.journal import Journal, Witnessed
from domain.errors import RefusedError
from domain.merkle import consistency_path, inclusion_path, leaf_hash


@dataclass(frozen=True)
class InclusionProof:
    """That an event is among those that `checkpoint` signed: the hashes beside its way to the root."""

    event: Witnessed
    checkpoint: Taken
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class ConsistencyProof:
    """That the events which `old` signed are the beginning of those which `new` signed."""

    old: Taken
    new: Taken
    path: tuple[bytes, ...]


class Prove:
    """Makes proofs from journal and checkpoints."""

    def __init__(self, journal: Journal, checkpoints: Checkpoints) -> None:
        self._journal, self._checkpoints = journal, checkpoints

    def inclusion(self, position: int) -> InclusionProof:
        """Prove that the event at `position` of the whole ledger is under the oldest checkpoint after it.

        Raises:
            RefusedError: there is no such event, or no checkpoint after it.
        """
        kept = self._checkpoints.all()
        if not kept:  # told before the journal is read, which may take a minute
            msg = "There is no checkpoint yet; take one with `fileledger checkpoint`."
            raise RefusedError(msg)
        event = self._journal.witnessed(position)
        if event is None:
            msg = f"There is no event at position {position}; `fileledger history --json` shows positions."
            raise RefusedError(msg)
        covering = [taken for taken in kept if taken.checkpoint.size >= event.number]
        if not covering:
            msg = "No checkpoint covers that event yet; take one with `fileledger checkpoint`."
            raise RefusedError(msg)
        leaves = self._leaves(covering[0].checkpoint.size)
        return InclusionProof(event, covering[0], tuple(inclusion_path(leaves, event.number - 1)))

    def consistency(self) -> ConsistencyProof:
        """Prove that the newest checkpoint goes on from the one before it.

        Raises:
            RefusedError: there are no two.
        """
        kept = self._checkpoints.all()
        if len(kept) < 2:  # noqa: PLR2004 - it takes two to compare
            msg = "There are no two checkpoints yet; take them with `fileledger checkpoint`."
            raise RefusedError(msg)
        old, new = kept[-2:]
        path = consistency_path(self._leaves(new.checkpoint.size), old.checkpoint.size)
        return ConsistencyProof(old, new, tuple(path))

    def _leaves(self, size: int) -> list[bytes]:
        leaves = [leaf_hash(digest) for digest, _ in zip(self._journal.digests(), range(size), strict=False)]
        if len(leaves) < size:
            msg = f"The journal holds {len(leaves)} of the {size} events signed. Run `fileledger verify`."
            raise RefusedError(msg)
        return leaves
