"""A PostgreSQL server that goes away in the middle of work, and comes back."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread

import pytest

from domain.errors import EnvironmentFaultError
from domain.events import FileUploaded
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from tests.integration.infrastructure.ledger.test_stores import upload
from tests.support.fault_table import record
from tests.support.postgresql import PostgreSQLServer
from tests.support.sweep import STRIDE
from tests.support.waiting import wait_until

CRASHES = 5 if STRIDE == 1 else 1


@pytest.fixture
def store(own_postgresql: PostgreSQLServer, tmp_path: Path) -> Iterator[PostgresLedgerStore]:
    """Return a ledger on a server that no other test needs."""
    store = PostgresLedgerStore(own_postgresql.url, KeyFolder(tmp_path / "keys"))
    yield store
    store.close()


def test_after_a_crash_of_the_server_work_goes_on_and_nothing_acknowledged_is_lost(
    own_postgresql: PostgreSQLServer, store: PostgresLedgerStore
) -> None:
    """Meanwhile each attempt ends in clear words; what was acknowledged is there, once, and follows on."""
    acknowledged: list[int] = []
    refusals, said = set[str](), set[str]()
    done = Event()

    def has_come_to(count: int) -> bool:
        return len(acknowledged) >= count

    def work() -> None:
        for number in range(10**6):
            if done.is_set():
                return
            try:
                upload(store, number, f"user{number % 3}")
            except EnvironmentFaultError as error:
                refusals.add(str(error))
            else:
                acknowledged.append(number)

    worker = Thread(target=work)
    worker.start()
    wait_until(partial(has_come_to, 20))
    for _ in range(CRASHES):
        refusals.clear()
        own_postgresql.kill()
        wait_until(lambda: len(refusals) > 0)
        own_postgresql.start()
        enough = len(acknowledged) + 20
        wait_until(partial(has_come_to, enough))
        said |= refusals
    done.set()
    worker.join()

    events = [recorded.event for recorded in store.events_after(0, limit=10**6)]
    files = [event.file_id for event in events if isinstance(event, FileUploaded)]
    assert {f"{number:012d}" for number in acknowledged} <= set(files)
    assert len(files) == len(set(files))
    assert not store.verify_chain().problems
    assert all("PostgreSQL server" in words for words in said), said
    record(
        "PostgreSQL killed (SIGKILL), started again",
        "append",
        times=CRASHES,
        acknowledged=len(acknowledged),
        says=min(said),
        recovers="by itself: the next attempt connects anew",
    )


def test_after_a_restart_other_processes_are_heard_again(
    own_postgresql: PostgreSQLServer, store: PostgresLedgerStore, tmp_path: Path
) -> None:
    """The listening connection is made anew: what another process writes wakes who waits."""
    seen = store.recorder.wait_for_events(-1, 0.01)
    own_postgresql.kill()
    own_postgresql.start()
    other = PostgresLedgerStore(own_postgresql.url, KeyFolder(tmp_path / "keys"))

    def is_heard() -> bool:
        upload(other, other.head())
        return store.recorder.wait_for_events(seen, 0.1) != seen

    wait_until(is_heard)
    other.close()


def test_a_ledger_is_not_called_damaged_when_its_server_is_away(
    own_postgresql: PostgreSQLServer, store: PostgresLedgerStore, tmp_path: Path
) -> None:
    """Who has nothing of it at hand is told that the server does not answer, and reads it when it is back."""
    upload(store, 1, "alice")
    other = PostgresLedgerStore(own_postgresql.url, KeyFolder(tmp_path / "keys"))
    own_postgresql.kill()
    with pytest.raises(EnvironmentFaultError, match="server"):
        other.load("alice")
    own_postgresql.start()
    assert other.load("alice") == store.load("alice")
    other.close()
