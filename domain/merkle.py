"""The Merkle tree over a log, after RFC 9162 (section 2.1, the same tree as RFC 6962's).

A leaf is the bytes of one entry; here it is an event's chain digest, in the order
of positions. The root of a size vouches for every entry up to that size. An
inclusion path shows that one entry is under a root; a consistency path shows that
a smaller tree is the beginning of a larger one. Hashes are 32 bytes (SHA-256).
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry; its prefix keeps a node from passing for an entry."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the node over two others."""
    return hashlib.sha256(_NODE + left + right).digest()


class Frontier:
    """The right edge of a growing tree: as many hashes as its size has one bits, so memory stays flat."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, entry: bytes) -> None:
        """Add the next entry."""
        peak, complete = leaf_hash(entry), self.size
        while complete & 1:
            peak, complete = node_hash(self._peaks.pop(), peak), complete >> 1
        self._peaks.append(peak)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of what was added so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root


def roots_at(sizes: Collection[int], entries: Iterable[bytes]) -> tuple[int, dict[int, bytes]]:
    """Return the number of entries, and the roots at that size and at those `sizes` they reach; one pass."""
    tree, wanted = Frontier(), frozenset(sizes)
    roots = {0: EMPTY_ROOT} if 0 in wanted else {}
    for entry in entries:
        tree.append(entry)
        if tree.size in wanted:
            roots[tree.size] = tree.root()
    return tree.size, {**roots, tree.size: tree.root()}


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else EMPTY_ROOT
    split = _split(len(leaves))
    return node_hash(tree_root(leaves[:split]), tree_root(leaves[split:]))


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the hashes beside the way from leaf `index` (from 0) up to the root (2.1.3.1).

    Raises:
        IndexError: there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        msg = f"a tree of {len(leaves)} leaves has no leaf {index}"
        raise IndexError(msg)
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_path(left, index), tree_root(right)]
    return [*inclusion_path(right, index - split), tree_root(left)]


def consistency_path(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """Return the hashes that lead from the root of the first `size` leaves to that of all (2.1.4.1).

    Raises:
        IndexError: the tree was never of that size.
    """
    if not 0 <= size <= len(leaves):
        msg = f"a tree of {len(leaves)} leaves never had {size}"
        raise IndexError(msg)
    return _subproof(leaves, size, is_whole=True) if 0 < size < len(leaves) else []


def _subproof(leaves: Sequence[bytes], size: int, *, is_whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if is_whole else [tree_root(leaves)]
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if size <= split:
        return [*_subproof(left, size, is_whole=is_whole), tree_root(right)]
    return [*_subproof(right, size - split, is_whole=False), tree_root(left)]


def includes(root: bytes, size: int, index: int, entry: bytes, path: Sequence[bytes]) -> bool:
    """Tell whether `path` shows that `entry` is leaf `index` of the tree of `size` under `root` (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    here, last, reached = index, size - 1, leaf_hash(entry)
    for beside in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            reached = node_hash(beside, reached)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            reached = node_hash(reached, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and reached == root


def extends(old: tuple[int, bytes], new: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Tell whether `path` shows that the tree `old` (size and root) is the beginning of `new` (2.1.4.2)."""
    (old_size, old_root), (new_size, new_root) = old, new
    if not 0 <= old_size <= new_size:
        return False
    if old_size in {0, new_size}:
        same = old_root == (EMPTY_ROOT if old_size == 0 else new_root)
        return same and not path
    steps: Iterator[bytes] = iter(path if old_size & (old_size - 1) else [old_root, *path])
    here, last = old_size - 1, new_size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    if (first := next(steps, None)) is None:
        return False
    return _climb((here, last), first, steps) == (old_root, new_root)


def _climb(place: tuple[int, int], first: bytes, steps: Iterator[bytes]) -> tuple[bytes, bytes] | None:
    (here, last), old, new = place, first, first
    for beside in steps:
        if last == 0:
            return None
        if here & 1 or here == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            new = node_hash(new, beside)
        here, last = here >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
