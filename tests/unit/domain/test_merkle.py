"""The Merkle tree, against known answers and against a naive model."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    extends,
    includes,
    inclusion_path,
    leaf_hash,
    roots_at,
    tree_root,
)

# The entries and roots that RFC 6962's implementations are tested with.
KNOWN_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243",
        "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
KNOWN_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def naive_root(entries: list[bytes]) -> bytes:
    """Return the root by pairing level after level; an odd one out moves up as it is."""
    level = [hashlib.sha256(b"\x00" + entry).digest() for entry in entries]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\x01" + b"".join(p)).digest() if len(p) == 2 else p[0] for p in pairs]
    return level[0] if level else hashlib.sha256(b"").digest()


def entries_of(size: int) -> list[bytes]:
    """Return distinct entries."""
    return [b"%d" % number for number in range(size)]


@pytest.mark.parametrize("size", KNOWN_ROOTS)
def test_audit_10_roots_are_those_of_the_standard(size: int) -> None:
    """The published entries give the published roots."""
    tree = Frontier()
    for entry in KNOWN_ENTRIES[:size]:
        tree.append(entry)
    assert tree.root().hex() == KNOWN_ROOTS[size]


def test_audit_10_one_pass_gives_the_naive_root_of_every_size() -> None:
    """At each size up to 260 the growing tree, the recursive one and the naive one agree."""
    entries = entries_of(260)
    size, roots = roots_at(range(300), entries)
    assert size == 260
    assert set(roots) == set(range(261))
    for at in range(261):
        assert roots[at] == naive_root(entries[:at]) == tree_root([leaf_hash(e) for e in entries[:at]])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 32, 33, 100])
def test_audit_10_every_inclusion_path_proves_its_entry_alone(size: int) -> None:
    """A path shows its own entry at its own place, and no other entry, place or size."""
    entries = entries_of(size)
    leaves = [leaf_hash(entry) for entry in entries]
    root = naive_root(entries)
    for index, entry in enumerate(entries):
        path = inclusion_path(leaves, index)
        assert includes(root, size, index, entry, path)
        assert not includes(root, size, index, entry + b"x", path)
        assert not includes(root, size, (index + 1) % size, entry, path) or size == 1
        assert not includes(root, size, index, entry, [*path, root])
        assert not includes(root, size, index, entry, path[:-1]) or not path
    assert not includes(root, size, size, entries[0], [])


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 9, 31, 32, 64, 65])
def test_audit_10_every_consistency_path_leads_from_the_smaller_root(size: int) -> None:
    """From each smaller size a path leads to this one; from another root none does."""
    entries = entries_of(size)
    leaves, root = [leaf_hash(entry) for entry in entries], naive_root(entries)
    for old_size in range(size + 1):
        path = consistency_path(leaves, old_size)
        old_root = naive_root(entries[:old_size])
        assert extends((old_size, old_root), (size, root), path)
        assert not extends((old_size, bytes(32)), (size, root), path)
        assert not extends((old_size, old_root), (size, bytes(32)), path) or old_size == 0
        assert not extends((old_size, old_root), (size, root), [*path, root])


@given(st.integers(1, 400), st.data())
def test_audit_10_a_rewritten_entry_breaks_every_proof_over_it(size: int, data: st.DataObject) -> None:
    """Whatever entry is changed, the old root no longer leads to the new one."""
    entries = entries_of(size)
    old_size = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, old_size - 1))
    old_root = naive_root(entries[:old_size])
    forged = [*entries[:changed], b"forged", *entries[changed + 1 :]]
    leaves = [leaf_hash(entry) for entry in forged]
    assert not extends((old_size, old_root), (size, tree_root(leaves)), consistency_path(leaves, old_size))


def test_audit_10_what_never_was_has_no_path() -> None:
    """A leaf or a size beyond the tree is refused, and the empty tree has the root of nothing."""
    with pytest.raises(IndexError):
        inclusion_path([EMPTY_ROOT], 1)
    with pytest.raises(IndexError):
        consistency_path([EMPTY_ROOT], 2)
    assert Frontier().root() == EMPTY_ROOT == tree_root([])
