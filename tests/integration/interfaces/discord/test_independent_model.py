"""Conversations on Discord with a server that somebody else wrote behind them."""

import json
from collections.abc import Iterator

import pytest

from tests.integration.interfaces.discord.conftest import RunFileBot, is_over
from tests.support.discord_server import Person, Upload
from tests.support.model_server import KEY, Json, ModelServer, run_of
from tests.support.running_bot import RunningBot

CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")
RUN_S = 60.0


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """Serve."""
    with ModelServer() as running:
        yield running


@pytest.fixture
def bot(run_bot: RunFileBot, database_uri: str, server: ModelServer) -> RunningBot:
    """Run the bot with the server as its model."""
    return run_bot(
        mongodb_uri=database_uri,
        openai_base_url=server.base_url,
        openai_api_key=KEY,
        openai_model="gpt-4o",
    )


def tool_results(request: Json) -> list[Json]:
    """Return what the runs before a request were told to have made."""
    return [json.loads(item["content"]) for item in request["messages"] if item["role"] == "tool"]


@pytest.mark.usefixtures("bot")
def test_a_model_repairs_what_it_got_wrong(server: ModelServer, alice: Person) -> None:
    """Arguments that are no JSON, then code that fails, then code that works: one answer in the end."""
    question = {"userMessage": "malformed arguments"}
    failing = "print(load_file('sales.csv')['sould'].sum())"
    server.reply({**question, "turnIndex": 1}, content="Once more.", toolCalls=[run_of(failing)])
    server.reply({**question, "turnIndex": 2}, toolCalls=[run_of(failing.replace("sould", "sold"))])
    right = {"content": "They sold **8**.", "options": {"chunkSize": 4}}
    server.reply({**question, "turnIndex": 3, "toolResultContains": "8"}, **right)

    alice.ask_bot("malformed arguments: how many were sold?", [CSV])
    alice.sees(lambda message: "They sold **8**." in message.text and is_over(message), timeout_s=RUN_S)

    malformed, failed, worked = tool_results(server.requests[-1])
    assert "JSON" in json.dumps(malformed)
    assert "KeyError" in json.dumps(failed)
    assert "8" in json.dumps(worked)


@pytest.mark.usefixtures("bot")
@pytest.mark.parametrize(
    ("response", "words"),
    [
        ({"error": {"message": "Rate limit reached"}, "status": 429, "retryAfter": 60}, "Rate limit reached"),
        ({"error": {"message": "No such luck"}, "status": 500}, "No such luck"),
        (
            {
                "content": "Well, as everybody knows",
                "options": {"chunkSize": 4, "truncateAfterChunks": 4, "streamingProfile": {"tps": 40}},
            },
            "⚠️",
        ),
    ],
)
def test_a_fault_is_said_and_the_next_question_answered(
    server: ModelServer, alice: Person, response: Json, words: str
) -> None:
    """No turn is lost: the conversation goes on, and the model sees what was asked before."""
    server.reply({"userMessage": "first question"}, **response)
    server.reply({"userMessage": "second question"}, content="Here I am.")

    alice.ask_bot("first question")
    alice.sees(lambda message: words in message.text and is_over(message), timeout_s=RUN_S)
    alice.ask_bot("second question")
    alice.sees(lambda message: "Here I am." in message.text and is_over(message))

    assert "first question" in json.dumps(server.requests[-1]["messages"])
