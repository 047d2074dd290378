"""Which tables a file holds, as code that loaded it said: a claim, cut to size, never an instruction.

Nothing on the host opens a file to find out. A run that loads one tells the host
what it saw; the run is hostile, and so are the names of columns.
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

MAX_TABLES = 10
MAX_COLUMNS = 100
"""Columns that are remembered of one table."""

MAX_NAME_CHARACTERS, MAX_DTYPE_CHARACTERS = 80, 40
MAX_ROWS = 2**53


def _one_visible_line(text: str) -> str:
    """Return `text` without controls and direction marks (pydantic refuses lone surrogates)."""
    return "".join(c if unicodedata.category(c)[0] != "C" else "_" for c in text)


_Name = Annotated[str, Field(max_length=MAX_NAME_CHARACTERS), AfterValidator(_one_visible_line)]
_Dtype = Annotated[str, Field(max_length=MAX_DTYPE_CHARACTERS), AfterValidator(_one_visible_line)]


class Column(BaseModel):
    """A column of a table; `dtype` is what pandas calls the type of its values."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name
    dtype: _Dtype


class Table(BaseModel):
    """A table in a file: `name` is empty where the file is the table, `more_columns` are left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: _Name = ""
    rows: int = Field(ge=0, le=MAX_ROWS, strict=True)
    columns: tuple[Column, ...] = Field(max_length=MAX_COLUMNS)
    more_columns: int = Field(default=0, ge=0, le=MAX_ROWS, strict=True)


Tables = tuple[Table, ...]
_TABLES: TypeAdapter[Tables] = TypeAdapter(Annotated[Tables, Field(max_length=MAX_TABLES)])


class FileTables(BaseModel):
    """The tables of one file."""

    model_config = ConfigDict(frozen=True)

    file_id: str
    tables: Tables


def tables_from(claim: object) -> Tables:
    """Return the tables that a claim (of JSON's types) describes; none when it is no such thing."""
    try:
        return _TABLES.validate_python(claim)
    except ValidationError:
        return ()
