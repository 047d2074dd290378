"""A chat with a model that really runs, behind a server that nobody wrote for tests; `make chat-llama`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.discord_server import TOKEN, DiscordServer, Message, Upload, redirected_environment
from tests.support.llama_server import MODEL, PYTHON, LlamaServer
from tests.support.program import Program

ANSWER_S = 300.0

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not PYTHON.exists(), reason="`make chat-llama` installs the server"),
]


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord."""
    with DiscordServer() as server:
        yield server


def is_answer(message: Message) -> bool:
    """Tell whether an answer of the model is whole."""
    labels = [widget.get("label") for widget in message.widgets]
    return not message.embeds and bool(message.text) and "Cancel" not in labels


def test_people_chat_with_a_real_model(tmp_path: Path, discord: DiscordServer) -> None:
    """Words and a request for a run are answered without a fault, the tokens counted as the server tells."""
    alice = discord.person("alice")
    with LlamaServer() as server:
        environment = {
            **redirected_environment(discord.api_url),
            "DISCORD_TOKEN": TOKEN,
            "OPENAI_BASE_URL": server.base_url,
            "OPENAI_MODEL": MODEL,
        }
        program = Program(tmp_path / "data", environment)
        with program.start("bot") as bot:
            discord.until_connected(timeout_s=60)
            said = alice.ask_bot("Say hello to me in one short sentence.")
            words = alice.sees(is_answer, after=said, timeout_s=ANSWER_S)
            asked = alice.ask_bot(
                "Use the tool to run print(6 * 7). One line, please.", [Upload("a.csv", b"x\n1\n")]
            )
            attempt = alice.sees(is_answer, after=asked, timeout_s=ANSWER_S)
            bot.terminate()
            _, log = bot.communicate(timeout=60)
    print(f"\n> {said.content}\n{words.text}\n> {asked.content}\n{attempt.text}")  # noqa: T201 - people want to see it

    turns = [
        event["data"]
        for event in program.json("history", "--user", alice.user.id)["events"]
        if event["type"] == "TurnFinished"
    ]
    assert bot.returncode == 0, log
    assert "⚠️" not in words.text + attempt.text
    assert len(turns) == 2
    assert all(turn["input_tokens"] > 100 and turn["output_tokens"] > 0 for turn in turns)
