"""Tables of Markdown, which Discord does not draw, as aligned text."""

import re

from rich.cells import cell_len

_RULE = re.compile(r"\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
MAX_CELL_COLUMNS = 40


def is_rule(line: str) -> bool:
    """Tell whether a line is what divides a table's head from its body."""
    return "-" in line and "|" in line and _RULE.fullmatch(line) is not None


def is_row(line: str) -> bool:
    """Tell whether a line can be a row of a table."""
    return "|" in line and bool(line.strip())


def aligned(lines: list[str]) -> list[str]:
    """Return a table (head, rule, rows) with columns of one width; numbers stand to the right."""
    head, *body = [_cells(line) for line in (lines[0], *lines[2:])]
    rows = [(row + [""] * len(head))[: len(head)] for row in body]
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    to_right = [all(map(_is_number, filter(None, column[1:]))) for column in columns]
    drawn = [_row(row, widths, to_right) for row in (head, *rows)]
    return [drawn[0], "  ".join("─" * width for width in widths), *drawn[1:]]


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    inner = inner.removesuffix("|") if not inner.endswith(r"\|") else inner
    return [_plain(cell) for cell in _CELL_BORDER.split(inner)]


def _plain(cell: str) -> str:
    """Return a cell without the marks that a fence would show."""
    text = cell.strip().replace(r"\|", "|")
    text = re.sub(r"(\*\*|__|`)(.+?)\1", r"\2", text)
    return text if len(text) <= MAX_CELL_COLUMNS else f"{text[: MAX_CELL_COLUMNS - 1]}…"


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[-+−$€£]?[\d.,\s]*\d[\d.,]*\s*%?", cell) is not None  # noqa: RUF001 - the minus sign


def _row(cells: list[str], widths: list[int], to_right: list[bool]) -> str:
    padded = []
    for cell, width, is_right in zip(cells, widths, to_right, strict=True):
        space = " " * (width - cell_len(cell))
        padded.append(space + cell if is_right else cell + space)
    return "  ".join(padded).rstrip()
