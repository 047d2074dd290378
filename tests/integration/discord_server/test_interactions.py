from collections.abc import Callable
from typing import Any

import disnake
import pytest
from disnake.ext import commands
from disnake.interactions.application_command import ApplicationCommandInteraction
from disnake.interactions.message import MessageInteraction
from disnake.interactions.modal import ModalInteraction
from disnake.ui.select.string import StringSelect

from tests.integration.discord_server.conftest import Bot, RunBot
from tests.support.discord_server import (
    Callback,
    CannotDoError,
    DiscordServer,
    Message,
    Person,
    Reply,
    Upload,
)

SYNC = "PUT /applications/{application_id}/commands"
Inter = ApplicationCommandInteraction[Any]
Act = Callable[[Inter], Any]


@pytest.fixture
def alice(discord: DiscordServer) -> Person:
    """Somebody who uses the bot."""
    return discord.person("alice")


@pytest.fixture
def slash(discord: DiscordServer, run_bot: RunBot, alice: Person) -> Callable[[Act], Reply]:
    """Return what starts a bot whose `/go` does as given, and uses it."""

    def use(act: Act) -> Reply:
        def prepare(bot: Bot) -> None:
            @bot.slash_command(description="go")
            async def go(inter: Inter) -> None:
                await act(inter)

            @bot.listen("on_slash_command_error")
            async def fail(inter: Inter, error: Exception) -> None:
                cause = getattr(error, "original", error)
                if isinstance(cause, disnake.InteractionTimedOut):
                    await inter.channel.send("failed with 10062")
                elif isinstance(cause, disnake.HTTPException):
                    await inter.channel.send(f"failed with {cause.code}")

        run_bot(prepare)
        discord.until_call(SYNC)
        return alice.slash("go")

    return use


def failure(alice: Person, code: int) -> Message:
    """Wait until the bot tells that it failed with a code."""
    return alice.sees(lambda message: message.text == f"failed with {code}")


def test_an_answer_at_once_is_seen(slash: Callable[[Act], Reply]) -> None:
    """A command may be answered with a message."""
    reply = slash(lambda inter: inter.response.send_message("hello"))

    assert reply.message().text == "hello"
    assert reply.callback() is Callback.MESSAGE


def test_an_ephemeral_answer_is_seen_by_nobody_else(
    discord: DiscordServer, slash: Callable[[Act], Reply], alice: Person
) -> None:
    """The flag EPHEMERAL keeps a message between the bot and one person."""
    message = slash(lambda inter: inter.response.send_message("secret", ephemeral=True)).message()

    assert message.is_ephemeral
    assert message in alice.timeline()
    assert message not in discord.person("bob").timeline()


def test_a_deferred_answer_replaces_the_loading_message(slash: Callable[[Act], Reply], alice: Person) -> None:
    """DEFER shows that the bot thinks; the edit of the original takes its place, files and all."""

    async def act(inter: Inter) -> None:
        await inter.response.defer(ephemeral=True)
        await inter.edit_original_response("done", file=disnake.File(__file__, filename="a.py"))

    message = slash(act).message()

    assert (message.text, message.is_ephemeral) == ("done", True)
    assert [item.filename for item in message.attachments] == ["a.py"]
    assert len(alice.timeline()) == 1


def test_the_first_followup_of_a_deferral_takes_its_place(
    slash: Callable[[Act], Reply], alice: Person
) -> None:
    """As Discord does for old clients: no second message appears, the next one is new."""

    async def act(inter: Inter) -> None:
        await inter.response.defer()
        await inter.followup.send("first")
        await inter.followup.send("second")

    reply = slash(act)

    assert reply.followups()[0].text == "second"
    assert [message.text for message in alice.timeline()] == ["first", "second"]


def test_followups_can_be_edited_and_deleted(
    discord: DiscordServer, slash: Callable[[Act], Reply], alice: Person
) -> None:
    """The token gives access to what was sent with it."""

    async def act(inter: Inter) -> None:
        await inter.response.send_message("one")
        second = await inter.followup.send("two", wait=True)
        third = await inter.followup.send("three", wait=True)
        await second.edit("two, edited")
        await third.delete()
        await inter.delete_original_response()

    slash(act)
    discord.until_call("DELETE /webhooks/{webhook_id}/{webhook_token}/messages/{message_id}", count=2)

    assert [message.text for message in alice.timeline()] == ["two, edited"]


def test_an_answer_after_three_seconds_comes_too_late(
    discord: DiscordServer, slash: Callable[[Act], Reply], alice: Person
) -> None:
    """Without a response in time the person reads of a failure, and the bot gets 10062."""

    async def act(inter: Inter) -> None:
        discord.clock.advance(3.1)
        await inter.response.send_message("late")

    reply = slash(act)

    failure(alice, 10062)
    assert alice.has_seen_failure(reply)


