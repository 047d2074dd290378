from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.fault_table import FILE_VARIABLE, page_text, record, rows_of


def note(step: int) -> None:
    """Record a kill."""
    record("SIGKILL", "upload", times=2, acknowledged=3, says=f"step {step}\nmore", recovers="by itself")


def test_rows_of_many_at_once_are_merged_to_one_a_fault_and_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row is lost or torn, numbers are added and words are one short line without folders of tests."""
    file = tmp_path / "rows"
    monkeypatch.setenv(FILE_VARIABLE, str(file))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(50)))
    record(
        "disk full",
        "run",
        acknowledged=1,
        lost=1,
        says=f"a|b /x/pytest-of-me/1/f {'x' * 300}",
        recovers="fileledger fsck",
    )
    text = page_text(rows_of(file), machine="a machine", day="2026-01-01")
    first, second = text.splitlines()[-2:]
    assert "101 faults, acknowledged deeds lost: 1 (a machine; 2026-01-01)." in text
    assert first.startswith("| disk full | run | 1 | 1 | 1 | a\\|b …/f xxx")
    assert first.endswith("x… | fileledger fsck |")
    assert second.startswith("| SIGKILL | upload | 100 | 150 | 0 | step ")


def test_nothing_is_recorded_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the variable, tests leave nothing behind."""
    monkeypatch.delenv(FILE_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    note(1)
    assert list(tmp_path.iterdir()) == []
