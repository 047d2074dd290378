import importlib
import json
import pkgutil
import re
from pathlib import Path
from string import Formatter

import pytest

import application
from application.analyses import ANALYSES
from application.ports.progress import Stage
from application.turn import CLOSING_WORDS
from domain import errors
from domain.errors import FileLedgerError, NoSuchFileError
from domain.events import event_kinds
from domain.executions import Outcome
from domain.rate_limits import Activity, RateLimitedError
from domain.retention import EvictionRule
from domain.why import FileState
from interfaces.discord import words as module
from interfaces.discord.widgets import ACTIONS, RUN_ACTIONS
from interfaces.discord.words import DEFAULT_LOCALE, ERROR_PREFIX, LOCALES, Words

ALL = {path.stem: json.loads(path.read_text("utf-8")) for path in LOCALES.glob("*.json")}
ENGLISH = ALL[DEFAULT_LOCALE]
USED = re.compile(r'(?:words|ENGLISH|Words\.of\(inter\))\(\s*["\']([A-Z_]+)["\']')
NAMED = re.compile(r'(?:name|description|option)\("([A-Z_]+)"')


def said(texts: dict[str, str]) -> set[str]:
    """Return the keys that every language needs; errors are English where they are raised."""
    return {key for key in texts if not key.startswith(ERROR_PREFIX)}


def fields(pattern: str) -> set[str]:
    """Return what a text names."""
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def keys_in_use() -> set[str]:
    """Return the keys that the program asks for."""
    sources = [path.read_text("utf-8") for path in Path(module.__file__).parent.glob("*.py")]
    keys = {key for source in sources for key in USED.findall(source)}
    told = {key for source in sources for key in NAMED.findall(source)}
    keys |= {f"{key}_{part}" for key in told for part in ("NAME", "DESCRIPTION")}
    keys |= {f"EVENT_{kind}" for kind in event_kinds()} | {f"OUTCOME_{outcome}" for outcome in Outcome}
    keys |= {f"LIMIT_{rule}" for rule in EvictionRule} | {f"STATE_{state}" for state in FileState}
    keys |= {action.upper().replace("-", "_") for action in ACTIONS}
    keys |= {f"SHOW_{action.upper()}" for action in RUN_ACTIONS}
    keys |= {f"PROGRESS_{stage.name}" for stage in Stage} | {f"STOPPED_{reason}" for reason in CLOSING_WORDS}
    return keys | {f"AGO_{unit}" for unit in ("s", "min", "h", "d")}


@pytest.mark.parametrize("locale", sorted(ALL))
def test_no_text_is_missing_in_any_language(locale: str) -> None:
    """Each language has what the program says, with the same facts in it."""
    texts = ALL[locale]

    assert keys_in_use() <= said(texts)
    assert said(texts) == said(ENGLISH)
    assert all(fields(texts[key]) == fields(ENGLISH[key]) for key in said(texts))


def test_no_text_is_left_over() -> None:
    """What nothing says any more is gone; further files of an upload are counted."""
    counted = {key for key in said(ENGLISH) if re.match(r"ATTACHMENT_\d", key)}

    assert said(ENGLISH) == keys_in_use() | counted


def test_translated_errors_exist_and_hold_their_facts() -> None:
    """A translation is found by the error's class, and names only what the error carries."""
    for each in pkgutil.iter_modules(application.__path__, "application."):
        importlib.import_module(each.name)  # whichever tests ran before this one
    pending, known = [FileLedgerError], set[str]()
    while pending:
        kind = pending.pop()
        known.add(kind.__name__)
        pending += kind.__subclasses__()

    for texts in ALL.values():
        assert {key.removeprefix(ERROR_PREFIX) for key in texts.keys() - said(texts)} <= known


def test_an_error_is_told_in_the_readers_language_or_in_english() -> None:
    """A language that is not there, and an error that is not translated, are English."""
    german, french = Words("de"), Words("fr")

    assert german.error(NoSuchFileError("x")).startswith("Du hast keine Datei „x“")
    assert "in 3 s" in german.error(RateLimitedError(Activity.RUN, 20, 3))
    assert french.error(NoSuchFileError("x")) == str(NoSuchFileError("x"))
    assert german.error(errors.ConflictError("told so")) == "told so"
    assert french("CHOOSE") == "Choose a file"


def test_every_analysis_has_its_title() -> None:
    """Console and Discord call the analyses the same."""
    assert [Words()(name.upper()) for name in ANALYSES] == [each.title for each in ANALYSES.values()]
