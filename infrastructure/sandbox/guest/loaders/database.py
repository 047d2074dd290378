"""SQLite databases and SQL dumps, read without running anything of theirs."""

import sqlite3
from pathlib import Path

import pandas as pd

from loaders.decoding import decode
from loaders.errors import LoadFileError, refuse
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source
from loaders.tables import Tables, one_or_all

_REFUSED_ACTIONS = {sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH}


def load_sqlite(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the tables of a database, read-only; `table` or `query` choose one."""
    # SQLite follows links to their end, and the run does not see where a descriptor leads.
    with source.temporary_copy(".sqlite") as path:
        connection = sqlite3.connect(f"{Path(path).as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.set_authorizer(_authorize)
            connection.text_factory = decode
            return _tables(connection, options)
        finally:
            connection.close()


def load_sql(source: Source, options: Options) -> pd.DataFrame | Tables | str:
    """Return the tables that a dump makes in an empty database in memory, else its text."""
    text = source.text()
    connection = sqlite3.connect(":memory:")
    connection.set_authorizer(_authorize)
    try:
        connection.executescript(text)
    except sqlite3.Error as error:
        note(f"loaded as text, because SQLite does not understand this dump: {error}.")
        return text
    connection.set_authorizer(None)
    with connection:
        return _tables(connection, options) if options or _names(connection) else text


def _authorize(action: int, *_: str | None) -> int:
    return sqlite3.SQLITE_DENY if action in _REFUSED_ACTIONS else sqlite3.SQLITE_OK


def _names(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    return [name for (name,) in rows if not name.startswith("sqlite_")]


def _tables(connection: sqlite3.Connection, options: Options) -> pd.DataFrame | Tables:
    query, table = options.pop("query", None), options.pop("table", None)
    refuse(options)
    if query is not None:
        return pd.read_sql_query(query, connection)
    names = _names(connection)
    if table is None:
        return one_or_all({name: _read(connection, name) for name in names}, "table", "tables")
    if table not in names:
        msg = f"There is no table {table!r}; table is one of {', '.join(map(repr, names))}."
        raise LoadFileError(msg)
    return _read(connection, table)


def _read(connection: sqlite3.Connection, table: str) -> pd.DataFrame:
    quoted = '"' + table.replace('"', '""') + '"'
    df = pd.read_sql_query(f"SELECT * FROM {quoted}", connection)  # noqa: S608 - quoted just above
    for _, column, declared, *_ in connection.execute(f"PRAGMA table_info({quoted})").fetchall():
        if "DATE" in declared.upper() or "TIME" in declared.upper():
            df[column] = _dates_if_all(df[column])
    return df


def _dates_if_all(column: pd.Series) -> pd.Series:
    """Return the column as dates when every value of it is ISO 8601 text."""
    if not all(isinstance(value, str) for value in column.dropna()):
        return column
    try:
        return pd.to_datetime(column, format="ISO8601")
    except ValueError:
        return column
