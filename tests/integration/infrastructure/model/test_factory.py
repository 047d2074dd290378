"""Which model the settings choose."""

import pytest

from application.model import NoModelError, UserMessage
from domain.errors import InvalidValueError
from infrastructure.model.factory import DEFAULT_MODEL, PLACEHOLDER_KEY, NoModel, create_model
from infrastructure.model.openai_chat import OpenAIChatModel
from tests.support.model_endpoint import ModelEndpoint, says


@pytest.mark.parametrize("unset", [None, "", "  "])
def test_without_key_and_url_there_is_no_model(unset: str | None) -> None:
    """Nobody answers, and the line says how to change that and what works without."""
    model = create_model(unset, unset, "some-model")
    assert isinstance(model, NoModel)
    with pytest.raises(NoModelError, match=r"OPENAI_API_KEY.*OPENAI_BASE_URL.*/run"):
        next(model.stream([UserMessage("Hello")], []))
    check = model.check()
    assert not check.ok
    assert "OPENAI_API_KEY" in check.remedy


def test_a_key_alone_means_openai_and_the_default_model() -> None:
    """One variable is enough to begin."""
    model = create_model("sk-test")
    assert isinstance(model, OpenAIChatModel)
    assert model.name == DEFAULT_MODEL
    model.close()


def test_a_url_alone_needs_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server of one's own gets a placeholder, never a key that lies around in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    with ModelEndpoint([says("Hi")]) as endpoint:
        model = create_model(None, endpoint.base_url, "llama")
        list(model.stream([UserMessage("Hello")], []))
        model.close()
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {PLACEHOLDER_KEY}"
        assert endpoint.requests[0].body["model"] == "llama"


@pytest.mark.parametrize("key", ["sk-a b", "sk-ä", "sk-\x00a", "sk-a\nb"])
def test_an_impossible_key_is_refused_without_being_shown(key: str) -> None:
    """A key copied badly stops the start with the variable's name."""
    with pytest.raises(InvalidValueError, match="OPENAI_API_KEY") as refused:
        create_model(key)
    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["localhost:11434", "ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1", "http://a b/v1"],
)
def test_an_impossible_url_is_refused_with_its_value(url: str) -> None:
    """A base URL that is no web address stops the start with name, value and an example."""
    with pytest.raises(InvalidValueError, match=r"OPENAI_BASE_URL is .*http://") as refused:
        create_model(None, url)
    assert url in str(refused.value)
