"""Tables and structured data by libraries that come as packages."""

from typing import Any

import pandas as pd

from loaders.errors import LoadFileError, refuse
from loaders.registry import Options
from loaders.source import Source
from loaders.structured import table_if_flat
from loaders.tables import Tables, chosen


def load_numbers(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only table of Apple's Numbers, or a mapping of several."""
    import numbers_parser  # noqa: PLC0415 - it comes as a package

    from loaders.sheets import to_frame  # noqa: PLC0415 - dear to import

    with source.temporary_copy(".numbers") as path:
        found = {
            f"{sheet.name}, {table.name}": to_frame(
                [[_blank(cell) for cell in row] for row in table.rows(values_only=True)]
            )
            for sheet in numbers_parser.Document(path).sheets
            for table in sheet.tables
        }
    return chosen(found, options, "table", "tables")


def load_hjson(source: Source, options: Options) -> Any:
    """Return what Hjson spells."""
    import hjson  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return table_if_flat(hjson.loads(source.text(), object_pairs_hook=dict))


def load_bson(source: Source, options: Options) -> Any:
    """Return the documents of a MongoDB dump."""
    import bson  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return table_if_flat(list(bson.decode_file_iter(stream)))


def load_ion(source: Source, options: Options) -> Any:
    """Return the values of Amazon Ion, text or binary."""
    from amazon.ion import simpleion  # noqa: PLC0415 - it comes as a package

    refuse(options)
    values = simpleion.loads(source.read(), single_value=False)
    return values[0] if len(values) == 1 else values


def load_hocon(source: Source, options: Options) -> Any:
    """Return what HOCON spells; an include is not followed."""
    import pyhocon  # noqa: PLC0415 - it comes as a package

    refuse(options)
    text = source.text()
    if any(line.lstrip().startswith("include") for line in text.splitlines()):
        msg = f"{source.filename!r} includes other files, which is refused. as_='text' gives it as it is."
        raise LoadFileError(msg)
    return pyhocon.ConfigFactory.parse_string(text).as_plain_ordered_dict()


def load_hcl(source: Source, options: Options) -> Any:
    """Return the blocks of HashiCorp's language."""
    import hcl2  # noqa: PLC0415 - it comes as a package

    refuse(options)
    return hcl2.loads(source.text())


def load_duckdb(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the tables of a database, read-only, without its views of files; `table` or `query` choose."""
    import duckdb  # noqa: PLC0415 - it comes as a package

    query = options.pop("query", None)
    locked = {"enable_external_access": "false", "autoload_known_extensions": "false"}
    with (
        source.temporary_copy(".duckdb") as path,
        duckdb.connect(path, read_only=True, config=locked) as database,
    ):
        if query is not None:
            refuse(options)
            return database.execute(query).df()
        names = database.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' ORDER BY 1"
        ).fetchall()
        found = {name: database.table(_quoted(name)).df() for (name,) in names}
    return chosen(found, options, "table", "tables")


def load_avro(source: Source, options: Options) -> pd.DataFrame:
    """Return the records."""
    import fastavro  # noqa: PLC0415 - it comes as a package

    refuse(options)
    with source.open() as stream:
        return pd.DataFrame(list(fastavro.reader(stream)))


def load_rdata(source: Source, options: Options) -> pd.DataFrame | Tables:
    """Return the only data frame, or a mapping of several by their names."""
    import pyreadr  # noqa: PLC0415 - it comes as a package

    with source.temporary_copy() as path:
        found = {str(name or "data"): df for name, df in pyreadr.read_r(path).items()}
    return chosen(found, options, "table", "tables")


def _blank(cell: object) -> object:
    return "" if cell is None else cell


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
