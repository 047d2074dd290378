"""Answers to interactions over a bad network: none is lost, none is there twice."""

import pytest

from interfaces.discord import answers
from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, is_over
from tests.support.discord_server import Callback, DiscordServer, Permission, Person, Upload, errors, faults

CALLBACK = "POST /interactions/{interaction_id}/{interaction_token}/callback"
EDIT = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")
SECONDS = 30
LONG = """
import time
open('made.txt', 'w').write('whole')
time.sleep(1)
print('late but there')
"""


def runs_of(person: Person) -> int:
    """Return how many runs of a person were recorded."""
    return person.slash("history").message().text.count("a run began")


def test_an_acknowledgement_whose_confirmation_was_lost_counts(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """The repeated one is refused, and the answer still comes, once."""
    run_bot()
    discord.until_call(SYNC)
    discord.faults.order(CALLBACK, faults.server_error(500), afterwards=True)

    card = alice.slash("upload", {"file": CSV}).message()

    assert [call.status for call in discord.calls(CALLBACK)] == [500, 400]
    assert card.embeds[0]["footer"]["text"] == "Your files: 1/20"
    assert len(alice.timeline()) == 1


def test_a_form_whose_opening_was_not_confirmed_is_open(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Nothing else is said beside it."""
    run_bot()
    discord.until_call(SYNC)
    discord.faults.order(CALLBACK, faults.server_error(500), afterwards=True)

    opened = alice.slash("run")
    discord.until_call(CALLBACK, count=2)
    result = alice.submit(opened, {"code": "print(6 * 7)"}).message(is_over, timeout_s=SECONDS)

    assert opened.callback() is Callback.MODAL
    assert "42" in result.text
    assert len(alice.timeline()) == 1


def test_an_answer_that_discord_delays_or_fails_arrives_once(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 is waited for, 500 repeated, with the file whole each time."""
    monkeypatch.setattr(answers, "FIRST_PROGRESS_AFTER_S", SECONDS)  # the result is the only edit
    run_bot()
    discord.until_call(SYNC)
    discord.faults.order(EDIT, faults.rate_limited(0.2))
    discord.faults.order(EDIT, faults.server_error(500), afterwards=True)

    code = "open('made.txt', 'w').write('whole')"
    result = alice.submit(alice.slash("run"), {"code": code}).message(is_over, timeout_s=SECONDS)
    discord.until_call(EDIT, count=3)

    assert [call.status for call in discord.calls(EDIT)] == [429, 500, 200]
    assert [item.size_bytes for item in result.attachments] == [5]
    assert len(alice.timeline()) == 1
    assert runs_of(alice) == 1


def test_an_answer_that_discord_refuses_is_told_of(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Nobody is left with a bot that thinks for ever."""
    run_bot()
    discord.until_call(SYNC)
    discord.faults.order(EDIT, faults.refused(errors.too_large()))

    answer = alice.slash("help").message()

    assert "Something went wrong that should not" in answer.text


def test_what_is_told_twice_is_done_once(discord: DiscordServer, run_bot: RunFileBot, alice: Person) -> None:
    """After a reconnect the gateway may repeat commands, forms and clicks."""
    run_bot()
    discord.until_call(SYNC)
    alice.slash("upload", {"file": CSV}).message()
    alice.submit(alice.slash("run"), {"code": "print(6 * 7)"}).message(is_over, timeout_s=SECONDS)

    discord.gateway.replayed_again = 5
    discord.gateway_faults.cut()
    discord.until(lambda: any(session.resumed for session in discord.gateway.sessions.values()) or None)
    discord.gateway.replayed_again = 0
    history = alice.slash("history").message().text

    assert history.count("a run began") == 1
    assert history.count("uploaded") == 1
    assert len(discord.calls(CALLBACK)) == 4


def test_a_result_that_took_longer_than_discord_waits_comes_directly(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """After 15 minutes the answer can no longer be given in its place."""
    run_bot()
    discord.until_call(SYNC)
    running = alice.submit(alice.slash("run"), {"code": LONG})
    running.callback()
    discord.clock.advance(901)

    result = alice.sees(is_over, channel=alice.direct(), timeout_s=SECONDS)

    assert "late but there" in result.text
    assert [item.size_bytes for item in result.attachments] == [5]


def test_strangers_get_nothing_from_a_card_after_a_restart(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Ownership is checked at each click and choice, in whichever process."""
    first = run_bot()
    alice.ask_bot(files=[CSV, Upload("b.txt", b"x")])
    card = alice.sees()
    own = alice.choose(card, "Choose a file", "sales.csv").message()
    first.stop()
    run_bot()
    bob = discord.person("bob")

    refused = bob.choose(card, "Choose a file", "sales.csv").message()
    handed = alice.click(own, "Download").message()

    assert refused.is_ephemeral
    assert "You have no file" in refused.text
    assert [item.filename for item in handed.attachments] == ["sales.csv"]


def test_commands_are_answered_where_the_bot_may_not_write(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """An answer that only its reader sees needs no permission in the channel."""
    run_bot()
    discord.until_call(SYNC)
    discord.deny(discord.channel, Permission.SEND_MESSAGES, Permission.VIEW_CHANNEL)

    assert "Send me files" in alice.slash("help").message().text
