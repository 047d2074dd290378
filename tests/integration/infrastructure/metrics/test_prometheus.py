"""What is watched, over a real ledger, read by a real client of the format."""

import urllib.request
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from application.purge import POLICY
from application.watch import Readings, Watch
from domain.errors import EnvironmentFaultError
from infrastructure.metrics.prometheus import exposition, serve
from tests.support.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """Return a house in which alice uploaded four files, a second apart."""
    house = House(tmp_path)
    for number in range(4):
        house.upload(f"{number}.csv")
        house.clock.turn(1)
    return house


def watch(house: House, views: Callable[[], Mapping[str, int]] | None = None) -> Watch:
    """Return the readings of a house."""
    policies = {"policies": lambda: {POLICY: house.store.policy_position(POLICY)}}
    return Watch(
        house.store,
        house.clock,
        {"views": views or house.views.positions, **policies},
        lambda: 2,
        lambda: 10**9,
        lambda: 3,
    )


def values(text: str) -> dict[tuple[str, str], float]:
    """Return the samples of an exposition, by name and follower."""
    return {
        (sample.name.removeprefix("fileledger_"), sample.labels.get("follower", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def read(house: House) -> dict[tuple[str, str], float]:
    """Return what a house exposes now."""
    return values(exposition(watch(house)).decode())


def test_audit_29_append_rate_lags_age_queue_and_disk_are_told(house: House) -> None:
    """The counter of events, the lag of each view and policy, the oldest unverified event, runs, room."""
    assert read(house) == {
        ("events_total", ""): 6,
        ("lag_events", "naive"): 0,
        ("lag_events", "purge"): 6,
        ("stopped_users", ""): 3,
        ("unverified_events", ""): 6,
        ("oldest_unverified_event_age_seconds", ""): 4,
        ("runs", ""): 2,
        ("disk_free_bytes", ""): 1e9,
    }
    house.purge.catch_up()
    assert read(house)["lag_events", "purge"] == 1  # its own event
    house.upload("more.csv")
    assert read(house)["events_total", ""] > 6


def test_audit_29_a_whole_check_without_a_finding_makes_events_verified(house: House) -> None:
    """A check of one user, or one that finds something, does not; events after it count anew."""
    house.journal.catch_up()
    house.verify("alice")
    assert read(house)["unverified_events", ""] == 6
    assert house.verify().ok
    verified = read(house)
    assert verified["unverified_events", ""] == 0
    assert ("oldest_unverified_event_age_seconds", "") not in verified
    house.clock.turn(3)
    receipt = house.upload("more.csv")
    (house.folder / "user_files" / "alice" / f"{receipt.file.file_id}.csv").unlink()
    house.journal.catch_up()
    assert not house.verify().ok
    house.clock.turn(7)
    later = read(house)
    assert later["unverified_events", ""] > 0
    assert later["oldest_unverified_event_age_seconds", ""] == 7


def test_audit_29_a_follower_that_does_not_answer_is_named_and_hides_nothing_else(house: House) -> None:
    """While MongoDB is gone, policies are watched as ever."""

    def gone() -> Mapping[str, int]:
        msg = "MongoDB is gone."
        raise EnvironmentFaultError(msg)

    told = values(exposition(watch(house, gone)).decode())
    assert (told["silent", "views"], told["lag_events", "purge"]) == (1, 6)


def test_audit_29_metrics_are_served_on_the_loopback_interface_and_name_nobody(house: House) -> None:
    """Each request takes new readings; no user, file or id stands in them; a taken port is a clear error."""
    port, stop = serve(watch(house), 0)
    try:
        address = f"http://127.0.0.1:{port}/metrics"
        before = urllib.request.urlopen(address, timeout=10).read().decode()
        house.upload("later.csv")
        after = urllib.request.urlopen(address, timeout=10).read().decode()
        with pytest.raises(EnvironmentFaultError, match="METRICS_PORT"):
            serve(watch(house), port)
    finally:
        stop()
    assert values(after)["events_total", ""] > values(before)["events_total", ""] == 6
    assert not any(word in after for word in ("alice", "csv", *house.listed()))


@pytest.mark.parametrize("is_standing_by", [True, False])
def test_a_bot_that_stands_by_says_so(house: House, *, is_standing_by: bool) -> None:
    """Whoever watches can tell a bot that would take over from one at work; a command says neither."""
    standing = Watch(house.store, house.clock, {}, lambda: 0, lambda: 1, lambda: 0, lambda: is_standing_by)
    assert values(exposition(standing).decode())["standing_by", ""] == is_standing_by
    assert ("standing_by", "") not in read(house)


def test_audit_29_readings_are_cheap(house: House) -> None:
    """They read one event of the ledger, however many are unverified."""
    readings: Readings = watch(house)()
    assert readings.oldest_unverified_at == house.clock.now() - timedelta(seconds=4)
    asked: list[int] = []
    select = house.store.recorder.select_after

    def counting(position: int, limit: int, up_to: int | None) -> Sequence[Sequence[Any]]:
        asked.append(limit)
        return select(position, limit, up_to)

    house.store.recorder.select_after = counting  # type: ignore[method-assign]
    watch(house)()
    assert asked == [1]
