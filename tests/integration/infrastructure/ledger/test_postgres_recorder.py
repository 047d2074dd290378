"""The recorder on PostgreSQL against the library's own test cases, and what is PostgreSQL's alone."""

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from psycopg.conninfo import conninfo_to_dict

from domain.errors import EnvironmentFaultError, InvalidValueError
from domain.ledger import UserLedger
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_connections import LedgerDatastore, conninfo_of
from infrastructure.ledger.postgres_recorder import PostgresLedgerRecorder
from infrastructure.ledger.postgres_store import PostgresLedgerStore
from tests.integration.infrastructure.ledger.test_stores import upload
from tests.support.postgresql import PostgreSQLServer, with_user

DEPLOY = Path(__file__).parents[4] / "deploy" / "postgresql"


class InDatabase:
    """A database a test."""

    @pytest.fixture(autouse=True)
    def give_database(self, postgresql_url: str) -> None:
        """Take the test's database."""
        self.url = postgresql_url

    def setUp(self) -> None:
        """Remember what to close."""
        self.datastores: list[LedgerDatastore] = []

    def tearDown(self) -> None:
        """Close the connections."""
        for datastore in self.datastores:
            datastore.close()

    def create_recorder(self) -> PostgresLedgerRecorder:
        """Return a recorder in it."""
        self.datastores.append(LedgerDatastore(conninfo_of(self.url)))
        self.datastores[-1].pool.timeout = 60  # ten writers of 100 events each: a busy machine takes its time
        recorder = PostgresLedgerRecorder(self.datastores[-1])
        recorder.create_table()
        return recorder


class AsApplicationRecorder(InDatabase, ApplicationRecorderTestCase[PostgresLedgerRecorder]):
    """The library's tests of application recorders."""


class AsTrackingRecorder(InDatabase, TrackingRecorderTestCase):
    """The library's tests of tracking recorders."""


class AsProcessRecorder(InDatabase, ProcessRecorderTestCase):
    """The library's tests of process recorders."""


del AggregateRecorderTestCase, ApplicationRecorderTestCase, ProcessRecorderTestCase, TrackingRecorderTestCase


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET state = ''",
        "DELETE FROM stored_events",
        "TRUNCATE stored_events",
        "UPDATE event_digests SET digest = ''",
        "DELETE FROM event_digests",
        "TRUNCATE event_digests",
    ],
)
def test_the_database_refuses_to_rewrite(postgresql_url: str, tmp_path: Any, statement: str) -> None:
    """An UPDATE, DELETE or TRUNCATE fails in any connection, even the superuser's."""
    store = PostgresLedgerStore(postgresql_url, KeyFolder(tmp_path))
    store.recorder.insert_events([StoredEvent(uuid4(), 1, "FileUploaded", b"{}")])
    with (
        psycopg.connect(postgresql_url) as other,
        pytest.raises(psycopg.errors.RestrictViolation, match="append-only"),
    ):
        other.execute(statement)
    store.close()


@pytest.fixture
def role(postgresql_url: str) -> Iterator[str]:
    """Return an ordinary role that may log in."""
    name = f"role_{uuid4().hex}"
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {name} LOGIN")
        yield name
        admin.execute(f"DROP OWNED BY {name} CASCADE")
        admin.execute(f"DROP ROLE {name}")


def test_an_owner_who_is_no_superuser_has_no_right_to_rewrite(
    postgresql_url: str, role: str, tmp_path: Any
) -> None:
    """Triggers aside, the grants are gone too; appending goes on without them."""
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        store = PostgresLedgerStore(with_user(postgresql_url, role), KeyFolder(tmp_path))
        store.recorder.insert_events([StoredEvent(uuid4(), 1, "FileUploaded", b"{}")])
        rights = admin.execute(
            "SELECT privilege_type FROM information_schema.table_privileges "
            "WHERE grantee = %s AND table_name = 'stored_events' ORDER BY 1",
            (role,),
        ).fetchall()
        assert {name for (name,) in rights} == {"INSERT", "SELECT", "REFERENCES", "TRIGGER"}
        assert store.place.endswith(f"as role {role}")
        store.close()


