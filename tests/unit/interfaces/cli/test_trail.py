"""Audit trails as files: what they hold, what a cut does to them, what a spreadsheet makes of them."""

import csv
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from application.audit import HistoryFilter, ReadHistory
from domain.ledger import UserLedger
from domain.metadata import Metadata
from domain.retention import Limits
from interfaces.cli.trail import FORMULA_STARTS, Csv, Form, JsonLines, write_trail
from tests.support.memory_ledger import MemoryLedgerStore
from tests.support.program import PROJECT
from tests.unit.domain.test_ledger import new_file

AT = datetime(2026, 1, 1, tzinfo=UTC)
FORMS: list[Form] = [JsonLines(), Csv()]


def store_of(names: list[str], actor: str = "user:alice") -> MemoryLedgerStore:
    """Return a ledger in which alice uploads files of these names."""
    store, metadata = MemoryLedgerStore(), Metadata(timestamp=AT, actor=actor, cause="a\r\nb")
    ledger = UserLedger.open("alice", metadata)
    for number, name in enumerate(names):
        new = new_file(number).model_copy(update={"filename": name})
        ledger.upload(new, source=f"s{number}", expires_at=None, limits=Limits(), metadata=metadata)
    store.append(ledger)
    return store


def trail(store: MemoryLedgerStore, form: Form, limit: int | None = None, after: int = 0) -> bytes:
    """Return a trail of alice."""
    written: list[bytes] = []
    events = ReadHistory(store).each("alice", HistoryFilter(after=after))
    write_trail("alice", events, limit, form, written.append)
    return b"".join(written)


def rows(content: bytes) -> list[dict[str, Any]]:
    """Return what a trail says, in one shape for both forms."""
    if content.startswith(b"{"):
        return [json.loads(line) for line in content.splitlines()]
    table = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return [{**row, "data": json.loads(row["data"])} for row in table]


def verdicts(paths: list[Path]) -> Iterator[bool]:
    """Yield what the offline verifier says of each trail: whether it is whole."""
    command = [sys.executable, str(PROJECT / "tools" / "verify_offline.py")]
    said = subprocess.run(
        [*command, *(part for path in paths for part in ("--trail", str(path)))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    ).stdout
    return (f"{path}: " not in said for path in paths)


@pytest.mark.parametrize("form", FORMS)
def test_audit_07_the_trailer_counts_and_hashes_all_before_it(form: Form) -> None:
    """First and last sequence, number of events, and the SHA-256 of every byte before its line."""
    content = trail(store_of(["a.csv", "b.csv"]), form)
    said = rows(content)
    assert [row["type"] for row in said] == ["LedgerOpened", "FileUploaded", "FileUploaded", "Trailer"]
    body = b"".join(content.splitlines(keepends=True)[:-1])
    assert said[-1]["data"] == {
        "user_id": "alice",
        "events": 3,
        "first": 1,
        "last": 3,
        "next": None,
        "sha256": hashlib.sha256(body).hexdigest(),
    }


@pytest.mark.parametrize("form", FORMS)
def test_audit_07_a_trail_cut_or_changed_at_any_line_is_found(form: Form, tmp_path: Path) -> None:
    """Lines off the end, a line out of the midst, lines swapped, a byte changed; the whole one is sound."""
    lines = trail(store_of([f"{number}.csv" for number in range(4)]), form).splitlines(keepends=True)
    head = len(lines) - 6  # a table's header stays
    damaged = [lines[:keep] for keep in range(len(lines))]
    damaged += [lines[:at] + lines[at + 1 :] for at in range(len(lines))]
    damaged += [
        [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]] for at in range(head, len(lines) - 1)
    ]
    damaged += [[line.replace(b"2026", b"2025") for line in lines], [*lines[:-1], lines[-1].rstrip()]]
    paths = [tmp_path / f"{number}.trail" for number in range(len(damaged) + 1)]
    for path, content in zip(paths, [*damaged, lines], strict=True):
        path.write_bytes(b"".join(content))
    *of_damaged, of_whole = verdicts(paths)
    assert not any(of_damaged)
    assert of_whole


@pytest.mark.parametrize("form", FORMS)
def test_audit_07_pages_say_where_the_next_begins(form: Form) -> None:
    """With a limit the trailer holds the cursor; following it gives every event once."""
    store, seen, cursor = store_of(["a", "b", "c"]), list[int](), 0
    while True:
        *events, trailer = rows(trail(store, form, limit=2, after=cursor))
        seen += [int(event["sequence"]) for event in events]
        if trailer["data"]["next"] is None:
            break
        cursor = trailer["data"]["next"]
    assert seen == [1, 2, 3, 4]


@pytest.mark.parametrize("form", FORMS)
def test_audit_07_a_trail_of_nothing_is_whole(form: Form, tmp_path: Path) -> None:
    """Who has no events has a trail that says so."""
    content = trail(MemoryLedgerStore(), form)
    assert rows(content)[-1]["data"]["events"] == 0
    (tmp_path / "trail").write_bytes(content)
    assert list(verdicts([tmp_path / "trail"])) == [True]


PIECES = st.sampled_from([*FORMULA_STARTS, ";", ",", '"', "'", "\\", " ", "\x0b", "\u2028", "\0", "a"])
HOSTILE = st.lists(PIECES, min_size=1, max_size=8).map("".join)


@given(actor=HOSTILE, filename=HOSTILE, separator=st.sampled_from(",;\t"))
@example(actor="\r=", filename="a", separator=";")
@example(actor="a", filename="a;=cmd|' /C calc'!A0.csv", separator=";")
@example(actor='a\t" =', filename="a", separator="\t")
def test_audit_07_no_cell_is_a_formula_in_any_locale(actor: str, filename: str, separator: str) -> None:
    """Whatever somebody or a file is called, and whatever separates cells: none begins like a formula."""
    content = trail(store_of([filename], actor), Csv()).decode()
    for lines in (io.StringIO(content, newline=""), content.splitlines(keepends=True)):
        for row in csv.reader(lines, delimiter=separator):
            assert not any(cell.lstrip(' "\0').startswith(FORMULA_STARTS) for cell in row)
    table = rows(content.encode())
    assert [row["type"] for row in table] == ["LedgerOpened", "FileUploaded", "Trailer"]
