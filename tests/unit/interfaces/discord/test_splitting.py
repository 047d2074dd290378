import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.discord.splitting import Split, split_answer
from interfaces.discord.text import MESSAGE_CHARACTERS
from interfaces.discord.words import ENGLISH

LINES = st.one_of(
    st.sampled_from(["```", "```python", "", "| a | b |", "|---|---|", "| 1 | 2 |", "~~~"]),
    st.text("ab `|-#*", max_size=60),
    st.integers(1, 3000).map(lambda size: "word " * (size // 5)),
)


def split(text: str) -> Split:
    """Return an answer in messages."""
    return split_answer(text, ENGLISH)


@given(st.lists(LINES, max_size=60).map("\n".join))
def test_no_message_is_too_long_or_leaves_a_block_open(text: str) -> None:
    """Whatever a model says: at most 2,000 characters, every fence closed, nothing empty."""
    parts = split(text)

    for message in parts.messages:
        assert 0 < len(message) <= MESSAGE_CHARACTERS
        assert sum(line.startswith("```") for line in message.split("\n")) % 2 == 0


def test_a_block_of_code_is_never_cut() -> None:
    """It goes to the next message as a whole."""
    code = "x = 1\n" * 150
    parts = split(f"{'Some prose. ' * 140}\n\n```python\n{code}```\nDone.")

    assert len(parts.messages) == 2
    assert parts.messages[1] == f"```python\n{code.rstrip()}\n\n```\nDone.".replace("\n\n```", "\n```")


@pytest.mark.parametrize(
    ("opening", "closing"), [("```python title='a.py'", "```"), ("```python", "````"), ("~~~python x", "~~~")]
)
def test_a_block_ends_where_it_ends(opening: str, closing: str) -> None:
    """Words behind the language and a longer closing fence are allowed; the prose after it stays prose."""
    parts = split(f"Here:\n{opening}\nx = 1\n{closing}\nThat **is** all.")

    assert parts.messages == ["Here:\n```python\nx = 1\n```\nThat **is** all."]


def test_a_fence_within_a_sentence_opens_no_block() -> None:
    """Discord would take it for the partner of the next fence; a pair of them is left as it is."""
    parts = split("Begin with ``` and ```this``` is fine.\n```\nx = 1\n```")

    assert parts.messages[0].count("```") == 2
    assert "Begin with `" in parts.messages[0]
    assert split("So ```this``` is fine.").messages == ["So ```this``` is fine."]


def test_a_block_too_long_for_a_message_is_attached() -> None:
    """Its place says so, and the file has the language's extension."""
    parts = split("Here:\n```python\n" + "x = 1\n" * 1000 + "```\nThat is all.")

    assert [(it.filename, it.text.count("x = 1")) for it in parts.attached] == [("code-1.py", 1000)]
    assert parts.messages == ["Here:\n*(attached: code-1.py)*\nThat is all."]


def test_a_very_long_answer_is_attached_as_a_whole() -> None:
    """Nobody wants to scroll past twenty messages."""
    text = "\n\n".join(["Prose without end. " * 60] * 20)
    parts = split(text)

    assert len(parts.messages) == 5
    assert [(it.filename, it.text) for it in parts.attached] == [("answer.md", text)]


def test_prose_breaks_between_paragraphs() -> None:
    """Not in the midst of one, when one ends late enough."""
    first, second = "a " * 700, "b " * 500
    parts = split(f"{first}\n\n{second}")

    assert [message.strip() for message in parts.messages] == [first.strip(), second.strip()]


def test_a_table_wider_than_a_message_is_attached() -> None:
    """Its lines would be broken, and no value would stand below its head."""
    row = "| " + " | ".join(["some value here"] * 8) + " |"
    parts = split(f"See:\n{row}\n{'|---' * 8}|\n{row}\nThat is it.")

    assert parts.messages == ["See:\n*(attached: table-1.txt)*\nThat is it."]
    assert parts.attached[0].text.split("\n")[2] == "  ".join(["some value here"] * 8)


def test_a_table_is_aligned() -> None:
    """Discord draws no tables; numbers stand to the right, marks are gone, wide letters count double."""
    parts = split("Sales:\n| City | **Sold** |\n|:--|--:|\n| Oslo | 3 |\n| 東京 | 1,250 |\n\nBye.")

    assert parts.messages == [
        "Sales:\n```\nCity   Sold\n────  ─────\nOslo      3\n東京  1,250\n```\n\nBye.",
    ]


def test_a_block_still_being_written_is_closed_for_showing() -> None:
    """So that a streamed answer looks right at every moment."""
    assert split("Look:\n```python\nx = 1").messages == ["Look:\n```python\nx = 1\n```"]
