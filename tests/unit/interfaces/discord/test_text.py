import re
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.discord.text import FENCE, clipped, expiry_text, fenced, shown_name


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
