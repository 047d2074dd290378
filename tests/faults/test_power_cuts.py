"""The power goes at steps of ways through the house: what was not synced is not there afterwards."""

import random
from functools import cached_property
from pathlib import Path

import pytest

from tests.faults.test_kills import CHEAP, WAYS, Way
from tests.faults.theatre import Acknowledged, Theatre, judge
from tests.support.fault_table import record
from tests.support.supervised.calls import Call
from tests.support.supervised.director import drop_scene, notes_of, read_notes
from tests.support.supervised.disk import Cut, Disk
from tests.support.sweep import STRIDE

LOCAL = tuple(way for way in WAYS if not way.with_network)  # where the disk is what counts


class Cuts:
    """Lets an act go on and keeps, at some of its steps, what a power cut would leave then."""

    def __init__(self, root: Path, every: int) -> None:
        self._root, self._every = root, every
        self._first = random.randrange(every)
        self.kept: list[tuple[Path, str]] = []

    @cached_property
    def _disk(self) -> Disk:
        """The disk as it is before the first step: what was done until then is long durable."""
        return Disk(self._root)

    def at_step(self, number: int, call: Call) -> bool:
        """Let the step be taken, perhaps cutting the power in another world before."""
        disk = self._disk
        if number % self._every == self._first:
            self._cut(f"step {number}, {call}")
        disk.note(call)
        return True

    def at_end(self) -> None:
        """Cut the power once all is told to be done."""
        self._cut("the end")
        self._disk.close()

    def _cut(self, where: str) -> None:
        for cut in Cut:
            target = self._root.with_name(f"{self._root.name}cut{len(self.kept)}")
            self._disk.write_after(cut, target)
            notes = notes_of(self._root).read_text()
            notes_of(target).write_text(notes)
            self.kept.append((target, f"{where}, {cut.value} reached the disk"))


def cut_power(theatre: Theatre, way: Way, every: int) -> tuple[int, int, dict[str, list[str]]]:
    """Cut the power at every so many steps; return how often, how many deeds were told, what is wrong."""
    root, views = theatre.copy(empty=way.empty), theatre.new_views()
    cuts = Cuts(root, every)
    played = theatre.watch(way.act, root, views, cuts.at_step)
    assert played.code == 0
    cuts.at_end()
    drop_scene(root)
    deeds, wrong = 0, dict[str, list[str]]()
    for left, where in cuts.kept:
        notes = read_notes(left)
        said = Acknowledged.of(() if way.empty else theatre.prepared[1], notes)
        deeds += said.deeds
        if found := judge(said, theatre.after(left, theatre.new_views(), way.look), left):
            wrong[f"{way.name}, {where.replace(str(root), '')}"] = found
        drop_scene(left)
    return len(cuts.kept), deeds, wrong


@pytest.mark.thorough
@pytest.mark.parametrize("way", LOCAL, ids=lambda way: str(way.act))
def test_after_a_power_cut_at_any_step_nothing_acknowledged_is_lost(theatre: Theatre, way: Way) -> None:
    """What the program told to be done is there, and the rest is finished or undone at the next start."""
    times, deeds, wrong = cut_power(theatre, way, STRIDE * 5)
    record("power cut", way.name, times=times, acknowledged=deeds, lost=len(wrong), recovers=way.recovers)
    assert not wrong


def test_after_a_power_cut_somewhere_nothing_acknowledged_is_lost(theatre: Theatre) -> None:
    """A few steps of one way: the whole sweep is in `make faults`."""
    _, deeds, wrong = cut_power(theatre, random.choice(CHEAP), 40)
    assert deeds
    assert not wrong
