import io
from typing import Any

import disnake
import pytest
from disnake.http import Route

from tests.integration.discord_server.conftest import Bot, RunBot
from tests.support.discord_server import CannotDoError, DiscordServer, Upload
from tests.support.running_bot import RunningBot
from tests.support.waiting import wait_until

MESSAGES = "POST /channels/{channel_id}/messages"


def channel_of(bot: RunningBot, discord: DiscordServer) -> Any:
    """Return the client's object of the guild's channel."""
    return bot.client.get_channel(int(discord.channel.id))


def file(name: str, data: bytes) -> disnake.File:
    """Return a file as a bot sends it."""
    return disnake.File(io.BytesIO(data), filename=name)


def test_a_message_arrives_with_its_files(discord: DiscordServer, run_bot: RunBot) -> None:
    """What a person attaches can be downloaded from the address in the event."""
    bot = run_bot()
    alice = discord.person("alice")
    sent = alice.ask_bot("look", [Upload("my data.csv", b"x,y\n1,2\n"), Upload("b.bin", bytes(range(256)))])

    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))
    contents = [bot.do(attachment.read()) for attachment in message.attachments]

    assert [item.filename for item in message.attachments] == ["my_data.csv", "b.bin"]
    assert message.attachments[0].content_type == "text/csv"
    assert contents == [b"x,y\n1,2\n", bytes(range(256))]
    assert message.mentions == [bot.client.user]


def test_addresses_of_files_lapse_after_a_day(discord: DiscordServer, run_bot: RunBot) -> None:
    """A bot that wants the bytes must save them at once."""
    bot = run_bot()
    sent = discord.person("alice").ask_bot("", [Upload("a.txt", b"1")])
    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))

    discord.clock.advance(25 * 3600)

    with pytest.raises(disnake.NotFound):
        bot.do(message.attachments[0].read())


def test_files_go_with_their_message(discord: DiscordServer, run_bot: RunBot) -> None:
    """What was attached to a deleted message is gone."""
    bot = run_bot()
    alice = discord.person("alice")
    sent = alice.ask_bot("", [Upload("a.txt", b"1")])
    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))

    alice.delete(sent)

    with pytest.raises(disnake.NotFound):
        bot.do(message.attachments[0].read())


def test_what_a_bot_sends_is_seen_with_its_files(discord: DiscordServer, run_bot: RunBot) -> None:
    """A multipart request becomes a message with attachments, with the descriptions given."""
    bot = run_bot()
    chart = disnake.File(io.BytesIO(b"PNG"), filename="chart.png", description="sales")
    bot.do(channel_of(bot, discord).send("done", files=[chart, file("a.csv", b"1")]))

    seen = discord.person("alice").sees()

    assert seen.text == "done"
    assert [item.filename for item in seen.attachments] == ["chart.png", "a.csv"]
    assert seen.attachments[0].description == "sales"
    assert discord.world.files.read(seen.attachments[0].id) == b"PNG"


def test_an_edit_keeps_what_it_does_not_name(discord: DiscordServer, run_bot: RunBot) -> None:
    """A changed text leaves files alone; a list of attachments says which stay."""
    bot = run_bot()
    alice = discord.person("alice")
    message = bot.do(channel_of(bot, discord).send("one", files=[file("a.txt", b"1"), file("b.txt", b"2")]))

    bot.do(message.edit("two"))
    kept = alice.sees(lambda seen: seen.text == "two")
    bot.do(message.edit("three", attachments=message.attachments[:1], files=[file("c.txt", b"3")]))
    changed = alice.sees(lambda seen: seen.text == "three")

    assert [item.filename for item in kept.attachments] == ["a.txt", "b.txt"]
    assert [item.filename for item in changed.attachments] == ["a.txt", "c.txt"]


def test_a_picture_in_an_embed_is_that_of_the_message(discord: DiscordServer, run_bot: RunBot) -> None:
    """`attachment://` becomes the address of the file that came along."""
    bot = run_bot()
    embed = disnake.Embed(title="chart").set_image(file=file("chart.png", b"PNG"))

    bot.do(channel_of(bot, discord).send(embed=embed))

    seen = discord.person("alice").sees()
    assert seen.embeds[0]["image"]["url"] == seen.attachment("chart.png").url


def test_a_deleted_message_is_seen_no_more(discord: DiscordServer, run_bot: RunBot) -> None:
    """A bot may delete what it wrote, once."""
    bot = run_bot()
    message = bot.do(channel_of(bot, discord).send("oops"))

    bot.do(message.delete())

    assert not discord.person("alice").timeline()
    with pytest.raises(disnake.NotFound) as caught:
        bot.do(message.delete())
    assert caught.value.code == 10008


def test_a_reply_names_what_it_replies_to(discord: DiscordServer, run_bot: RunBot) -> None:
    """A reference is kept, and must exist."""
    bot = run_bot()
    question = discord.person("alice").ask_bot("why?")
    original = bot.do(channel_of(bot, discord).fetch_message(int(question.id)))

    answer = bot.do(original.reply("because"))

    assert discord.person("bob").sees().replies_to == question.id
    assert answer.reference is not None
    assert answer.reference.message_id == original.id


def test_a_reply_to_what_is_gone_is_refused_unless_it_may_stand_alone(
    discord: DiscordServer, run_bot: RunBot
) -> None:
    """`fail_if_not_exists` decides: 50035, or a message that replies to nothing."""
    bot = run_bot()
    alice = discord.person("alice")
    question = alice.ask_bot("why?")
    original = bot.do(channel_of(bot, discord).fetch_message(int(question.id)))
    alice.delete(question)

    with pytest.raises(disnake.HTTPException) as caught:
        bot.do(original.reply("because"))
    bot.do(original.reply("because", fail_if_not_exists=False))

    assert caught.value.code == 50035
    assert alice.sees().replies_to is None


