"""Notes for the process that comes after."""

from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.notebook_folder import FolderNotebook


def test_notes_are_there_for_another_process_until_they_are_dropped(tmp_path: Path) -> None:
    """The last word counts, nobody else may read it, and dropping twice is fine."""
    book = FolderNotebook(tmp_path / "notes")
    assert book.all() == {}
    book.put("1", {"a": "old"})
    book.put("1", {"a": "é"})
    book.put("2", 3)
    book.drop("2")
    book.drop("2")

    assert FolderNotebook(tmp_path / "notes").all() == {"1": {"a": "é"}}
    [path] = (tmp_path / "notes").iterdir()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_a_torn_note_stops_nobody(tmp_path: Path) -> None:
    """After a power failure a note may be empty: it is thrown away."""
    book = FolderNotebook(tmp_path)
    book.put("1", 1)
    (tmp_path / "2.json").write_text("")

    assert book.all() == {"1": 1}
    assert not (tmp_path / "2.json").exists()


def test_a_disk_that_takes_no_note_is_told(tmp_path: Path) -> None:
    """A file in the place of the folder stands for it."""
    (tmp_path / "notes").write_text("")

    with pytest.raises(EnvironmentFaultError, match="keep a note"):
        FolderNotebook(tmp_path / "notes").put("1", 1)
