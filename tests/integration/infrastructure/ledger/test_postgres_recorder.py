"""The recorder on PostgreSQL against the library's own test cases, and what is PostgreSQL's alone."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    ProcessRecorderTestCase,
    TrackingRecorderTestCase,
)
from psycopg.conninfo import conninfo_to_dict

from domain.errors import EnvironmentFaultError, InvalidValueError
from infrastructure.ledger.keys import KeyFolder
from infrastructure.ledger.postgres_recorder import PostgresLedgerRecorder
from infrastructure.ledger.postgres_store import PostgresLedgerStore


class InDatabase:
    """A database a test."""

    @pytest.fixture(autouse=True)
    def give_database(self, postgresql_url: str) -> None:
        """Take the test's database."""
        self.url = postgresql_url

    def setUp(self) -> None:
        """Remember what to close."""
        self.datastores: list[PostgresDatastore] = []

    def tearDown(self) -> None:
        """Close the connections."""
        for datastore in self.datastores:
            datastore.close()

    def create_recorder(self) -> PostgresLedgerRecorder:
        """Return a recorder in it."""
        parts: dict[str, Any] = conninfo_to_dict(self.url)
        names = ("dbname", "host", "port", "user", "password")
        self.datastores.append(
            PostgresDatastore(**{name: parts.get(name, "") for name in names}, pool_size=3, max_overflow=50)
        )
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


def test_an_owner_who_is_no_superuser_has_no_right_to_rewrite(postgresql_url: str, tmp_path: Any) -> None:
    """Triggers aside, the grants are gone too; appending goes on without them."""
    role = f"owner_{uuid4().hex}"
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN")
        admin.execute(f"GRANT ALL ON SCHEMA public TO {role}")
        url = postgresql_url.replace("user=postgres", f"user={role}")
        store = PostgresLedgerStore(url, KeyFolder(tmp_path))
        store.recorder.insert_events([StoredEvent(uuid4(), 1, "FileUploaded", b"{}")])
        rights = admin.execute(
            "SELECT privilege_type FROM information_schema.table_privileges "
            "WHERE grantee = %s AND table_name = 'stored_events' ORDER BY 1",
            (role,),
        ).fetchall()
        assert {name for (name,) in rights} == {"INSERT", "SELECT", "REFERENCES", "TRIGGER"}
        store.close()
        admin.execute(f"DROP OWNED BY {role} CASCADE")
        admin.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("postgresql://[nowhere", InvalidValueError, "malformed"),
        ("postgresql://h/name?application_name=x", InvalidValueError, "application_name"),
        ("postgresql://127.0.0.1:9/name", EnvironmentFaultError, "LEDGER_URL"),
    ],
)
def test_an_address_that_leads_nowhere_is_one_clear_error(
    tmp_path: Any, url: str, error: type[Exception], words: str
) -> None:
    """What is wrong with it, and what to do."""
    with pytest.raises(error, match=words):
        PostgresLedgerStore(url, KeyFolder(tmp_path))
