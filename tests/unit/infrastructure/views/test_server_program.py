from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.views.server_program import ServerProgram


def environment(folder: Path, version: str) -> Path:
    """Lay an environment with the server out, and return its interpreter."""
    (folder / f"lib/python3.99/site-packages/secantusdb-{version}.dist-info").mkdir(parents=True)
    python = folder / "bin" / "python"
    python.parent.mkdir()
    python.touch()
    return python


def test_the_version_is_that_of_the_installed_package(tmp_path: Path) -> None:
    """Read from the environment, without running anything."""
    assert ServerProgram.find(environment(tmp_path, "0.7.0b3")).version == "0.7.0b3"


def test_an_environment_without_the_server_is_refused_with_the_remedy(tmp_path: Path) -> None:
    """What is missing, and the two ways out."""
    with pytest.raises(EnvironmentFaultError, match=r"make setup.*MONGODB_URI"):
        ServerProgram.find(tmp_path / "bin" / "python")


def test_the_command_listens_on_loopback_only_and_asks_for_a_password(tmp_path: Path) -> None:
    """No other interface, no settings of strangers, no secret in the arguments."""
    program = ServerProgram.find(environment(tmp_path, "1"))
    command = program.command(4711, tmp_path / "storage", tmp_path / "empty.toml", auth=True)
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "4711"
    assert command[command.index("--config") + 1] == str(tmp_path / "empty.toml")
    assert (tmp_path / "empty.toml").read_text() == ""
    assert command[-1] == "--auth"
    assert "-I" in command
    assert "--auth" not in program.command(4711, ":memory:", tmp_path / "empty.toml", auth=False)
