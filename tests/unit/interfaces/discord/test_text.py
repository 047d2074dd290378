import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from application.files import Listing, listing_of
from application.policy import UsagePolicy
from domain.files import UPLOAD_ORIGIN, LedgerFile
from interfaces.cli import render
from interfaces.discord.text import FENCE, clipped, count_text, expiry_text, fenced, shown_name
from interfaces.discord.words import ENGLISH, Words


@given(st.text(alphabet="`a\n ", max_size=50))
def test_no_text_leaves_its_fence(text: str) -> None:
    """Whatever a run prints, the block of code ends where the message says."""
    block = fenced(text)

    assert block.startswith(FENCE)
    assert block.endswith(FENCE)
    assert FENCE not in block.removeprefix(FENCE).removesuffix(FENCE)


@settings(max_examples=30)
@given(st.text(max_size=300))
def test_a_shown_name_fits_and_mentions_nobody(name: str) -> None:
    """A cut name ends in no half escape."""
    shown = shown_name(name, 60)

    assert len(shown) <= 60
    assert "@everyone" not in shown
    assert not re.search(r"<@!?\d", shown)


def test_markup_in_a_name_is_shown() -> None:
    """Names are data."""
    assert shown_name("**bold**_x_.csv") == r"\*\*bold\*\*\_x\_.csv"


def test_a_text_that_fits_is_not_cut() -> None:
    """The last length that is allowed stays whole."""
    assert clipped("abc", 3) == "abc"
    assert clipped("abcd", 3) == "ab…"


def test_expiry_is_told_in_the_readers_own_time() -> None:
    """Discord draws the moment; a file may stay for ever, too."""
    assert expiry_text(datetime(2026, 1, 1, tzinfo=UTC)) == "expires <t:1767225600:R>"
    assert expiry_text(None) == "kept until deleted"


def held(*origins: str) -> Listing:
    """Return a list with a file of each origin."""
    files = [
        LedgerFile(
            file_id=f"abc123xyz{number:03}",
            filename="a.csv",
            extension=".csv",
            file_type="CSV",
            size_bytes=1,
            sha256="0" * 64,
            uploaded_at=datetime(2026, 1, 2, tzinfo=UTC),
            expires_at=None,
            origin=origin,
        )
        for number, origin in enumerate(origins)
    ]
    return listing_of("alice", tuple(files), UsagePolicy())


def test_what_runs_have_made_is_counted_apart() -> None:
    """It takes no place of an upload; who has none of it reads the short form, in the console, too."""
    uploads, both = held(UPLOAD_ORIGIN), held(UPLOAD_ORIGIN, "run-1")

    assert [count_text(each, ENGLISH) for each in (uploads, both)] == [
        "Your files: 1/20",
        "Your files: 1/20 · 1 generated",
    ]
    assert count_text(both, Words("de")) == "Deine Dateien: 1/20 · 1 erzeugt"
    assert [render.count_text(each) for each in (uploads, both)] == ["1/20", "1/20 · 1 generated"]
