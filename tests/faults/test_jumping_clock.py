"""A clock that jumps by hours and days, forth and back, under a house that is at work."""

from pathlib import Path

from application.policy import UsagePolicy
from domain.retention import Limits
from tests.support.fault_table import record
from tests.support.house import House

HOUR_S, DAY_S = 3600.0, 86_400.0
JUMPS_S = (
    5 * HOUR_S,
    -5 * HOUR_S,
    -3 * DAY_S,
    HOUR_S,
    30 * DAY_S,
    -400 * DAY_S,
    370 * DAY_S + 1,
    -1.0,
    2 * DAY_S,
)


def test_files_go_when_the_clock_says_so_and_never_come_back(tmp_path: Path) -> None:
    """After each jump: what is due by the clock goes, all else stays and opens, and the ledger is sound."""
    house = House(tmp_path, UsagePolicy(limits=Limits(max_files=100)))
    due, gone = {}, set[str]()
    for number, jump_s in enumerate(JUMPS_S):
        file = house.upload(f"{number}.csv").file
        assert file.expires_at is not None
        due[file.file_id] = file.expires_at
        house.clock.turn(jump_s)
        expired = set(house.expire())
        assert expired == {file_id for file_id in due if due[file_id] <= house.clock.now()} - gone
        gone |= expired
        house.purge.catch_up()
        listed = {file.file_id for file in house.list_files("alice").files}
        assert listed == due.keys() - gone
        for file_id in listed:
            _, content = house.open_file("alice", file_id)
            content.close()
        house.journal.catch_up()
        assert house.verify().ok
    assert gone
    assert due.keys() - gone
    House(house.folder, house.policy, house.clock).recover()
    assert {file.file_id for file in house.list_files("alice").files} == due.keys() - gone
    record(
        "clock jumps by hours and days",
        "upload, list, expiry, purge",
        times=len(JUMPS_S),
        acknowledged=len(due),
        recovers="by itself",
    )
