import re

import pytest

from tests.integration.interfaces.discord.conftest import RunFileBot
from tests.support.discord_server import DiscordServer, Message, Person, Upload, faults

MESSAGES = "POST /channels/{channel_id}/messages"
DOWNLOADS = "GET /attachments/{channel_id}/{attachment_id}/{filename}"
CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")


def footer(card: Message) -> str:
    """Return the last line of a card."""
    return str(card.embeds[0]["footer"]["text"])


@pytest.mark.parametrize("is_direct", [False, True])
def test_files_are_saved_and_answered_with_one_card(
    run_bot: RunFileBot, alice: Person, *, is_direct: bool
) -> None:
    """A mention or a direct message: name, type, size, id, expiry, count and buttons in one message."""
    run_bot()
    sent = alice.dm("look", [CSV]) if is_direct else alice.ask_bot("look", [CSV])
    place = alice.direct() if is_direct else alice.home

    card = alice.sees(channel=place, after=sent)

    field = card.embeds[0]["fields"][0]
    assert field["name"] == "sales.csv"
    assert re.fullmatch(r"CSV.* · 24 B · `[a-z0-9]{12}` · expires <t:\d+:R>", field["value"])
    assert footer(card) == "Your files: 1/20"
    labels = [widget["label"] for widget in card.widgets]
    assert labels == ["Key statistics", "First rows", "Charts", "Correlations", "Delete"]
    assert card.replies_to == sent.id
    assert len(alice.timeline(place)) == 2


def test_ten_files_are_one_card_with_a_choice(run_bot: RunFileBot, alice: Person) -> None:
    """Each has its line; the buttons of one come when it is chosen."""
    run_bot()
    alice.ask_bot(files=[Upload(f"{number}.txt", b"x") for number in range(10)])

    card = alice.sees()
    chosen = alice.choose(card, "Choose a file", "3.txt").message()

    assert len(card.embeds[0]["fields"]) == 10
    assert chosen.is_ephemeral
    assert chosen.embeds[0]["title"] == "3.txt"
    assert len(chosen.widgets) == 8


def test_what_is_not_meant_for_the_bot_is_left_alone(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Files between people stay between them."""
    run_bot()
    alice.send("for bob", [CSV])
    alice.ask_bot("hello")

    answer = alice.sees()

    assert "Send me files" in answer.text
    assert not discord.calls(DOWNLOADS)


def test_a_message_told_twice_is_saved_and_answered_once(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """After a reconnect the gateway may repeat an event."""
    run_bot()
    alice.dm("", [CSV])
    alice.sees(channel=alice.direct())

    discord.gateway.replayed_again = 5
    discord.gateway_faults.close()
    discord.until(lambda: any(session.resumed for session in discord.gateway.sessions.values()) or None)
    alice.dm("", [Upload("other.csv", b"a\n1\n")])
    second = alice.sees(lambda card: "other.csv" in card.text, channel=alice.direct())

    assert footer(second) == "Your files: 2/20"
    assert len(alice.timeline(alice.direct())) == 4


def test_a_card_whose_sending_was_not_confirmed_is_there_once(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """A request that was carried out but answered with 500 is repeated, and makes no second card."""
    run_bot()
    discord.faults.order(MESSAGES, faults.server_error(500), afterwards=True)

    alice.ask_bot(files=[CSV])
    calls = discord.until_call(MESSAGES, count=2)

    assert [call.status for call in calls] == [500, 200]
    assert len(alice.timeline()) == 2


def test_an_attachment_met_again_after_a_restart_is_the_same_file(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """The attachment's id is what counts, not the process that saw it first."""
    bot = run_bot()
    sent = alice.dm("", [CSV])
    first = alice.sees(channel=alice.direct())
    bot.stop()
    run_bot()

    discord.clock.advance(600)  # past the minutes in which a repeated answer is dropped
    discord.repeat(sent)
    second = alice.sees(channel=alice.direct(), after=first)

    assert second.embeds[0]["fields"] == first.embeds[0]["fields"]
    assert footer(second) == "Your files: 1/20"


def test_the_oldest_make_room_and_are_named(run_bot: RunFileBot, alice: Person) -> None:
    """Over the limit the card tells what left."""
    run_bot(max_files_per_user=2)
    alice.ask_bot(files=[Upload(f"{number}.txt", b"x") for number in range(3)])

    card = alice.sees()

    removed = card.embeds[0]["fields"][-1]
    assert removed["name"] == "Removed to make room"
    assert removed["value"].startswith("0.txt")
    assert footer(card) == "Your files: 2/2"


def test_a_file_over_the_limit_does_not_hold_up_the_others(run_bot: RunFileBot, alice: Person) -> None:
    """It is named with the reason; the rest is kept."""
    run_bot(max_file_size_mb=0.001)
    alice.ask_bot(files=[Upload("big.bin", bytes(5000)), CSV])

    card = alice.sees()

    big, small = card.embeds[0]["fields"]
    assert big["name"] == "big.bin"
    assert "larger than the limit" in big["value"]
    assert "`" in small["value"]
    assert footer(card) == "Your files: 1/20"


def test_a_failed_download_is_told(discord: DiscordServer, run_bot: RunFileBot, alice: Person) -> None:
    """Nothing is saved of what Discord does not hand out, and no button offered for it."""
    run_bot()
    discord.faults.order(DOWNLOADS, faults.server_error(503))
    alice.ask_bot(files=[CSV])

    card = alice.sees()

    assert card.embeds[0]["title"] == "Nothing was saved"
    assert "send it again" in card.embeds[0]["fields"][0]["value"]
    assert not card.widgets


def test_a_message_that_is_deleted_meanwhile_is_answered_all_the_same(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """The files were kept, so the card is due."""
    run_bot()
    discord.faults.order(DOWNLOADS, faults.slow(0.3), afterwards=True)
    sent = alice.ask_bot(files=[CSV])
    discord.until_call_begun(DOWNLOADS)
    alice.delete(sent)

    assert footer(alice.sees()) == "Your files: 1/20"


def test_a_name_is_neither_markup_nor_mention(run_bot: RunFileBot, alice: Person) -> None:
    """What strangers write is shown as it stands."""
    run_bot()
    alice.ask_bot(files=[Upload("__init__.py", b"x = 1\n")])

    card = alice.sees()

    assert card.embeds[0]["fields"][0]["name"] == r"\_\_init\_\_.py"
