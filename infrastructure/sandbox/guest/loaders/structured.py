"""JSON and what is like it: YAML, TOML, and the binary relatives."""

import io
import plistlib
import tomllib
from collections.abc import Iterator
from typing import Any

import orjson
import pandas as pd
import yaml

from loaders.errors import LoadFileError, refuse
from loaders.json_lines import frame, load_json_lines
from loaders.registry import Options
from loaders.source import Source

_MOST_ALIASES = 10_000


def load_json(source: Source, options: Options) -> Any:
    """Return a DataFrame for a list of flat records, else what the JSON spells."""
    if options:
        return pd.read_json(io.BytesIO(source.read()), **options)
    content = source.read()
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError:
        parsed = _json(source)
    return table_if_flat(parsed)


def load_yaml(source: Source, options: Options) -> Any:
    """Return what the YAML spells; a list of several documents."""
    refuse(options)
    text = source.text()
    _refuse_many_aliases(text)
    documents = list(yaml.load_all(text, Loader=yaml.CSafeLoader))
    return table_if_flat(documents[0] if len(documents) == 1 else documents or None)


def load_toml(source: Source, options: Options) -> dict[str, Any]:
    """Return the tables of a TOML file as a dict."""
    refuse(options)
    return tomllib.loads(source.text())


def load_json5(source: Source, options: Options) -> Any:
    """Return what JSON with comments, or JSON5, spells."""
    import json5  # noqa: PLC0415 - rarely needed

    refuse(options)
    return table_if_flat(json5.loads(source.text()))


def load_cbor(source: Source, options: Options) -> Any:
    """Return what CBOR holds."""
    import cbor2  # noqa: PLC0415 - rarely needed

    refuse(options)
    with source.open() as stream:
        return table_if_flat(cbor2.load(stream))


def load_msgpack(source: Source, options: Options) -> Any:
    """Return what MessagePack holds; a list of several messages."""
    import msgpack  # noqa: PLC0415 - rarely needed

    refuse(options)
    with source.open() as stream:
        messages = list(msgpack.Unpacker(stream, strict_map_key=False, timestamp=3))
    return table_if_flat(messages[0] if len(messages) == 1 else messages)


def load_plist(source: Source, options: Options) -> Any:
    """Return a property list, XML or binary."""
    refuse(options)
    return plistlib.loads(source.read())


def table_if_flat(parsed: object) -> Any:
    """Return a DataFrame for a list of objects without nested values, else `parsed` itself."""
    if isinstance(parsed, list) and parsed and all(map(_is_flat, parsed)):
        return pd.DataFrame(parsed)
    return parsed


def _is_flat(item: object) -> bool:
    return isinstance(item, dict) and not any(isinstance(value, dict | list) for value in item.values())


def _json(source: Source) -> Any:
    """Return JSON of another encoding, with NaN, or of several values under the name of one."""
    import json  # noqa: PLC0415 - for what the quicker one refuses

    text = source.text()
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
    try:
        return load_json_lines(source, {})
    except LoadFileError:
        return frame(_values(text, json.JSONDecoder()))  # not a value a line


def _values(text: str, decoder: Any) -> Iterator[Any]:
    """Yield the values that stand one behind the other."""
    end = 0
    while rest := text[end:].lstrip():
        value, length = decoder.raw_decode(rest)
        end = len(text) - len(rest) + length
        yield value


def _refuse_many_aliases(text: str) -> None:
    """Refuse a document whose aliases multiply each other: ten lines can stand for billions of values."""
    if "*" not in text:
        return
    sizes: dict[str, int] = {}
    total, open_anchors = 0, [("", 0)]
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            total += sizes.get(event.anchor, 1)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_anchors.append((event.anchor or "", total))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_anchors.pop()
            sizes[anchor] = total - before
        else:
            total += 1
        if total > _MOST_ALIASES + 50 * len(text):
            msg = "Its aliases multiply each other far beyond its size: it looks like a bomb, and is refused."
            raise LoadFileError(msg)
