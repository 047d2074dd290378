import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.discord_server import TOKEN, DiscordServer, Upload, redirected_environment
from tests.support.program import Program


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord."""
    with DiscordServer() as server:
        yield server


def bot_on(tmp_path: Path, discord: DiscordServer, **environment: str) -> Program:
    """Return the program as the operator has set it up."""
    return Program(tmp_path / "data", {**redirected_environment(discord.api_url), **environment})


def test_the_bot_serves_until_it_is_asked_to_stop(tmp_path: Path, discord: DiscordServer) -> None:
    """A file sent to it is kept and answered, and the program ends in good order."""
    program = bot_on(tmp_path, discord, DISCORD_TOKEN=TOKEN, LOG_FORMAT="json")
    alice = discord.person("alice")

    with program.start("bot") as process:
        discord.until_connected(timeout_s=60)
        alice.ask_bot("", [Upload("a.csv", b"x\n1\n")])
        card = alice.sees(timeout_s=30)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 0, err + out
    assert card.embeds[0]["footer"]["text"] == "Your files: 1/20"
    history = program.json("history", "--user", alice.user.id)["events"]
    assert history[-1]["type"] == "FileUploaded"
    assert TOKEN not in out + err
    logged = [json.loads(line) for line in err.splitlines()]
    assert "connected to Discord" in {line["event"] for line in logged}
    assert all(line["timestamp"].endswith("Z") and line["level"] for line in logged)


def test_a_wrong_token_is_one_line(tmp_path: Path, discord: DiscordServer) -> None:
    """Cause and remedy, no traceback, no token."""
    ended = bot_on(tmp_path, discord, DISCORD_TOKEN="stolen").run("bot")

    lines = ended.stderr.strip().splitlines()
    assert ended.returncode == 3
    assert len(lines) == 1, ended.stderr
    assert "refuses the token in DISCORD_TOKEN" in lines[0]
    assert "stolen" not in ended.stderr + ended.stdout
