"""Choose the language model that the settings ask for."""

from collections.abc import Generator, Sequence
from urllib.parse import urlsplit

from application.model import LanguageModel, Message, NoModelError, Piece, Tool
from application.ports.sandbox import Check
from domain.errors import InvalidValueError

DEFAULT_MODEL = "gpt-5.4-mini"
"""A small current model that calls tools over Chat Completions without further settings."""

DEFAULT_BASE_URL = "https://api.openai.com/v1"
PLACEHOLDER_KEY = "no-key-needed"
"""What a server that needs no key gets: the client insists on sending one."""


def create_model(
    api_key: str | None = None, base_url: str | None = None, model: str | None = None
) -> LanguageModel:
    """Return the model behind `OPENAI_API_KEY`, `OPENAI_BASE_URL` and `OPENAI_MODEL`.

    An empty value counts as unset. With neither key nor URL the result is a
    `NoModel`, so that everything else works.

    Raises:
        InvalidValueError: the key or the URL cannot be one. The key is not shown.
    """
    api_key, base_url, model = ((value or "").strip() for value in (api_key, base_url, model))
    if not api_key and not base_url:
        return NoModel()
    # The client library takes a second and 30 MB to import: only those who ask a model shall wait for it.
    from infrastructure.model.openai_chat import OpenAIChatModel  # noqa: PLC0415

    return OpenAIChatModel(
        _checked_key(api_key or PLACEHOLDER_KEY),
        _checked_url(base_url or DEFAULT_BASE_URL),
        model or DEFAULT_MODEL,
    )


def _checked_key(api_key: str) -> str:
    if not api_key.isascii() or not api_key.isprintable() or " " in api_key:
        msg = (
            "OPENAI_API_KEY holds characters that no key has (spaces, controls, or letters beyond ASCII). "
            "Copy the key again, without quotes around it."
        )
        raise InvalidValueError(msg)
    return api_key


def _checked_url(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        fits = False
    if not fits or not base_url.isprintable() or " " in base_url:
        msg = (
            f"OPENAI_BASE_URL is {base_url[:100]!r}, which is no web address. "
            "It begins with http:// or https:// and usually ends in /v1, as http://localhost:11434/v1 does."
        )
        raise InvalidValueError(msg)
    return base_url


class NoModel:
    """Stands in where no model is set up, and says how to set one up."""

    name = "none"

    def stream(self, messages: Sequence[Message], tools: Sequence[Tool]) -> Generator[Piece, None, None]:
        """Refuse.

        Raises:
            NoModelError: always.
        """
        del messages, tools
        raise NoModelError
        yield  # makes this a generator, as the port wants it

    def check(self) -> Check:
        """Tell that there is no model."""
        return Check(
            name="model",
            ok=False,
            detail="no model is set up; everything but questions to it works",
            optional=True,
            remedy="Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own.",
        )

    def close(self) -> None:
        """Hold nothing, release nothing."""
