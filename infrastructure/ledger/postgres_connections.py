"""Connections to the PostgreSQL server of LEDGER_URL: as the address asks for, and through a restart."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from eventsourcing.persistence import InfrastructureFactory, OperationalError, PersistenceError
from eventsourcing.postgres import ConnectionPool, PostgresDatastore, PostgresFactory
from eventsourcing.utils import Environment, EnvType
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import PoolTimeout

from domain.errors import EnvironmentFaultError, InvalidValueError

CONNINFO = "LEDGER_CONNINFO"
MAX_CONNECTIONS = 4
WAIT_S = 5.0
_LOST_CONNECTIONS = {
    "application_name": "fileledger",
    "connect_timeout": "5",
    "tcp_user_timeout": "10000",  # ms: a machine that vanished says no goodbye
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
}
"""What libpq is told unless the address says otherwise; the rest is as it says (sslmode …)."""


class ServerGoneError(PersistenceError):
    """No connection could be had: nothing was asked of the server, and nothing changed."""


def conninfo_of(url: str) -> str:
    """Return what libpq is told for an address.

    Raises:
        InvalidValueError: libpq does not understand it.
    """
    with suppress(psycopg.ProgrammingError):  # which would show the address, and so the password
        given = conninfo_to_dict(url)
        if "@" not in str(given.get("host", "")):  # what is left of a password with one
            return make_conninfo("", **(_LOST_CONNECTIONS | given))
    msg = (
        "LEDGER_URL is malformed; allowed is postgresql://user:password@host:port/name, with options "
        "of libpq behind a `?` (sslmode=verify-full), and %40 for an @ in the password."
    )
    raise InvalidValueError(msg)


@contextmanager
def one_connection(conninfo: str) -> Iterator[Connection[DictRow]]:
    """Give a connection outside the pool, in autocommit.

    Raises:
        EnvironmentFaultError: no server answers there, or it lets nobody in; with its reason.
        PersistenceError: what the server says to what is asked of it.
    """
    try:
        connection = psycopg.connect(conninfo, autocommit=True, row_factory=dict_row)
    except psycopg.OperationalError as error:
        why = str(error).strip().splitlines()[0].rstrip(":.")
        msg = f"The PostgreSQL server of LEDGER_URL cannot be used: {why}. Check address and server."
        raise EnvironmentFaultError(msg) from error
    try:
        with connection:
            yield connection
    except psycopg.Error as error:
        raise PersistenceError(str(error)) from error


class LedgerDatastore(PostgresDatastore):
    """A pool whose connections are looked at before they are used: after a restart they are new ones."""

    def __init__(self, conninfo: str) -> None:
        super().__init__("", "", "", "", "")
        self.conninfo = conninfo
        self.pool = ConnectionPool(
            conninfo,
            connection_class=Connection[DictRow],
            kwargs={"row_factory": dict_row},
            min_size=1,
            max_size=MAX_CONNECTIONS,
            open=False,
            configure=self.after_connect_func(),
            check=ConnectionPool.check_connection,
            timeout=WAIT_S,
            # A new attempt for whoever asks, rather than one that waits ever longer on its own.
            reconnect_timeout=WAIT_S,
        )

    @contextmanager
    def get_connection(self) -> Iterator[Connection[DictRow]]:
        """Give a connection that works.

        Raises:
            ServerGoneError: none could be had in time; the library's retries let it pass at once.
        """
        try:
            with super().get_connection() as connection:
                yield connection
        except OperationalError as error:
            if isinstance(error.__cause__, PoolTimeout):
                raise ServerGoneError(str(error)) from error
            raise


class LedgerFactory(PostgresFactory):
    """The library's factory over such connections."""

    datastore: LedgerDatastore

    def __init__(self, env: Environment | EnvType | None) -> None:
        InfrastructureFactory.__init__(self, env)
        self.datastore = LedgerDatastore(str(self.env.get(CONNINFO)))
