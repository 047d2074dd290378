"""SIGKILL before every step that a way through the house takes on the disk (and, some, on the network)."""

import os
import random
from dataclasses import dataclass, field

import pytest

from tests.faults.theatre import LOOK, Acknowledged, Theatre, judge
from tests.support.fault_table import record
from tests.support.supervised.director import drop_scene, notes_of
from tests.support.sweep import steps


@dataclass(frozen=True)
class Way:
    """A way through the house; `empty`: in a house with nobody in it; `look`: what is done afterwards."""

    act: str
    name: str
    empty: bool = False
    with_network: bool = False
    look: str = LOOK
    recovers: str = "by itself, at the next start"


WAYS = (
    Way("first_upload", "first upload", empty=True),
    Way("upload", "upload"),
    Way("evict", "upload that evicts"),
    Way("delete", "deletion"),
    Way("expire", "expiry"),
    Way("forget", "forget"),
    Way("export", "export"),
    Way("import_archive", "import", look="look_after_import", recovers="`fileledger import` again"),
    Way("hold", "hold, release"),
    Way("follow", "journal follower"),
    Way("checkpoint", "checkpoint"),
    Way("renew_journal", "journal --renew"),
    Way("rebuild", "rebuild of the views", with_network=True),
    Way("repair", "fsck --repair", look="look_after_repair", recovers="`fileledger fsck --repair` again"),
    Way("back_up", "backup"),
    Way("restore", "restore", look="look_after_restore", recovers="`fileledger restore` again"),
    Way("start", "start with much to finish"),
    Way("serve", "bot, console: start to end"),
    Way("run", "run with outputs"),
)
CHEAP = tuple(
    way for way in WAYS if way.act in {"upload", "evict", "delete", "hold", "forget", "checkpoint", "follow"}
)
DAILY = ("upload", "evict", "follow", "checkpoint", "renew_journal", "export", "serve")
RANDOM_KILLS = int(os.environ.get("FILELEDGER_KILLS", "10"))


@dataclass
class Tally:
    """What came of the kills on one way."""

    kills: int = 0
    deeds: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def kill(self, theatre: Theatre, way: Way, step: int) -> bool:
        """Kill before one step, start again and judge; tell whether there was such a step."""
        root, views = theatre.copy(empty=way.empty), theatre.new_views()
        played = theatre.kill(way.act, root, views, step, with_network=way.with_network)
        assert played.was_killed or played.code == 0, f"{way.name} failed by itself"
        said = Acknowledged.of(() if way.empty else theatre.prepared[1], played.notes)
        self.kills, self.deeds = self.kills + played.was_killed, self.deeds + said.deeds
        if found := judge(said, theatre.after(root, views, way.look), root):
            self.wrong[f"{way.name}, step {step}, {played.last}"] = found
        drop_scene(root)
        return played.was_killed

    def record(self, way: Way) -> None:
        """Add a row to the table of faults."""
        record(
            "SIGKILL",
            way.name,
            times=self.kills,
            acknowledged=self.deeds,
            lost=len(self.wrong),
            recovers=way.recovers,
        )


@pytest.mark.thorough
@pytest.mark.parametrize("way", WAYS, ids=lambda way: str(way.act))
def test_killed_before_any_step_nothing_acknowledged_is_lost(theatre: Theatre, way: Way) -> None:
    """The next start finishes or undoes what was begun, and ledger, disk and views agree."""
    tally = Tally()
    for step in steps():
        if not tally.kill(theatre, way, step):
            break
    tally.record(way)
    assert not tally.wrong
    assert tally.kills > 3


def test_killed_somewhere_nothing_acknowledged_is_lost(theatre: Theatre) -> None:
    """One random step of some ways: the whole sweep is in `make faults`."""
    tally = Tally()
    for way in random.sample(CHEAP, 4):
        tally.kill(theatre, way, random.randint(1, 40))
    assert not tally.wrong
    assert tally.kills


@pytest.mark.thorough
def test_killed_at_random_again_and_again_one_house_stays_in_order(theatre: Theatre) -> None:
    """Kill upon kill, on whatever way, with nothing but starts between: what was acknowledged adds up."""
    root, views = theatre.copy(), theatre.new_views()
    told, kills = theatre.prepared[1], 0
    for number in range(RANDOM_KILLS):
        hours = number / 3600
        act, step = random.choice(DAILY), random.randint(1, 70)
        played = theatre.kill(act, root, views, step, hours=hours)
        kills += played.was_killed
        notes_of(root).write_text("")
        said = Acknowledged.of(told, played.notes)
        wrong = judge(said, theatre.after(root, views, hours=hours), root)
        assert not wrong, (number, act, step, played.last)
        notes_of(root).write_text("")
        told = [*told, *played.notes]
    deeds = Acknowledged.of((), told).deeds
    record(
        "SIGKILL", "all ways in turn, at random", times=kills, acknowledged=deeds, recovers=WAYS[0].recovers
    )
