import os
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.locks import lock_shared, locked, try_lock


def test_a_lock_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    """Whoever is second gets nothing, until the first lets go."""
    with locked(tmp_path / "lock"):
        assert try_lock(tmp_path / "lock") is None
    held = try_lock(tmp_path / "lock")
    assert held is not None
    assert try_lock(tmp_path / "lock") is None
    os.close(held)


def test_shared_locks_keep_out_only_who_wants_it_alone(tmp_path: Path) -> None:
    """The last of the sharers frees it."""
    sharers = [lock_shared(tmp_path / "lock") for _ in range(2)]
    for sharer in sharers:
        assert try_lock(tmp_path / "lock") is None
        os.close(sharer)
    alone = try_lock(tmp_path / "lock")
    assert alone is not None
    os.close(alone)


def test_lock_files_are_private(tmp_path: Path) -> None:
    """Nobody else can hold them."""
    os.close(lock_shared(tmp_path / "lock"))
    assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    """A disk that is full or gone is an error that whoever waits for the lock can pass on."""
    with pytest.raises(EnvironmentFaultError, match="Cannot take a lock"), locked(tmp_path / "gone" / "lock"):
        pass
