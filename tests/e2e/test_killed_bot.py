"""A bot that is killed owes answers, and pays when it is started again."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.support.discord_server import (
    TOKEN,
    DiscordServer,
    Message,
    Upload,
    faults,
    redirected_environment,
)
from tests.support.fault_table import record
from tests.support.model_endpoint import ModelEndpoint, says
from tests.support.program import Program

CSV = Upload("late.csv", b"x\n1\n")
pytestmark = pytest.mark.timeout(300)  # two starts of the program each, the first one cold

SLOW_RUN = "import time\nfor i in range(600):\n    print('step', i, flush=True)\n    time.sleep(0.1)"
SYNC = "PUT /applications/{application_id}/commands"
DOWNLOADS = "GET /attachments/{channel_id}/{attachment_id}/{filename}"


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord."""
    with DiscordServer() as server:
        yield server


@contextmanager
def running(program: Program) -> Iterator[Popen[str]]:
    """Run the bot, which does not outlive a test that fails."""
    with program.start("bot") as process:
        try:
            yield process
        finally:
            process.kill()


def buttons(message: Message) -> list[str]:
    """Return what stands on a message's buttons."""
    return [widget["label"] for widget in message.widgets if "label" in widget]


def test_nobody_is_left_without_an_answer_by_a_killed_bot(tmp_path: Path, discord: DiscordServer) -> None:
    """What grew is ended, what was begun is not done twice, and what was said meanwhile is answered."""
    alice, bob, carol = (discord.person(name) for name in ("alice", "bob", "carol"))
    with ModelEndpoint([says("word " * 1000, pause_s=0.1), says("I am back.")]) as endpoint:
        environment = {"DISCORD_TOKEN": TOKEN, "OPENAI_BASE_URL": endpoint.base_url, "OPENAI_MODEL": "m"}
        program = Program(tmp_path / "data", redirected_environment(discord.api_url) | environment)
        with running(program) as process:
            discord.until_connected(timeout_s=60)
            discord.until_call(SYNC)
            form = bob.slash("run")
            ran = bob.submit(form, {"code": SLOW_RUN})
            ran.message(lambda message: "step" in message.text, timeout_s=60)
            alice.ask_bot("count")
            alice.sees(lambda message: "word" in message.text, timeout_s=60)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=120)
        alice.send("not to the bot", [CSV])
        carol.ask_bot("are you there?")
        with running(program) as process:
            cut = alice.sees(lambda message: "I was restarted" in message.text, timeout_s=60)
            told = ran.message(lambda message: "I was restarted" in message.text, timeout_s=60)
            answer = carol.sees(lambda message: "I am back." in message.text, timeout_s=60)
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=120)

    assert "word" in cut.text
    assert "step" in told.text
    assert "Running" not in told.text
    assert told.is_ephemeral
    assert "Cancel" not in buttons(cut) + buttons(told) + buttons(answer)
    assert len(endpoint.requests) == 2
    assert not [message for message in alice.timeline() if "late.csv" in message.text]
    assert not list((tmp_path / "data" / "chat" / "waiting").iterdir()), err
    record(
        "SIGKILL of the bot",
        "a run, an answer of the model, a question meanwhile",
        acknowledged=3,
        says=cut.text.strip().splitlines()[-1],
        recovers="by itself, at the next start",
    )


def test_files_that_a_killed_bot_had_not_kept_are_kept_by_the_next(
    tmp_path: Path, discord: DiscordServer
) -> None:
    """Once, and with one card."""
    alice = discord.person("alice")
    program = Program(tmp_path / "data", redirected_environment(discord.api_url) | {"DISCORD_TOKEN": TOKEN})
    discord.faults.order(DOWNLOADS, faults.slow(30))
    with running(program) as process:
        discord.until_connected(timeout_s=60)
        alice.ask_bot(files=[CSV])
        discord.until_call_begun(DOWNLOADS)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=120)
    with running(program) as process:
        card = alice.sees(timeout_s=60)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)

    assert card.embeds[0]["footer"]["text"] == "Your files: 1/20"
    assert len(alice.timeline()) == 2
    record(
        "SIGKILL of the bot",
        "a file that is being downloaded",
        acknowledged=1,
        recovers="by itself, at the next start",
    )