def test_a_role_with_the_grants_that_are_shipped_can_do_all_that_is_needed(
    postgresql_url: str, role: str, tmp_path: Any
) -> None:
    """On tables that another role made it reads, appends, takes snapshots, and follows policies."""
    PostgresLedgerStore(postgresql_url, KeyFolder(tmp_path)).close()
    url = with_user(postgresql_url, role)
    stranger = PostgresLedgerStore(url, KeyFolder(tmp_path))
    with pytest.raises(EnvironmentFaultError, match="lacks a right"):
        stranger.head()
    stranger.close()
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute((DEPLOY / "grants.sql").read_text().replace("TO fileledger", f"TO {role}"))
    store = PostgresLedgerStore(url, KeyFolder(tmp_path))
    position = [upload(store, number) for number in range(1, 110)][-1]  # beyond a snapshot
    store.advance_policy("purge", 5)
    alice = UserLedger.create_id("alice")
    store.recorder.discard_snapshots(alice.hex, 10**6)
    assert (store.head(), store.policy_position("purge")) == (position, 5)
    assert not store.verify_chain().problems
    store.close()
    with psycopg.connect(url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("ALTER TABLE stored_events DISABLE TRIGGER ALL")


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("postgresql://[nowhere", InvalidValueError, "malformed"),
        ("postgresql://u:se%zzcret@h/name", InvalidValueError, "malformed"),
        ("postgresql://u:word@secret@h/name", InvalidValueError, "%40"),
        ("postgresql://u:secret@127.0.0.1:9/name", EnvironmentFaultError, "LEDGER_URL"),
        ("postgresql://u:secret@h:x/name", EnvironmentFaultError, "port"),
        ("postgresql://u:secret@127.0.0.1:9/name?sslmode=bogus", EnvironmentFaultError, "sslmode"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_clear_error(
    tmp_path: Any, url: str, error: type[Exception], words: str
) -> None:
    """What is wrong with it, and what to do; never the password. Options of libpq pass through to it."""
    with pytest.raises(error, match=words) as raised:
        PostgresLedgerStore(url, KeyFolder(tmp_path))
    assert "secret" not in f"{raised.value}{raised.value.__cause__}"


def test_the_script_that_is_shipped_makes_role_and_database(
    postgresql_server: PostgreSQLServer, tmp_path: Any
) -> None:
    """The role is an ordinary one with a password; its database takes the ledger."""
    where = conninfo_to_dict(postgresql_server.url)["host"]
    environment = {
        "PATH": f"{postgresql_server.programs}:{os.environ['PATH']}",
        "PGHOST": str(where),
        "LEDGER_PASSWORD": 'it\'s "odd"',
    }
    subprocess.run([DEPLOY / "create.sh"], env=environment, check=True, capture_output=True)
    store = PostgresLedgerStore(f"postgresql://fileledger@/fileledger?host={where}", KeyFolder(tmp_path))
    assert store.head() == 0
    assert store.place.endswith("as role fileledger")
    store.close()
    with psycopg.connect(postgresql_server.url) as admin:
        made = "SELECT NOT rolsuper AND rolpassword LIKE 'SCRAM%' FROM pg_authid WHERE rolname = 'fileledger'"
        assert admin.execute(made).fetchone() == (True,)


def test_two_that_start_at_once_on_an_empty_database_make_one_ledger(
    postgresql_url: str, tmp_path: Any
) -> None:
    """The second waits until the tables of the first stand."""
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: PostgresLedgerStore(postgresql_url, KeyFolder(tmp_path)), range(4)))
    assert [store.head() for store in stores] == [0, 0, 0, 0]
    for store in stores:
        store.close()
