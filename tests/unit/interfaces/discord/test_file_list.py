from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application.files import Listing, matching
from domain.files import LedgerFile
from interfaces.discord.file_list import FilesPage, age_text, choice_of, files_card
from interfaces.discord.histories import HistoryPage
from interfaces.discord.words import ENGLISH

NOW = datetime(2026, 1, 2, tzinfo=UTC)
EMBED_CHARACTERS = 4_096


def listed(number: int, filename: str) -> LedgerFile:
    """Return a file of a list."""
    return LedgerFile(
        file_id=f"abc123xyz{number:03}",
        filename=filename,
        extension=".csv",
        file_type="A type with a name that is rather long",
        size_bytes=number * 10**12,
        sha256="0" * 64,
        uploaded_at=NOW - timedelta(seconds=number),
        expires_at=NOW + timedelta(days=20_000),
        origin="run-abc",
    )


@settings(max_examples=30)
@given(st.text(alphabet="_*`~|<@>a[](\\", min_size=1, max_size=200), st.integers(min_value=0, max_value=9))
def test_a_page_of_any_names_fits(filename: str, number: int) -> None:
    """As many files as a select holds, with the longest of everything."""
    listing = Listing("alice", 60, 60, tuple(listed(each, filename) for each in range(60)))

    embed, (picker, *_) = files_card(listing, FilesPage(number), ENGLISH)

    assert len(embed.description or "") <= EMBED_CHARACTERS
    assert 10 <= len(picker.options) <= 25


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s ago"), (59, "59 s ago"), (61, "1 min ago"), (7200, "2 h ago"), (90_000, "1 d ago")],
)
def test_ages_are_told_in_their_largest_unit(seconds: int, text: str) -> None:
    """A clock that was set back makes nothing younger than new."""
    assert age_text(NOW - timedelta(seconds=seconds), NOW, ENGLISH) == text


@given(st.text(min_size=1, max_size=300))
def test_a_choice_fits_and_keeps_size_and_age(filename: str) -> None:
    """Only the name gives way."""
    choice = choice_of(listed(1, filename), NOW, ENGLISH)

    assert len(choice.name) <= 100
    assert choice.name.endswith("1 s ago")
    assert choice.value == "abc123xyz001"


def test_part_of_a_name_or_the_start_of_an_id_finds_files() -> None:
    """In capitals or not, the newest first."""
    files = [listed(1, "Sales.csv"), listed(2, "notes.txt"), listed(3, "old SALES.csv")]

    assert [file.file_id[-1] for file in matching(files, " sales ")] == ["3", "1"]
    assert [file.file_id[-1] for file in matching(files, "abc123xyz002")] == ["2"]
    assert len(matching(files, "")) == 3


@given(st.integers(min_value=0, max_value=999_999), st.from_regex(r"[A-Za-z0-9_]{0,20}", fullmatch=True))
def test_pages_are_read_back_from_their_custom_ids(number: int, user_id: str) -> None:
    """Within Discord's 100 characters."""
    files, history = FilesPage(number), HistoryPage(number, user_id)

    assert FilesPage.of(files.custom_id) == files
    assert HistoryPage.of(history.custom_id) == history
    assert len(history.custom_id) <= 100


@pytest.mark.parametrize(
    "custom_id", [None, "", "files:", "files:-1", "files:²", "files:9999999", "history:x:"]
)
def test_a_forged_page_means_nothing(custom_id: str | None) -> None:
    """What is no number of ours is ignored."""
    assert FilesPage.of(custom_id) is None
    assert HistoryPage.of(custom_id) is None
