"""The options of the connection to MongoDB."""

import pytest

from infrastructure.views.client import SELECTION_TIMEOUT_MS, connect


@pytest.mark.parametrize(
    ("options", "timeout_ms"),
    [
        ("", SELECTION_TIMEOUT_MS),
        ("?serverselectiontimeoutms=300", 300),
        ("?tls=false", SELECTION_TIMEOUT_MS),
    ],
)
def test_the_address_says_how_long_a_server_is_looked_for(options: str, timeout_ms: int) -> None:
    """What an operator wrote into MONGODB_URI counts; else some seconds."""
    with connect(f"mongodb://127.0.0.1:1/{options}").client as client:
        assert client.options.server_selection_timeout == timeout_ms / 1000
