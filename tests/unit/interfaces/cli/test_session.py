"""What every command shares: logs."""

from collections.abc import Iterator

import pytest
import structlog

from interfaces.cli.session import configure_logging

SECRET = "a-token-that-nobody-may-read"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Leave structlog as it was."""
    yield
    structlog.reset_defaults()


def fail(token: str) -> None:
    """Fail with a secret at hand."""
    msg = f"{len(token)} characters"
    raise ValueError(msg)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_traceback_in_the_log_tells_no_values(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    """Where it went wrong is told, the arguments and variables there are not."""
    configure_logging(as_json=as_json)
    try:
        fail(SECRET)
    except ValueError:
        structlog.get_logger().exception("an answer failed")

    told = capsys.readouterr().err
    assert "in fail" in told
    assert "28 characters" in told
    assert SECRET not in told
