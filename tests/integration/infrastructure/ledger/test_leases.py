"""What one process does alone, of several on one ledger, whichever the database."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest

from application.ports.lease import Lease
from domain.errors import EnvironmentFaultError
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from infrastructure.ledger.store import DatabaseLedgerStore, SQLiteLedgerStore
from tests.support.postgresql import PostgreSQLServer
from tests.support.waiting import wait_until

OpenStore = Callable[[], DatabaseLedgerStore]
HOLDER = """
import sys, time
from pathlib import Path
from infrastructure.ledger.factory import create_ledger
from infrastructure.ledger.keys import KeyFolder
url, folder = sys.argv[1] or None, Path(sys.argv[2])
lease = create_ledger(url, folder / "ledger" / "ledger.db", KeyFolder(folder / "keys")).lease("bot")
print(lease.take(), flush=True)
time.sleep(60)
"""


def test_one_has_it_until_it_is_left(open_store: OpenStore) -> None:
    """Who has it is told so again and again; the other gets it when the first leaves it."""
    first, second = open_store().lease("bot"), open_store().lease("bot")
    assert [first.take(), second.take(), first.take(), second.take()] == [True, False, True, False]
    first.release()
    wait_until(second.take)
    assert not first.take()
    for lease in (first, second):
        lease.release()


def test_leases_of_other_names_do_not_matter(open_store: OpenStore) -> None:
    """Each name is its own."""
    first, second = open_store().lease("bot"), open_store().lease("other")
    assert first.take()
    assert second.take()
    first.release()
    second.release()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_killed_holder_is_followed_at_once(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """The lease falls free by the kernel's doing, not by a time-out."""
    url = request.getfixturevalue("postgresql_url") if database == "postgresql" else ""
    keys = KeyFolder(tmp_path / "keys")
    store: DatabaseLedgerStore = (
        PostgresLedgerStore(url, keys) if url else SQLiteLedgerStore(tmp_path / "ledger" / "ledger.db", keys)
    )
    lease = store.lease("bot")
    command = [sys.executable, "-c", HOLDER, url, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not lease.take()
        holder.send_signal(signal.SIGKILL)
        killed = monotonic()
        wait_until(lease.take)
        assert monotonic() - killed < 5
    lease.release()
    store.close()


def test_turns_are_taken_one_after_the_other(open_store: OpenStore) -> None:
    """Nobody is in the block with somebody else."""
    inside, most = list[int](), list[int]()

    def work(store: DatabaseLedgerStore) -> None:
        for _ in range(20):
            with store.turn("purge"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [Thread(target=work, args=(open_store(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (max(most), len(most)) == (1, 60)


def answer(lease: Lease) -> str:
    """Return what who asks for a lease is told."""
    try:
        return "ours" if lease.take() else "another's"
    except EnvironmentFaultError as error:
        assert "cannot tell who is at work" in str(error)  # noqa: PT017 - it may come or not
        return "nobody can tell"


def test_a_lease_outlives_a_restart_of_the_server(own_postgresql: PostgreSQLServer, tmp_path: Path) -> None:
    """While the server is gone nobody knows; then whoever asks first has it, and only one."""
    store = PostgresLedgerStore(own_postgresql.url, KeyFolder(tmp_path))
    first, second = store.lease("bot"), store.lease("bot")
    assert first.take()
    own_postgresql.kill()
    wait_until(lambda: answer(first) == "nobody can tell")  # a busy machine takes its time to end them all
    own_postgresql.start()
    wait_until(lambda: answer(first) == "ours")
    assert answer(second) == "another's"
    first.release()
    second.release()
    store.close()
