"""Where the bot lacks a permission: the answer comes in another shape, or who can mend it is told."""

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from tests.integration.interfaces.discord.conftest import RunFileBot, is_over, labels
from tests.support.discord_server import DiscordServer, Message, Permission, Person, Upload, errors, faults

CSV = Upload("sales.csv", b"city,sold\nOslo,3\n")


def test_where_it_may_not_write_the_person_and_the_operator_are_told(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Directly, with what to give the bot; and who takes no direct messages does no harm."""
    closed = discord.person("carol", takes_messages=False)
    run_bot()
    discord.deny(discord.channel, Permission.SEND_MESSAGES)

    with capture_logs() as logs:
        closed.ask_bot("hello")
        alice.ask_bot(files=[CSV])
        told = alice.sees(channel=alice.direct())

    assert told.text.startswith(f"I may not write in <#{discord.channel.id}>.")
    assert "Send Messages" in told.text
    assert any("may not write in #general" in line["event"] for line in logs)
    assert len(alice.timeline()) == 2  # what she and carol wrote


def test_an_answer_that_turns_out_to_be_forbidden_is_told_to_the_operator(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Discord has the last word on what is allowed."""
    run_bot()
    answer = "POST /channels/{channel_id}/messages"
    discord.faults.order(answer, faults.refused(errors.missing_permissions()))

    with capture_logs() as logs:
        alice.ask_bot("hello")
        discord.until_call(answer)
        alice.dm("end")
        alice.sees(channel=alice.direct())

    assert any("may not answer in #general" in line["event"] for line in logs)


@pytest.mark.parametrize(
    "denied",
    [
        [Permission.EMBED_LINKS],
        [Permission.READ_MESSAGE_HISTORY],
        [Permission.EMBED_LINKS, Permission.READ_MESSAGE_HISTORY, Permission.ATTACH_FILES],
    ],
)
def test_a_card_comes_in_what_shape_it_may(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person, denied: Sequence[Permission]
) -> None:
    """Without embeds as text, without the history as no reply; its buttons are there."""
    run_bot()
    discord.deny(discord.channel, *denied)
    sent = alice.ask_bot(files=[CSV])

    card = alice.sees()

    assert bool(card.embeds) == (Permission.EMBED_LINKS not in denied)
    assert "**sales.csv**" in card.text or card.embeds
    assert card.replies_to == (None if Permission.READ_MESSAGE_HISTORY in denied else sent.id)
    assert "Key statistics" in labels(card)


def test_files_that_may_not_be_attached_are_named(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """The result comes all the same, late and in the channel, and says where the files are."""
    run_bot()
    discord.deny(discord.channel, Permission.ATTACH_FILES)
    alice.ask_bot(files=[CSV])
    card = alice.sees()

    alice.click(card, "Key statistics").callback()
    discord.clock.advance(16 * 60)
    result = alice.sees(_is_result, after=card, timeout_s=40)

    assert not result.attachments
    assert "I may not attach files here" in result.text
    assert "statistics" in result.text


def _is_result(message: Message) -> bool:
    return is_over(message) and "Ran in" in message.text
