"""Metrics of a bot that stands by on the machine of the one at work."""

import socket
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.settings import Settings
from interfaces.wiring import Wiring


def test_a_port_that_the_bot_at_work_has_keeps_nobody_from_standing_by(tmp_path: Path) -> None:
    """Only who takes over needs it; by then it is free."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(fileledger_data_dir=tmp_path, metrics_port=taken.getsockname()[1])
        with Wiring(settings) as wiring:
            wiring.stand_by()
            with pytest.raises(EnvironmentFaultError, match="METRICS_PORT"):
                wiring.serve_metrics()
            taken.close()
            wiring.serve_metrics()
            wiring.serve_metrics()
