"""Words of bubblewrap's command line that every command line of ours has: what is shown inside, and where."""

from collections.abc import Sequence
from pathlib import Path

SYSTEM_FOLDERS = ("bin", "lib", "lib32", "lib64", "libx32")
_PROGRAM_FOLDERS = ("bin", "lib", "lib64")


def show(source: Path, shown: Path | None = None, *, how: str = "--ro-bind-try") -> list[str]:
    """Bind `source`, below folders that everybody may enter (bubblewrap's own are private)."""
    target = source if shown is None else shown
    folders = [word for parent in reversed(target.parents[:-1]) for word in ("--dir", str(parent))]
    return [*folders, how, str(source), str(target)]


def show_top_folders() -> list[str]:
    """Show the system's folders at the root: as links into /usr where they are links here."""
    words: list[str] = []
    for top in (Path("/", name) for name in SYSTEM_FOLDERS):
        words += ["--symlink", str(top.readlink()), str(top)] if top.is_symlink() else show(top)
    return words


def show_devices(names: Sequence[str]) -> list[str]:
    """Show devices of this machine."""
    return [word for name in names for word in show(Path("/dev", name), how="--dev-bind")]


def show_installation(prefix: Path, shown: Path) -> list[str]:
    """Show an interpreter's installation, unless it is the system's: its programs and libraries, no more."""
    if prefix == Path("/usr"):
        return []
    return [word for name in _PROGRAM_FOLDERS for word in show(prefix / name, shown / name)]
