"""The list of fonts that matplotlib makes for itself, made once instead of in every run."""

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from application.ports.progress import Progress
from application.ports.sandbox import GrantedFile, OutputStream
from domain.files import LedgerFile
from infrastructure.files import whole_file
from infrastructure.sandbox.bubblewrap import SHOWN_INSIDE

CODE = """
import os, shutil
os.environ["MPLCONFIGDIR"] = "/work/fonts"
os.mkdir("/work/fonts")
try:
    import matplotlib.font_manager
except ImportError:
    pass
"""


class FontKeeper:
    """A `RunHost` that keeps the list that the run makes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def files(self) -> Sequence[LedgerFile]:
        """None is listed."""
        return ()

    def open_file(self, reference: str) -> GrantedFile | None:
        """No file is granted."""
        del reference
        return None

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Put a font list into place in one step."""
        with whole_file(self._folder / Path(name).name, SHOWN_INSIDE) as file:
            shutil.copyfileobj(content, file)
        return None

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Nobody reads it."""

    def show_progress(self, progress: Progress) -> None:
        """Nobody waits."""

    def cancelled_by(self) -> str:
        """Nobody does."""
        return ""


def is_current(folder: Path, libraries: Path) -> bool:
    """Tell whether the list in `folder` is newer than the code environment."""
    with suppress(OSError):
        newest = max((p.stat().st_mtime for p in folder.iterdir() if not p.name.startswith(".")), default=0.0)
        return newest >= libraries.stat().st_mtime
    return False
