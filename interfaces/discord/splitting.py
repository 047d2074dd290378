"""A model's answer as Discord messages: at most 2,000 characters each, blocks of code whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len

from interfaces.discord.tables import aligned, is_row, is_rule
from interfaces.discord.text import FENCE, MESSAGE_CHARACTERS, fenced, without_fences
from interfaces.discord.words import Words

MOST_MESSAGES = 5
"""A longer answer is attached as a whole."""

TABLE_COLUMNS = 100
"""A wider table is attached: Discord breaks its lines, and nothing stands below its head any more."""

_FENCE_LINE = re.compile(r"\s*(`{3,}|~{3,})\s*([\w+#.-]*)[^`]*")
"""What opens a block in CommonMark: the fence, its language, and perhaps more words about it."""

_EXTENSIONS = {"python": "py", "py": "py", "json": "json", "sql": "sql", "csv": "csv", "bash": "sh", "r": "r"}


@dataclass(frozen=True)
class Attached:
    """A text that goes along as a file."""

    filename: str
    text: str


@dataclass(frozen=True)
class Split:
    """An answer in messages, with what was too long for one."""

    messages: list[str]
    attached: list[Attached]


@dataclass(frozen=True)
class _Block:
    """Lines that belong together; code has a `language`, perhaps an empty one, and so has a table."""

    lines: list[str]
    language: str | None = None
    is_table: bool = False


def split_answer(text: str, words: Words) -> Split:
    """Return an answer in Markdown as messages; tables become aligned blocks."""
    pieces, attached = list[str](), list[Attached]()
    for block in _blocks(text):
        if block.language is None:
            pieces += _lines_that_fit([_prose(line) for line in block.lines])
        elif len(code := _code(block)) <= MESSAGE_CHARACTERS and not _is_too_wide(block):
            pieces.append(code)
        else:
            what = "table" if block.is_table else "code"
            name = f"{what}-{len(attached) + 1}.{_EXTENSIONS.get(block.language.lower(), 'txt')}"
            attached.append(Attached(name, "\n".join(block.lines)))
            pieces.append(f"*({words('ATTACHED', name=name)})*")
    messages = _packed(pieces)
    if len(messages) > MOST_MESSAGES:
        rest = f"*({words('ATTACHED_WHOLE')})*"
        kept = messages[: MOST_MESSAGES - 1]
        return Split([*kept, rest], [*attached, Attached("answer.md", text)])
    return Split(messages, attached)


def _blocks(text: str) -> Iterator[_Block]:
    """Yield runs of prose lines, blocks of code and tables, in order."""
    lines, start = text.split("\n"), 0
    while start < len(lines):
        if fence := _FENCE_LINE.fullmatch(lines[start]):
            end = start + 1
            while end < len(lines) and not _closes(lines[end], fence[1]):
                end += 1
            yield _Block(lines[start + 1 : end], fence[2])
            end += 1
        elif start + 1 < len(lines) and is_row(lines[start]) and is_rule(lines[start + 1]):
            end = start + 2
            while end < len(lines) and is_row(lines[end]):
                end += 1
            yield _Block(aligned(lines[start:end]), "", is_table=True)
        else:
            end = start + 1
            yield _Block([lines[start]])
        start = end


def _closes(line: str, fence: str) -> bool:
    """Tell whether a line ends the block that `fence` began: its marks, as many or more, and nothing else."""
    marks = line.strip()
    return marks.startswith(fence) and not marks.strip(fence[0])


def _prose(line: str) -> str:
    """Return a line that opens no block in its midst, as Discord would otherwise have it."""
    return without_fences(line) if line.count(FENCE) % 2 else line


def _is_too_wide(block: _Block) -> bool:
    return block.is_table and max(map(cell_len, block.lines)) > TABLE_COLUMNS


def _code(block: _Block) -> str:
    return fenced("\n".join(block.lines), block.language or "")


def _lines_that_fit(lines: list[str]) -> list[str]:
    """Return lines, those longer than a message broken at spaces."""
    broken: list[str] = []
    for line in lines:
        rest = line
        while len(rest) > MESSAGE_CHARACTERS:
            cut = rest.rfind(" ", 1, MESSAGE_CHARACTERS)
            cut = cut if cut > 0 else MESSAGE_CHARACTERS
            broken.append(rest[:cut])
            rest = rest[cut:].lstrip(" ")
        broken.append(rest)
    return broken


def _packed(pieces: list[str]) -> list[str]:
    """Fill messages one after the other, breaking where a paragraph ends if one ends in their second half."""
    messages: list[str] = []
    message = ""
    for piece in pieces:
        joined = f"{message}\n{piece}" if message else piece
        if len(joined) <= MESSAGE_CHARACTERS:
            message = joined
            continue
        cut = message.rfind("\n\n", MESSAGE_CHARACTERS // 2)
        carried = message[cut:] if cut > 0 and FENCE not in message[cut:] else ""
        message, following = (message[:cut], carried.strip("\n")) if carried else (message, "")
        messages.append(message)
        message = f"{following}\n{piece}" if following else piece
        if len(message) > MESSAGE_CHARACTERS:
            messages.append(following)
            message = piece
    messages.append(message)
    return [text for text in (message.strip("\n") for message in messages) if text.strip()]
