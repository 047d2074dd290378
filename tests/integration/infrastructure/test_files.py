"""Durable, private files."""

from errno import ENOSPC, EROFS
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.files import durable_write, os_errors


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


@pytest.mark.parametrize(("number", "words"), [(ENOSPC, "the disk is full"), (EROFS, "read-only")])
def test_errors_of_the_system_say_what_to_do(number: int, words: str) -> None:
    """What was tried, why it failed, and the remedy."""
    with (
        pytest.raises(EnvironmentFaultError, match=f"Cannot save the file.*{words}"),
        os_errors("save the file"),
    ):
        raise OSError(number, "x", "/data/y")
