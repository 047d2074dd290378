"""The hour: who does what when, and when the bot is interrupted."""

import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.chat.acts import ACTS, Act, Acts, Step, Steps, Visitor
from benchmarks.chat.house import House
from benchmarks.chat.scene import Scene

CHANNELS = 12
TICK_S = 0.03


@dataclass(frozen=True)
class Plan:
    """How many people do how much in how long, and what befalls the bot when (as a share of the time).

    Each comes by `arrive_by`, a share of the time, with a file, and then does some of `acts`.
    """

    people: int = 200
    acts_each: int = 7
    lasts_s: float = 240.0
    drain_s: float = 90.0
    interruptions: tuple[tuple[float, signal.Signals], ...] = (
        (0.35, signal.SIGTERM),
        (0.55, signal.SIGKILL),
        (0.75, signal.SIGTERM),
    )
    seed: int = 1
    arrive_by: float = 0.3
    acts: Acts = field(default_factory=lambda: ACTS)
    visitor: type[Visitor] = Visitor


QUICK = Plan(people=12, acts_each=3, lasts_s=6.0, drain_s=40.0, interruptions=((0.5, signal.SIGTERM),))


@dataclass
class _Doing:
    act: Act
    steps: Steps
    waits_for: Step


@dataclass
class Hour:
    """What came of it. `unfinished` are the acts that nothing came of."""

    plan: Plan
    visitors: list[Visitor]
    acts: list[Act] = field(default_factory=list)
    unfinished: list[Act] = field(default_factory=list)
    took_s: float = 0.0


def pass_hour(house: House, plan: Plan) -> Hour:
    """Have everybody do what they do, and wait until all is answered, or nobody waits any more."""
    moments, scene = random.Random(plan.seed), Scene(house.discord)
    hour = Hour(plan, _visitors(house, plan, moments, scene))
    due = sorted(_due(hour, moments), key=lambda item: item[0])
    interruptions = list(plan.interruptions)
    doing: list[_Doing] = []
    began_s = time.monotonic()
    while True:
        now_s = time.monotonic() - began_s
        _interrupt(house, interruptions, now_s / plan.lasts_s)
        scene.look()
        doing = [each for each in doing if not _is_done(each)]
        while due and due[0][0] <= now_s:
            _, act, steps = due.pop(0)
            hour.acts.append(act)
            doing += _begun(act, steps)
        is_over = not (due or doing or interruptions) and house.is_up
        if is_over or now_s > plan.lasts_s + plan.drain_s:
            break
        time.sleep(TICK_S)
    hour.took_s = time.monotonic() - began_s
    hour.unfinished = [each.act for each in doing]
    responded_s = scene.responded_s()
    hour.acts = [act for act in hour.acts if act.tries]  # without a file some things cannot be done
    for act in hour.acts:
        if act.interaction_id in responded_s:
            act.reaction_s = responded_s[act.interaction_id] - act.began_s
    return hour


def _visitors(house: House, plan: Plan, moments: random.Random, scene: Scene) -> list[Visitor]:
    channels = [house.discord.add_channel(f"channel-{number}") for number in range(CHANNELS)]
    visitors = []
    for number in range(plan.people):
        channel = channels[number % CHANNELS]
        person = house.discord.person(f"user-{number}", channel=channel)
        place = person.direct() if number % 2 else channel
        visitors.append(plan.visitor(person, place, random.Random(moments.random()), scene, house))
    return visitors


def _due(hour: Hour, moments: random.Random) -> Iterator[tuple[float, Act, Steps]]:
    """Yield what is done when: everybody begins with a file, and goes on with what they like."""
    plan = hour.plan
    weights = [weight for _, weight in plan.acts.values()]
    for visitor in hour.visitors:
        first_s = moments.uniform(0, plan.arrive_by) * plan.lasts_s
        others = moments.choices(list(plan.acts), weights, k=plan.acts_each - 1)
        for number, what in enumerate(["upload", *others]):
            act = Act(what, visitor.person.user.id)
            at_s = first_s if number == 0 else moments.uniform(first_s + 1, plan.lasts_s)
            yield at_s, act, plan.acts[what][0](visitor, act)


def _begun(act: Act, steps: Steps) -> list[_Doing]:
    try:
        return [_Doing(act, steps, next(steps))]
    except StopIteration:
        act.ended_s = time.monotonic()
        return []


def _is_done(doing: _Doing) -> bool:
    """Take every step that can be taken; tell whether it was the last."""
    while doing.waits_for():
        try:
            doing.waits_for = next(doing.steps)
        except StopIteration:
            doing.act.ended_s = time.monotonic()
            return True
    return False


def _interrupt(house: House, interruptions: list[tuple[float, signal.Signals]], share: float) -> None:
    """Interrupt the bot when it is time, and start it again when it is gone."""
    house.note_up()
    if interruptions and share >= interruptions[0][0] and house.is_up:
        house.interrupt(interruptions.pop(0)[1])
    house.start_if_gone()
