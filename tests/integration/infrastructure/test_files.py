"""Durable, private files."""

import fcntl
import os
import signal
from contextlib import suppress
from errno import ENOSPC, EROFS
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.files import discard_unfinished, durable_write, os_errors, whole_file


def test_a_durable_write_replaces_or_keeps(tmp_path: Path) -> None:
    """Without `replace` the first content stays; nothing temporary is left."""
    path = tmp_path / "key"
    assert durable_write(path, b"one")
    assert not durable_write(path, b"two", replace=False)
    assert path.read_bytes() == b"one"
    assert durable_write(path, b"three")
    assert path.read_bytes() == b"three"
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_a_killed_writer_left_is_discarded_and_a_living_ones_is_not(tmp_path: Path) -> None:
    """It may be a secret; who lives holds a lock on it."""
    left, living, hidden = (tmp_path / name for name in (".a.key.0123456789ab", ".b.key.0123456789ab", ".c"))
    for path in (left, living, hidden):
        path.write_bytes(b"secret")
    with living.open("rb") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        discard_unfinished(tmp_path)
    assert set(tmp_path.iterdir()) == {living, hidden}
    discard_unfinished(tmp_path / "none")


def test_a_whole_file_is_there_with_its_last_byte_and_a_killed_writer_leaves_nothing_that_stays(
    tmp_path: Path,
) -> None:
    """Until then the one before stands; what a killed process began is discarded."""
    path = tmp_path / "note"
    path.write_bytes(b"before")
    if (child := os.fork()) == 0:
        with whole_file(path) as file:
            file.write(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(list(tmp_path.iterdir())) == 2
    discard_unfinished(tmp_path)
    assert [left.read_bytes() for left in tmp_path.iterdir()] == [b"before"]
    with whole_file(path, 0o644) as file:
        file.write(b"after")
        assert path.read_bytes() == b"before"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o644)
    with suppress(ZeroDivisionError), whole_file(path):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("number", "words"), [(ENOSPC, "the disk is full"), (EROFS, "read-only")])
def test_errors_of_the_system_say_what_to_do(number: int, words: str) -> None:
    """What was tried, why it failed, and the remedy."""
    with (
        pytest.raises(EnvironmentFaultError, match=f"Cannot save the file.*{words}"),
        os_errors("save the file"),
    ):
        raise OSError(number, "x", "/data/y")
