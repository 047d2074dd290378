"""Acts on copies of one prepared house, and the judgement of what is left after each."""

import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.supervised.calls import Call
from tests.support.supervised.director import Played, Stage, Watcher

ACTS = "tests.faults.acts"
LOOK = "look"
Notes = Sequence[Mapping[str, Any]]


@dataclass
class Theatre:
    """Plays acts; `new_views` gives the address of an empty database each time."""

    stage: Stage
    folder: Path
    new_views: Callable[[], str]
    _numbers: "count[int]" = field(default_factory=count)

    @cached_property
    def prepared(self) -> tuple[Path, Notes]:
        """The house as it is before each act, and what was acknowledged in it."""
        root = self.folder / "prepared"
        root.mkdir()
        played = self.play("prepare", root, self.new_views())
        assert played.code == 0
        return root, played.notes

    def copy(self, *, empty: bool = False) -> Path:
        """Return a new copy of the prepared house, or a folder with none."""
        root = self.folder / f"scene{next(self._numbers)}"
        if empty:
            (root / "out").mkdir(parents=True)
        else:
            shutil.copytree(self.prepared[0], root)
        return root

    def play(
        self, act: str, root: Path, views: str, watcher: Watcher | None = None, hours: float = 0
    ) -> Played:
        """Play an act, `hours` after the beginning."""
        environment = {"MONGODB_URI": views}
        return self.stage.play(f"{ACTS}:{act}", root, hours=hours, watcher=watcher, environment=environment)

    def kill(
        self, act: str, root: Path, views: str, step: int, *, with_network: bool = False, hours: float = 0
    ) -> Played:
        """Play an act and kill it before a step, counted from 1; to its end when it has fewer."""
        watcher = Watcher(root, lambda now, _: now < step, with_network)
        return self.play(act, root, views, watcher, hours)

    def watch(self, act: str, root: Path, views: str, at_step: Callable[[int, Call], bool]) -> Played:
        """Play an act to its end, and be told of each step before it is taken."""
        return self.play(act, root, views, Watcher(root, at_step))

    def after(self, root: Path, views: str, look: str = LOOK, hours: float = 0) -> Mapping[str, Any]:
        """Start the program again, and return how things are."""
        played = self.play(look, root, views, hours=hours)
        assert played.code == 0, f"the program did not start again in {root}"
        state: Mapping[str, Any] = played.notes[-1]["state"]
        return state


@dataclass(frozen=True)
class Acknowledged:
    """What people were told, taken together."""

    kept: Mapping[str, str]
    may_go: frozenset[str]
    gone: frozenset[str]
    held: frozenset[str]
    forgotten: frozenset[str]
    journal: int
    deeds: int
    notes: Notes

    @classmethod
    def of(cls, before: Notes, notes: Notes) -> "Acknowledged":
        """Return what was acknowledged before an act and in it."""
        everything = [*before, *notes]
        gone = frozenset(_all(everything, "gone"))
        return cls(
            kept={file: digest for note in everything for file, digest in note.get("kept", {}).items()},
            may_go=frozenset(_all(everything, "removing")) | gone,
            gone=gone,
            held=frozenset(note["held"] for note in notes if "held" in note),
            forgotten=frozenset(note["forgotten"] for note in notes if "forgotten" in note),
            journal=max((note["journal"] for note in notes if "journal" in note), default=0),
            deeds=sum("removing" not in note and "state" not in note for note in notes),
            notes=notes,
        )


def _all(notes: Notes, name: str) -> Iterable[str]:
    return (item for note in notes for item in note.get(name, ()))


def judge(said: Acknowledged, state: Mapping[str, Any], root: Path) -> list[str]:
    """Return what is not as it must be; of each file the bytes on disk are checked by `verify`."""
    files = state["files"]
    lost = {
        file: digest
        for file, digest in said.kept.items()
        if file not in said.may_go and files.get(file) != digest
    }
    disorder = {
        "acknowledged files lost": lost,
        "files that were told to be gone": said.gone & files.keys(),
        "holds lost": said.held - set(state["held"]),
        "users that were told to be forgotten": said.forgotten & set(state["users"]),
        "the journal lost events": state["journal"] < said.journal,
        "bytes on disk differ from the lists": set(state["on_disk"]) ^ set(state["names"]),
        "runs that never end": state["running"],
        "verify": state["problems"],
        "fsck": state["plan"],
        "views that differ from a rebuild": state["stale_views"],
        "temporary files left": state["temporary"],
        "things that were made": list(_broken(said, root)),
    }
    return [f"{what}: {found}" for what, found in disorder.items() if found]


def _broken(said: Acknowledged, root: Path) -> Iterable[str]:
    """Yield what stands under its name and is not whole, or was acknowledged and does not stand there."""
    archive, backup = root / "out" / "alice.zip", root / "out" / "backup"
    if archive.exists() and not _is_whole(archive):
        yield "a torn archive"
    if not archive.exists() and any("archive" in note for note in said.notes):
        yield "no archive"
    if not backup.exists() and any("backup" in note for note in said.notes):
        yield "no backup"
    for note in said.notes:
        if "note" in note and not (root / "data" / "checkpoints" / note["note"]).exists():
            yield "no checkpoint"


def _is_whole(archive: Path) -> bool:
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.testzip() is None
    except zipfile.BadZipFile:
        return False
