from typing import Any

import disnake
import pytest
from disnake.http import Route
from disnake.interactions.application_command import ApplicationCommandInteraction

from tests.integration.discord_server.conftest import Bot, RunBot
from tests.support.discord_server import CannotDoError, DiscordServer

SYNC = "PUT /applications/{application_id}/commands"
Inter = ApplicationCommandInteraction[Any]


def offering(*names: str, **options: Any) -> Any:
    """Return what has a bot offer commands of these names."""

    def prepare(bot: Bot) -> None:
        for name in names:

            @bot.slash_command(name=name, description=name, **options)
            async def answer(inter: Inter) -> None:
                await inter.response.send_message("ok")

    return prepare


def test_commands_are_synced_at_the_start(discord: DiscordServer, run_bot: RunBot) -> None:
    """What the bot offers can be used."""
    run_bot(offering("files", "why"))

    discord.until_call(SYNC)

    assert discord.person("alice").slash("files").message().text == "ok"
    with pytest.raises(CannotDoError):
        discord.person("alice").slash("unknown")


def test_unchanged_commands_are_not_sent_again(discord: DiscordServer, run_bot: RunBot) -> None:
    """What the server gives back is what the client has, so that a second start changes nothing."""
    first = run_bot(offering("files"))
    discord.until_call(SYNC)
    first.do(first.client.http.request(Route("GET", "/gateway")))

    run_bot(offering("files"))
    discord.until_call("GET /applications/{application_id}/commands", count=2)

    assert len(discord.calls(SYNC)) == 1


def test_commands_keep_their_ids_and_vanish_with_the_bots_code(
    discord: DiscordServer, run_bot: RunBot
) -> None:
    """A bulk overwrite keeps what has the same name and drops the rest."""
    run_bot(offering("files", "old"))
    discord.until_call(SYNC)
    before = {item["name"]: key for key, item in discord.world.commands.items()}

    run_bot(offering("files", "new"))
    discord.until_call(SYNC, count=2)

    after = {item["name"]: key for key, item in discord.world.commands.items()}
    assert set(after) == {"files", "new"}
    assert after["files"] == before["files"]


def test_a_guilds_commands_are_offered_there_only(discord: DiscordServer, run_bot: RunBot) -> None:
    """A command of one guild is unknown in direct messages."""
    run_bot(offering("local", guild_ids=[int(discord.guild.id)]))
    discord.until_call("PUT /applications/{application_id}/guilds/{guild_id}/commands")
    alice = discord.person("alice")

    assert alice.slash("local").message().text == "ok"
    with pytest.raises(CannotDoError):
        alice.slash("local", channel=alice.direct())


def test_a_command_for_admins_is_offered_to_admins(discord: DiscordServer, run_bot: RunBot) -> None:
    """Default permissions hide a command from everybody else."""
    run_bot(offering("audit", default_member_permissions=disnake.Permissions(administrator=True)))
    discord.until_call(SYNC)

    assert discord.person("root", is_admin=True).slash("audit").message().text == "ok"
    with pytest.raises(CannotDoError):
        discord.person("alice").slash("audit")


def test_localizations_are_kept(discord: DiscordServer, run_bot: RunBot) -> None:
    """Names and descriptions in other languages go with the command."""
    german = disnake.Localized("files", data={"de": "dateien"})
    run_bot(lambda bot: bot.slash_command(name=german, description="list")(_answer))

    discord.until_call(SYNC)

    command = next(iter(discord.world.commands.values()))
    assert command["name_localizations"] == {"de": "dateien"}


async def _answer(inter: Inter) -> None:
    """Answer."""


OPTION = {"type": 3, "name": "file", "description": "d"}


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"name": "Upper"}, "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name": "two words"}, "0.name", "APPLICATION_COMMAND_INVALID_NAME"),
        ({"description": "x" * 101}, "0.description", "BASE_TYPE_BAD_LENGTH"),
        ({"options": [OPTION | {"name": f"o{n}"} for n in range(26)]}, "0.options", "BASE_TYPE_MAX_LENGTH"),
        (
            {"options": [OPTION | {"choices": [{"name": f"{n}", "value": f"{n}"} for n in range(26)]}]},
            "0.options.0.choices",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"options": [OPTION, OPTION | {"name": "other", "required": True}]},
            "0.options.1",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
    ],
)
def test_a_command_over_a_limit_is_refused(
    discord: DiscordServer, run_bot: RunBot, changes: dict[str, Any], place: str, code: str
) -> None:
    """The whole set is refused, with what is wrong where."""
    bot = run_bot()
    body: Any = [{"name": "files", "description": "d", **changes}]

    with pytest.raises(disnake.HTTPException) as caught:
        bot.do(bot.client.http.bulk_upsert_global_commands(int(discord.world.bot.id), body))

    assert caught.value.code == 50035
    assert f"In {place}" in str(caught.value)
    assert not discord.world.commands
    assert code in str(discord.calls(SYNC)[-1].reply["errors"])
