"""Words for everything that is no table: text, trees, arrays, pictures, models."""

import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from analyses.printing import clipped, count, heading, number, print_table, say

_MOST_LINES = 40
_PREVIEW_LINES = 30
_DEEPEST = 3
_FREQUENT_WORDS = 12
_WORD = re.compile(r"[^\W\d_]{4,}")


def describe(loaded: object, name: str) -> None:
    """Print what an object is and holds."""
    heading(f"{name}: {kind_of(loaded)}")
    for recognises, words in _DESCRIPTIONS:
        if recognises(loaded):
            words(loaded)
            return
    print(clipped(loaded, 400))


def preview(loaded: object, name: str) -> None:
    """Print the start of an object."""
    heading(f"{name}: {kind_of(loaded)}")
    for line in itertools.islice(_lines_of(loaded), _PREVIEW_LINES):
        print(clipped(line, 100))


def kind_of(loaded: object) -> str:
    """Return what an object is, in a word or two."""
    names = {"str": "text", "dict": "a mapping", "list": "a list", "bytes": "bytes", "ndarray": "an array"}
    return names.get(type(loaded).__name__, type(loaded).__name__)


def _lines_of(loaded: Any) -> Iterator[str]:
    if isinstance(loaded, str):
        return iter(loaded.splitlines())
    if isinstance(loaded, bytes):
        starts = range(0, min(len(loaded), 16 * _PREVIEW_LINES), 16)
        return (f"{start:08x}  {loaded[start : start + 16].hex(' ')}" for start in starts)
    if isinstance(loaded, dict | list):
        return iter(json.dumps(loaded, indent=2, ensure_ascii=False, default=repr).splitlines())
    if hasattr(loaded, "iter"):
        return _outline_of_element(loaded, 0)
    return iter(repr(loaded).splitlines())


def _describe_text(text: str) -> None:
    lines = text.splitlines()
    say(
        f"{count(len(lines), 'line')}, {count(len(text.split()), 'word')}, {count(len(text), 'character')}; "
        f"{count(sum(not line.strip() for line in lines), 'blank line')}; "
        f"the longest line has {count(max(map(len, lines), default=0), 'character')}."
    )
    words = Counter(word.lower() for word in _WORD.findall(text)).most_common(_FREQUENT_WORDS)
    if words:
        say("Frequent words: " + ", ".join(f"{clipped(word, 30)} ({times:,})" for word, times in words) + ".")


def _describe_bytes(content: bytes) -> None:
    say(f"{count(len(content), 'byte')}. This type is not opened further; code can, with load_file.")
    say(f"It starts with {content[:16].hex(' ')}.")


def _describe_nested(loaded: object) -> None:
    for line in itertools.islice(_outline(loaded, "", 0), _MOST_LINES):
        print(clipped(line, 100))


def _outline(value: object, label: str, depth: int) -> Iterator[str]:
    """Yield a line a part: its name, its kind, and its value when that is short."""
    indent = "  " * depth
    if isinstance(value, Mapping):
        yield f"{indent}{label}{count(len(value), 'key')}"
        for key, item in value.items() if depth < _DEEPEST else ():
            yield from _outline(item, f"{key}: ", depth + 1)
    elif isinstance(value, list):
        yield f"{indent}{label}{count(len(value), 'item')}"
        if value and depth < _DEEPEST:
            yield from _outline(value[0], "first: ", depth + 1)
    elif isinstance(value, np.ndarray):
        yield f"{indent}{label}array of {' x '.join(map(str, value.shape))} {value.dtype}"
    else:
        yield f"{indent}{label}{clipped(repr(value), 80)}"


def _describe_array(array: Any) -> None:
    say(f"Shape {' x '.join(map(str, array.shape)) or 'of one value'}, type {array.dtype}.")
    if array.dtype.kind in "biuf" and array.size:
        finite = array[np.isfinite(array)]
        missing = array.size - finite.size
        if finite.size:
            parts = (("Mean", finite.mean()), ("least", finite.min()), ("greatest", finite.max()))
            say(", ".join(f"{word} {number(float(value))}" for word, value in parts) + ".")
        if missing:
            say(f"{count(missing, 'value')} not a finite number.")


def _describe_picture(picture: Any) -> None:
    width, height = picture.size
    say(f"{width:,} x {height:,} pixels, mode {picture.mode}, format {picture.format or 'unknown'}.")
    small = picture.convert("RGB").resize((64, 64))
    means = np.asarray(small, dtype="float64").reshape(-1, 3).mean(axis=0)
    colours = zip(("red", "green", "blue"), means, strict=True)
    say(f"Mean colour: {', '.join(f'{colour} {mean:.0f}' for colour, mean in colours)}.")


def _describe_element(root: Any) -> None:
    tags = Counter(str(element.tag) for element in root.iter())
    say(f"Root element {clipped(root.tag, 60)}; {count(sum(tags.values()), 'element')} in all.")
    rows = [(clipped(tag, 60), f"{times:,}") for tag, times in tags.most_common(20)]
    print_table(("element", "times"), rows, left=("element",))


def _outline_of_element(element: Any, depth: int) -> Iterator[str]:
    text = (element.text or "").strip()
    attributes = "".join(f" {key}={value!r}" for key, value in element.attrib.items())
    yield f"{'  ' * depth}<{element.tag}{attributes}>{f' {text}' if text else ''}"
    for child in element:
        yield from _outline_of_element(child, depth + 1)


def _describe_tree(file: Any) -> None:
    rows: list[tuple[str, str, str]] = []

    def visit(path: str, node: Any) -> None:
        if hasattr(node, "dtype"):
            rows.append((clipped(path, 50), " x ".join(map(str, node.shape)) or "one value", str(node.dtype)))

    file.visititems(visit)
    print_table(("data set", "shape", "type"), rows[:_MOST_LINES], left=("data set",))


def _describe_message(message: Any) -> None:
    rows = [(name, clipped(message[name], 60)) for name in ("From", "To", "Date", "Subject") if message[name]]
    print_table(("field", "value"), rows, left=("field", "value"))
    body = message.get_body(("plain", "html"))
    if body is not None:
        _describe_text(body.get_content())


def _describe_model(model: Any) -> None:
    say(f"A model of {type(model).__module__.split('.')[0]}, with these settings:")
    rows = [(name, clipped(value, 60)) for name, value in model.get_params().items()]
    print_table(("setting", "value"), rows, left=("setting", "value"))


_DESCRIPTIONS: tuple[tuple[Callable[[object], bool], Callable[[Any], None]], ...] = (
    (lambda it: hasattr(it, "get_body"), _describe_message),
    (lambda it: isinstance(it, str), _describe_text),
    (lambda it: isinstance(it, bytes), _describe_bytes),
    (lambda it: hasattr(it, "visititems"), _describe_tree),
    (lambda it: isinstance(it, Mapping | list), _describe_nested),
    (lambda it: isinstance(it, np.ndarray), _describe_array),
    (lambda it: hasattr(it, "getpixel"), _describe_picture),
    (lambda it: hasattr(it, "iter") and hasattr(it, "attrib"), _describe_element),
    (lambda it: hasattr(it, "get_params"), _describe_model),
)
