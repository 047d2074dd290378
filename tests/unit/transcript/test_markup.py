"""Discord's Markdown as HTML, on which the pictures of docs/discord.md depend."""

from datetime import UTC, datetime

import pytest

from tests.transcript.markup import html_of

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** `x < y`", "<p><strong>bold</strong> <code>x &lt; y</code></p>"),
        ("-# Ran in 2 s", "<p><small>Ran in 2 s</small></p>"),
        ("one\n-# two", "<p>one<br />\n<small>two</small></p>"),
        ("hi <@12>", '<p>hi <span class="mention">@user 12</span></p>'),
        (f"<t:{int(NOW.timestamp()) + 7200}:R>", '<p><span class="time">in 2 hours</span></p>'),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ],
)
def test_markup_is_drawn_as_discord_does(text: str, html: str) -> None:
    """Bold, code, small print, mentions and times; what is no markup stays text."""
    assert html_of(text, lambda user_id: f"user {user_id}", NOW).strip() == html