def test_a_token_ends_after_fifteen_minutes(
    discord: DiscordServer, slash: Callable[[Act], Reply], alice: Person
) -> None:
    """A run that takes longer must answer in the channel: 50027."""

    async def act(inter: Inter) -> None:
        await inter.response.defer()
        discord.clock.advance(15 * 60 + 1)
        await inter.edit_original_response("late")

    slash(act)

    failure(alice, 50027)


def test_an_interaction_is_answered_once(slash: Callable[[Act], Reply], alice: Person) -> None:
    """A second first response is refused: 40060."""

    async def act(inter: Inter) -> None:
        await inter.response.send_message("once")
        inter.response._response_type = None  # noqa: SLF001 - disnake would not even try
        try:
            await inter.response.send_message("twice")
        except disnake.InteractionResponded:
            await inter.channel.send("failed with 40060")

    slash(act)

    failure(alice, 40060)


def test_a_followup_needs_an_answer_first(slash: Callable[[Act], Reply], alice: Person) -> None:
    """Before the first response the token opens nothing: 10015."""
    slash(lambda inter: inter.followup.send("early"))

    failure(alice, 10015)


def test_options_arrive_as_they_were_typed(discord: DiscordServer, run_bot: RunBot, alice: Person) -> None:
    """Strings, numbers, switches, people and files, under a group and a subcommand."""
    got: dict[str, object] = {}

    def prepare(bot: Bot) -> None:
        @bot.slash_command(description="all")
        async def every(inter: Inter) -> None:
            """Group."""

        @every.sub_command(description="sort")
        async def sort(
            inter: Inter,
            text: str,
            number: commands.Range[int, 1, 5],
            on: bool,  # noqa: FBT001 - an option of the command
            who: disnake.User,
            file: disnake.Attachment,
        ) -> None:
            content = await file.read()
            got.update(text=text, number=number, is_on=on, who=who.name, content=content)
            await inter.response.send_message("ok")

    run_bot(prepare)
    discord.until_call(SYNC)
    bob = discord.person("bob").user
    options = {"text": "t", "number": 3, "on": True, "who": bob, "file": Upload("a.csv", b"1,2")}

    assert alice.slash("every sort", options).message().text == "ok"
    assert got == {"text": "t", "number": 3, "is_on": True, "who": "bob", "content": b"1,2"}
    for wrong in ({"number": 6}, {"number": "x"}, {"nothing": 1}):
        with pytest.raises(CannotDoError):
            alice.slash("every sort", options | wrong)
    with pytest.raises(CannotDoError):
        alice.slash("every sort", {"text": "alone"})


def test_autocomplete_proposes_what_fits(discord: DiscordServer, run_bot: RunBot, alice: Person) -> None:
    """The bot answers while the person types; the choice then arrives as a value."""

    def prepare(bot: Bot) -> None:
        @bot.slash_command(description="why")
        async def why(inter: Inter, file: str) -> None:
            await inter.response.send_message(file)

        @why.autocomplete("file")
        async def propose(_: Inter, typed: str) -> dict[str, str]:
            return {f"{typed}-{number}.csv": f"id-{number}" for number in range(3)}

    run_bot(prepare)
    discord.until_call(SYNC)

    choices = alice.complete("why", {"file": "sal"}, focused="file")

    assert choices[1] == {"name": "sal-1.csv", "value": "id-1"}
    assert alice.slash("why", {"file": choices[1]["value"]}).message().text == "id-1"


def card(act: Callable[[MessageInteraction[Any]], Any]) -> Callable[[Bot], None]:
    """Return what has a bot show a card with a button and a select, which do as given."""

    def prepare(bot: Bot) -> None:
        @bot.listen("on_message")
        async def show(message: disnake.Message) -> None:
            if message.author.bot:
                return
            options = {"First": "1", "Second": "2"}
            select = StringSelect(custom_id="pick", options=options, min_values=1, max_values=2)
            off = disnake.ui.Button(label="Off", custom_id="off", disabled=True)
            button = disnake.ui.Button(label="Delete", custom_id="delete:42")
            await message.channel.send("card", components=[[button, off], select])

        @bot.listen("on_message_interaction")
        async def use(inter: MessageInteraction[Any]) -> None:
            await act(inter)

    return prepare


def test_a_click_brings_the_custom_id(run_bot: RunBot, alice: Person) -> None:
    """What a button is about is in its custom id, with the message it is on."""
    run_bot(
        card(lambda inter: inter.response.send_message(f"{inter.component.custom_id} {inter.message.id}"))
    )
    alice.ask_bot("show")
    shown = alice.sees()

    assert alice.click(shown, "Delete").message().text == f"delete:42 {shown.id}"


