"""Text for terminals and people."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidValueError
from interfaces.cli.text import harmless_text, left_text, parse_time, safe_text
from interfaces.sizes import size_text
from interfaces.waits import wait_text

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)


@given(st.text())
def test_no_escape_reaches_a_terminal(text: str) -> None:
    """Whatever a run prints, no control character but newline and tab is passed on."""
    assert all(c in "\n\t" or c.isprintable() or c.isspace() for c in safe_text(text))
    assert "\x1b" not in safe_text(text)


def test_hostile_output_stays_readable() -> None:
    """Escapes become visible replacement characters; ordinary text, accents and emoji stay."""
    assert safe_text("\x1b[31mred\x07 é 😀\r\nnext\ttab") == "�[31mred� é 😀\nnext\ttab"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x1b")))
def test_what_steers_nothing_passes_a_pipe_to_the_character(text: str) -> None:
    """Line ends of every kind, tabs, joined emoji and what Unicode has not named yet are data."""
    kept = "".join(
        c for c in text if c in "\t\n\v\f\r" or (unicodedata.category(c) != "Cc" and not _is_bidi(c))
    )
    assert harmless_text(kept) == kept


def _is_bidi(character: str) -> bool:
    return unicodedata.bidirectional(character) in {
        "LRE",
        "RLE",
        "PDF",
        "LRO",
        "RLO",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }


def test_what_steers_a_terminal_does_not_pass_a_pipe() -> None:
    """Its end may be one: escapes, in one byte too, bells and turned text."""
    assert harmless_text("a\x1b[2J\x9b2J\x07\u202eb\ud800") == "a�[2J�2J��b�"


@pytest.mark.parametrize(
    ("package_wait_ms", "text"),
    [(0, ""), (99, ""), (100, " (+ 0.1 s for packages)"), (1840, " (+ 1.8 s for packages)")],
)
def test_a_wait_for_packages_is_told_when_it_was_one(package_wait_ms: int, text: str) -> None:
    """Beside the time of the code itself."""
    assert wait_text(package_wait_ms) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1_258_291, "1.2 MB"),
        (5 * 2**40, "5.0 TB"),
        (2**60, "1048576.0 TB"),
    ],
)
def test_sizes_are_short(size_bytes: int, text: str) -> None:
    """One decimal from KB up."""
    assert size_text(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (172_799, "in 1 d 23 h"),
        (3600, "in 1 h"),
        (360, "in 6 min"),
        (3.6, "in 4 s"),
        (0, "in 0 s"),
        (-5, "in 0 s"),
        (61, "in 1 min 1 s"),
    ],
)
def test_time_left_is_told_in_two_units(seconds: float, text: str) -> None:
    """The two largest units that say something."""
    assert left_text(NOW + timedelta(seconds=seconds), NOW) == text


def test_a_file_without_expiry_is_left_for_ever() -> None:
    """None is never."""
    assert left_text(None, NOW) == "never"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T10:30:00Z", NOW),
        ("2026-11-22T11:30:00+01:00", NOW),
        ("2026-11-22 10:30", NOW),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_utc(text: str, moment: datetime) -> None:
    """With a zone or without."""
    assert parse_time(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "22.11.2026", "2026-13-01"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    """The error shows how to write one."""
    with pytest.raises(InvalidValueError, match="Write it as 2026-11-22T10:30:00Z"):
        parse_time(text)
