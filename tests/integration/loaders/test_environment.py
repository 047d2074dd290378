"""The code environment, with the libraries of all core loaders in it."""

from tests.integration.loaders.conftest import ROOT

_MOST_BYTES = 900_000_000


def test_the_code_environment_stays_small() -> None:
    """All that users' code can import, with its bytecode: a file counts once, whatever its names."""
    files = (path.lstat() for path in (ROOT / ".venv-sandbox").rglob("*"))
    sizes_bytes = {status.st_ino: status.st_size for status in files}
    assert sum(sizes_bytes.values()) <= _MOST_BYTES
