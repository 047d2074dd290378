"""Everything the bot says to people, in their language: `locale/` holds the texts, one file a language."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from disnake.errors import LocalizationKeyError
from disnake.ext import commands
from disnake.i18n import LocalizationStore, Localized
from disnake.interactions.base import Interaction

from domain.errors import FileLedgerError

LOCALES = Path(__file__).parent / "locale"
DEFAULT_LOCALE = "en-US"
ERROR_PREFIX = "ERROR_"


def load_texts() -> LocalizationStore:
    """Return the texts, also for the names of commands."""
    store = LocalizationStore(strict=True)
    store.load(LOCALES)
    return store


TEXTS = load_texts()


@dataclass(frozen=True)
class Words:
    """The words for one reader; a language that is not there is English."""

    locale: str = DEFAULT_LOCALE

    @classmethod
    def of(cls, inter: Interaction[Any]) -> "Words":
        """Return the words for who did something with the bot."""
        return cls(str(inter.locale))

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the text of a key.

        Raises:
            LocalizationKeyError: there is none.
        """
        return self._pattern(key).format(**values)

    def error(self, error: FileLedgerError) -> str:
        """Return what went wrong: in English as the error says it, else where there is a translation."""
        if self.locale == DEFAULT_LOCALE:
            return str(error)
        try:
            pattern = (TEXTS.get(f"{ERROR_PREFIX}{type(error).__name__}") or {}).get(self.locale)
        except LocalizationKeyError:
            pattern = None
        return pattern.format(**vars(error)) if pattern else str(error)

    def _pattern(self, key: str) -> str:
        told = TEXTS.get(key) or {}
        return told.get(self.locale) or told[DEFAULT_LOCALE]


ENGLISH = Words()


def name(key: str) -> Localized[str]:
    """Return the name of a command or option, in every language."""
    return _localized(f"{key}_NAME")


def description(key: str) -> Localized[str]:
    """Return what is said beside a command or option, in every language."""
    return _localized(f"{key}_DESCRIPTION")


def option(key: str, **more: Any) -> Any:
    """Return an option of a command; `more` is what `disnake.ext.commands.Param` takes."""
    return commands.Param(name=name(key), description=description(key), **more)


def _localized(key: str) -> Localized[str]:
    return Localized(ENGLISH(key), key=key)