def test_a_choice_brings_the_values(run_bot: RunBot, alice: Person) -> None:
    """Options are chosen by what they show."""
    run_bot(card(lambda inter: inter.response.edit_message(f"picked {inter.values}", components=[])))
    alice.ask_bot("show")
    shown = alice.sees()

    updated = alice.choose(shown, "pick", "Second", "First").message()

    assert (updated.id, updated.text) == (shown.id, "picked ['2', '1']")
    with pytest.raises(CannotDoError):
        alice.click(shown, "Delete")


def test_a_deferred_update_edits_the_card(run_bot: RunBot, alice: Person) -> None:
    """The original of a component's interaction is the message it is on."""

    async def act(inter: MessageInteraction[Any]) -> None:
        await inter.response.defer()
        await inter.edit_original_response("changed")

    run_bot(card(act))
    alice.ask_bot("show")
    shown = alice.sees()

    changed = alice.click(shown, "Delete").message(lambda message: message.text == "changed")

    assert changed.id == shown.id


def test_people_use_only_what_they_see(discord: DiscordServer, run_bot: RunBot, alice: Person) -> None:
    """Disabled and missing buttons, unknown and too many options cannot be used."""
    run_bot(card(lambda inter: inter.response.send_message("secret", ephemeral=True)))
    alice.ask_bot("show")
    shown = alice.sees()

    misuses: list[Callable[[], object]] = [
        lambda: alice.click(shown, "Off"),
        lambda: alice.click(shown, "Missing"),
        lambda: alice.choose(shown, "pick", "Third"),
        lambda: alice.choose(shown, "pick"),
        lambda: discord.person("bob").click(alice.click(shown, "Delete").message(), "any"),
    ]
    for misuse in misuses:
        with pytest.raises(CannotDoError):
            misuse()


def modal(components: Any) -> Callable[[Bot], None]:
    """Return what has a bot open a modal at `/ask`, and repeat what comes back."""

    def prepare(bot: Bot) -> None:
        @bot.slash_command(description="ask")
        async def ask(inter: Inter) -> None:
            await inter.response.send_modal(title="Ask", custom_id="ask:1", components=components)

        @bot.listen("on_modal_submit")
        async def answer(inter: ModalInteraction[Any]) -> None:
            values = {
                name: [item.filename for item in value] if isinstance(value, list) else value
                for name, value in inter.resolved_values.items()
            }
            await inter.response.send_message(f"{inter.custom_id} {values}")

    return prepare


def test_a_modal_brings_back_what_was_typed(discord: DiscordServer, run_bot: RunBot, alice: Person) -> None:
    """Text inputs come back by custom id; the client holds people to required fields and lengths."""
    fields = [
        disnake.ui.Label("Code", disnake.ui.TextInput(custom_id="code", max_length=10)),
        disnake.ui.Label("Note", disnake.ui.TextInput(custom_id="note", required=False)),
    ]
    run_bot(modal(fields))
    discord.until_call(SYNC)
    opened = alice.slash("ask")

    answer = alice.submit(opened, {"code": "print(1)"}).message()

    assert answer.text == "ask:1 {'code': 'print(1)', 'note': ''}"
    for wrong in ({}, {"code": "x" * 11}, {"code": "x", "other": "y"}):
        with pytest.raises(CannotDoError):
            alice.submit(opened, wrong)


def test_a_modal_takes_files(discord: DiscordServer, run_bot: RunBot, alice: Person) -> None:
    """A file upload comes back as attachments."""
    upload = disnake.ui.FileUpload(custom_id="files", max_values=2)
    run_bot(modal([disnake.ui.Label("Files", upload)]))
    discord.until_call(SYNC)

    answer = alice.submit(alice.slash("ask"), {"files": [Upload("a.csv", b"1"), Upload("b.csv", b"2")]})

    assert answer.message().text == "ask:1 {'files': ['a.csv', 'b.csv']}"


def test_commands_work_in_direct_messages(discord: DiscordServer, run_bot: RunBot) -> None:
    """There the interaction has a user and no member, in the person's language."""

    def prepare(bot: Bot) -> None:
        @bot.slash_command(description="who")
        async def who(inter: Inter) -> None:
            await inter.response.send_message(f"{inter.author.name} {inter.guild_id} {inter.locale}")

        @bot.slash_command(description="here", contexts=disnake.InteractionContextTypes(guild=True))
        async def here(inter: Inter) -> None:
            """Be offered in guilds only."""

    run_bot(prepare)
    discord.until_call(SYNC)
    greta = discord.person("greta", locale="de")

    assert greta.slash("who", channel=greta.direct()).message().text == "greta None de"
    with pytest.raises(CannotDoError):
        greta.slash("here", channel=greta.direct())


def test_the_upload_limit_is_told_with_the_interaction(slash: Callable[[Act], Reply]) -> None:
    """`attachment_size_limit` is that of the guild."""
    reply = slash(lambda inter: inter.response.send_message(str(inter.attachment_size_limit)))

    assert reply.message().text == str(10 * 1024 * 1024)
