"""Files of settings."""

import configparser
import io
from typing import Any

from loaders.errors import refuse
from loaders.notes import note
from loaders.registry import Options
from loaders.source import Source


def load_ini(source: Source, options: Options) -> dict[str, dict[str, str]] | str:
    """Return the sections, nothing interpolated; text that is no INI file comes as it is."""
    refuse(options)
    text = source.text()
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # names as they are written
    try:
        parser.read_string(text)
    except configparser.Error as error:
        note(f"loaded as text, because it is no INI file: {error.message.splitlines()[0]}")
        return text
    sections = {name: dict(parser._sections[name]) for name in parser.sections()}  # type: ignore[attr-defined]  # noqa: SLF001 - without the defaults
    return {"DEFAULT": dict(parser.defaults()), **sections} if parser.defaults() else sections


def load_properties(source: Source, options: Options) -> dict[str, str]:
    """Return the keys and values of a Java properties file."""
    import javaproperties  # noqa: PLC0415 - rarely needed

    refuse(options)
    return dict(javaproperties.loads(source.text()))


def load_env(source: Source, options: Options) -> dict[str, Any]:
    """Return the variables of an .env file, nothing interpolated."""
    from dotenv import dotenv_values  # noqa: PLC0415 - rarely needed

    refuse(options)
    return dict(dotenv_values(stream=io.StringIO(source.text()), interpolate=False))