def test_a_repeated_nonce_makes_no_second_message(discord: DiscordServer, run_bot: RunBot) -> None:
    """With `enforce_nonce` a request that arrives twice is carried out once; after minutes it is new."""
    bot = run_bot()
    body = {"content": "once", "nonce": "n-1", "enforce_nonce": True}

    async def post() -> Any:
        channel_id = int(discord.channel.id)
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=channel_id)
        return await bot.client.http.request(route, json=body)

    first, second = bot.do(post()), bot.do(post())
    discord.clock.advance(600)
    third = bot.do(post())

    assert first["id"] == second["id"] != third["id"]
    assert len(discord.person("alice").timeline()) == 2


def test_people_edit_react_and_delete(discord: DiscordServer, run_bot: RunBot) -> None:
    """What people do to messages reaches the bot as events."""
    seen: list[str] = []

    def prepare(bot: Bot) -> None:
        @bot.listen("on_raw_message_edit")
        async def edited(event: disnake.RawMessageUpdateEvent) -> None:
            seen.append(f"edited {event.data['content']}")

        @bot.listen("on_raw_reaction_add")
        async def reacted(event: disnake.RawReactionActionEvent) -> None:
            seen.append(f"reacted {event.emoji.name}")

        @bot.listen("on_raw_message_delete")
        async def deleted(_: disnake.RawMessageDeleteEvent) -> None:
            seen.append("deleted")

        @bot.listen("on_message")
        async def heard(_: disnake.Message) -> None:
            await _.channel.send("end")

    run_bot(prepare, intents=disnake.Intents(guilds=True, messages=True, reactions=True))
    alice = discord.person("alice")
    sent = discord.person("bob").send("hello")
    mine = alice.dm("first")
    alice.edit(mine, "second")
    alice.react(sent, "👍")
    alice.delete(mine)
    discord.until_call(MESSAGES)
    alice.dm("last")
    discord.until_call(MESSAGES, count=3)
    wait_until(lambda: len(seen) == 3)  # events of different kinds are heard in tasks of their own

    assert seen == ["edited second", "reacted 👍", "deleted"]


def test_a_bot_reacts_and_types(discord: DiscordServer, run_bot: RunBot) -> None:
    """Reactions of the bot are seen, typing is counted."""
    bot = run_bot()
    sent = discord.person("alice").ask_bot("hi")
    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))

    bot.do(channel_of(bot, discord).trigger_typing())
    bot.do(message.add_reaction("⏳"))
    bot.do(message.add_reaction("✅"))
    bot.do(message.remove_reaction("⏳", bot.client.user))

    reactions = discord.person("bob").timeline()[0].reactions
    assert reactions == {"⏳": frozenset(), "✅": frozenset({discord.world.bot.id})}
    assert len(discord.calls("POST /channels/{channel_id}/typing")) == 1


def test_history_is_paged_from_the_newest(discord: DiscordServer, run_bot: RunBot) -> None:
    """`before` and `limit` walk back through a channel."""
    bot = run_bot()
    alice = discord.person("alice")
    for number in range(5):
        alice.ask_bot(str(number))

    async def read() -> list[str]:
        return [item.content[-1] async for item in channel_of(bot, discord).history(limit=3)]

    assert bot.do(read()) == ["4", "3", "2"]


def test_a_thread_starts_from_a_message(discord: DiscordServer, run_bot: RunBot) -> None:
    """A thread is a channel of its own, in which the bot can write."""
    bot = run_bot()
    sent = discord.person("alice").ask_bot("discuss")
    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))

    thread = bot.do(message.create_thread(name="discussion"))
    bot.do(thread.send("here"))

    place = discord.world.channels[str(thread.id)]
    assert place.parent_id == discord.channel.id
    assert discord.person("bob").sees(channel=place).text == "here"


def test_a_bot_writes_to_a_person(discord: DiscordServer, run_bot: RunBot) -> None:
    """A direct channel opens by the person's id."""
    bot = run_bot()
    alice = discord.person("alice")
    user = bot.do(bot.client.fetch_user(int(alice.user.id)))

    bot.do(user.send("psst"))

    assert alice.sees(channel=alice.direct()).text == "psst"


def test_a_person_can_be_closed_to_messages(discord: DiscordServer, run_bot: RunBot) -> None:
    """Who takes no direct messages gets none: 50007."""
    bot = run_bot()
    bob = discord.person("bob", takes_messages=False)
    user = bot.do(bot.client.fetch_user(int(bob.user.id)))

    with pytest.raises(disnake.Forbidden) as caught:
        bot.do(user.send("psst"))
    assert caught.value.code == 50007


def test_what_somebody_else_wrote_cannot_be_edited(discord: DiscordServer, run_bot: RunBot) -> None:
    """A bot edits its own messages only: 50005."""
    bot = run_bot()
    sent = discord.person("alice").ask_bot("mine")
    message = bot.do(channel_of(bot, discord).fetch_message(int(sent.id)))

    with pytest.raises(disnake.Forbidden) as caught:
        bot.do(message.edit("yours"))
    assert caught.value.code == 50005


def test_a_person_cannot_send_what_the_client_refuses(discord: DiscordServer) -> None:
    """The driver is held to the limits of Discord's client."""
    alice = discord.person("alice")

    with pytest.raises(CannotDoError):
        alice.send("x" * 2001)
    with pytest.raises(CannotDoError):
        alice.send(files=[Upload("a", b"")] * 11)
