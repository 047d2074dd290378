"""The service of a bucket fails at each request that a way through the house makes of it.

The short forms, an error and half a body each, are with the adapter's own tests.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.blobs import s3
from tests.support.fault_table import record
from tests.support.house import House, TurnedClock
from tests.support.s3 import KEYS, FaultyProxy, bucket, s3_address

__all__ = ["bucket", "s3_address"]
pytestmark = pytest.mark.thorough

CONTENT = b"a,b\n1,2\n" * 1000
ALWAYS = 10**6
HINT = re.compile(r"Cannot [^\n]+: s3://[^\n]+ says: [^\n]+\. Check BLOB_URL, AWS_\* and that service\.")


@dataclass
class Visit:
    """Somebody in a house, and what they were told: files that are kept, that may go, that are gone."""

    house: House
    kept: set[str] = field(default_factory=set)
    may_go: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)

    def upload(self, name: str, user_id: str = "alice") -> None:
        """Keep a file."""
        self.kept.add(self.house.upload(name, CONTENT, user_id, source=f"{name} of {user_id}").file.file_id)

    def upload_elsewhere(self) -> None:
        """Keep a file of somebody who has none."""
        self.upload("new.csv", "bob")

    def evict(self) -> None:
        """Keep one more than fits."""
        oldest = next(iter(self.house.list_files("alice").files)).file_id
        self.may_go.add(oldest)
        self.upload("one too many.csv")
        self.gone.add(oldest)
        self.house.purge.catch_up()

    def delete(self) -> None:
        """Delete a file, and its bytes."""
        file_id = next(iter(self.house.list_files("alice").files)).file_id
        self.may_go.add(file_id)
        self.house.delete_file("alice", file_id)
        self.gone.add(file_id)
        self.house.purge.catch_up()

    def read(self) -> None:
        """Read every file."""
        for file in self.house.list_files("alice").files:
            _, content = self.house.open_file("alice", file.file_id)
            with content:
                assert content.read() == CONTENT

    def check(self) -> None:
        """Look through all bytes."""
        assert self.house.verify().ok

    def start(self) -> None:
        """Finish what a dead process left: bytes of a removed file, bytes without an event."""
        file_id = next(iter(self.house.list_files("alice").files)).file_id
        self.house.delete_file("alice", file_id)
        self.may_go.add(file_id)
        with self.house.blobs.stage("alice") as staged:
            staged.write(CONTENT)
            staged.commit("000000000000.csv")
        self.house.recover()
        self.house.recover.sweep()
        self.gone.add(file_id)


@dataclass(frozen=True)
class ServiceFault:
    """How the service fails, from one request on."""

    name: str
    errors: int = 0
    halves: int = 0
    is_late: bool = False


FAULTS = (
    ServiceFault("S3 answers 500", errors=ALWAYS),
    ServiceFault("S3 answers 500 twice", errors=2),
    ServiceFault("S3 does it and answers 500", errors=ALWAYS, is_late=True),
    ServiceFault("S3 answers half a body", halves=ALWAYS),
    ServiceFault("S3 answers half a body once", halves=1),
)
WAYS = (Visit.upload_elsewhere, Visit.evict, Visit.delete, Visit.read, Visit.check, Visit.start)


@pytest.fixture
def service(s3_address: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """Stand before the service; the program is as patient as ever, and asks again sooner."""
    soon = timedelta(milliseconds=5)
    monkeypatch.setitem(s3.RETRY, "backoff", {"init_backoff": soon, "max_backoff": soon, "base": 2})
    with FaultyProxy(s3_address) as proxy:
        yield proxy


@pytest.fixture
def open_house(service: FaultyProxy, bucket: str, tmp_path: Path) -> Callable[[int], House]:
    """Return what opens the house of a number, its bytes in the bucket, hours after its last opening."""
    clock = TurnedClock(datetime.now(UTC))

    def opened(number: int) -> House:
        clock.turn(7200)  # what no event names may go after an hour
        house = House(tmp_path / str(number), clock=clock)
        url = f"s3://{bucket}/house{number}"
        store = s3.connect(url, {**KEYS, "endpoint": service.url})
        house.__dict__["blobs"] = s3.S3BlobStore(store, url, house.folder / "scratch", clock)
        return house

    return opened


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whichever_request_fails_nothing_acknowledged_is_lost(
    open_house: Callable[[int], House],
    service: FaultyProxy,
    way: Callable[[Visit], None],
    fault: ServiceFault,
) -> None:
    """Clear words, or none when another try helped; with the service back all is there, and no more."""
    times, deeds, said = 0, 0, ""
    for spared in count():
        house = open_house(spared)
        visit = Visit(house)
        for name in ("1.csv", "2.csv", "3.csv"):
            visit.upload(name)
        words, is_over = visited_while(fault, service, spared, partial(way, visit))
        said = said or words
        house.store.close()
        visit.house = open_house(spared)
        judge(visit)
        visit.house.store.close()
        if is_over:
            break
        times, deeds = times + 1, deeds + len(visit.kept) + len(visit.gone)
    way_name = {"upload_elsewhere": "upload", "evict": "upload that evicts", "check": "verify"}.get(
        way.__name__, way.__name__
    )
    if times:
        record(fault.name, way_name, times=times, acknowledged=deeds, says=said, recovers="by itself")


def visited_while(
    fault: ServiceFault, service: FaultyProxy, spared: int, act: Callable[[], None]
) -> tuple[str, bool]:
    """Act while the service fails after so many requests; return what was said, and whether none failed."""
    service.errors, service.halves = fault.errors, fault.halves
    service.spares, service.is_late = spared, fault.is_late
    words = ""
    try:
        act()
    except EnvironmentFaultError as error:
        words = str(error)
        assert HINT.fullmatch(words), words
    is_over = (service.errors, service.halves) == (fault.errors, fault.halves)
    assert not words or not is_over
    service.errors = service.halves = service.spares = 0
    return words, is_over


def judge(visit: Visit) -> None:
    """Start again, and compare what there is with what was told."""
    house = visit.house
    house.recover()
    house.recover.sweep()
    files = {file.file_id for user in ("alice", "bob") for file in house.list_files(user).files}
    assert visit.kept - visit.may_go <= files
    assert not visit.gone & files
    assert {name.removesuffix(".csv") for _, name in house.blobs.names()} == files
    assert house.verify().ok
    visit.read()
    assert not [path for path in (house.folder / "scratch").rglob("*") if path.is_file()]
