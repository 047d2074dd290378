"""The list of fonts: made by the first sandbox of a test process, and lent to all that come later.

Every new data folder would begin with looking for fonts, for a second and more.
"""

from pathlib import Path

from infrastructure.sandbox.bubblewrap import FONTS

_made: dict[str, bytes] = {}


def lend_fonts(state_folder: Path) -> None:
    """Give a new sandbox the list that its first run would make, if there is one."""
    folder = state_folder / FONTS.name
    if not _made or folder.exists():
        return
    folder.mkdir(parents=True)
    for name, content in _made.items():
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o644)


def keep_fonts(state_folder: Path) -> None:
    """Remember the list that a sandbox has made."""
    if not _made:
        _made.update({path.name: path.read_bytes() for path in (state_folder / FONTS.name).glob("fontlist*")})
