"""Notes as files: those kept in a folder, and copies that the operator brings back."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from application.ports.checkpoints import Note
from domain.errors import InvalidValueError
from infrastructure.files import durable_write, make_private_folder, os_errors

SUFFIX = ".checkpoint"
LARGEST_BYTES = 2**16


class FolderNoteKeeper:
    """`NoteKeeper` in a folder, a file a note, named by its number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, number: int, text: str) -> Note:
        """Write the note, durable on return; one that is there already stays."""
        path = self._folder / f"{number:012d}{SUFFIX}"
        with os_errors("keep the checkpoint"):
            make_private_folder(self._folder)
            durable_write(path, text.encode(), replace=False)
        return _kept(path)

    def notes(self) -> Sequence[Note]:
        """Return the notes in the folder."""
        return [_kept(path) for path in sorted(self._folder.glob(f"*{SUFFIX}"))]


def read_note(path: Path) -> Note:
    """Return the note in a file.

    Raises:
        EnvironmentFaultError: it cannot be read.
        InvalidValueError: it is too large for a note.
    """
    with os_errors("read the checkpoint"), path.open("rb") as file:
        content = file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        msg = f"{path} is too large for a checkpoint; give a file that `fileledger checkpoint` wrote."
        raise InvalidValueError(msg)
    return Note(str(path), content.decode(errors="replace"))


def _kept(path: Path) -> Note:
    number = int(path.stem) if path.stem.isdecimal() else None
    return replace(read_note(path), number=number)
