"""Limits, with one bot for the whole module: nothing here changes it."""

import io
from collections.abc import Iterator
from typing import Any

import disnake
import pytest
from disnake.http import Route

from tests.support.discord_server import TOKEN, DiscordServer, redirected
from tests.support.discord_server.checks.modals import check_modal
from tests.support.discord_server.errors import ApiError
from tests.support.running_bot import RunningBot

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[DiscordServer, RunningBot]]:
    """Serve a Discord with a bot in it."""
    make = disnake.Client
    with (
        DiscordServer() as server,
        redirected(server.api_url),
        RunningBot(lambda: make(intents=disnake.Intents(guilds=True)), TOKEN) as bot,
    ):
        server.until_connected()
        yield server, bot


def post(house: tuple[DiscordServer, RunningBot], body: Any) -> Any:
    """Send a message as given."""
    discord, bot = house

    async def send() -> Any:
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=int(discord.channel.id))
        return await bot.client.http.request(route, json=body)

    return bot.do(send())


def row(*components: Any) -> Any:
    """Return a row of components."""
    return {"type": 1, "components": list(components)}


def button(custom_id: str = "b", **changes: Any) -> Any:
    """Return a button."""
    return {"type": 2, "style": 1, "label": "B", "custom_id": custom_id, **changes}


def select(options: int = 1, **changes: Any) -> Any:
    """Return a select with so many options."""
    listed = [{"label": f"{number}", "value": f"{number}"} for number in range(options)]
    return {"type": 3, "custom_id": "s", "options": listed, **changes}


def text(content: str) -> Any:
    """Return a text display."""
    return {"type": 10, "content": content}


def v2(*components: Any, **more: Any) -> Any:
    """Return a message of components alone."""
    return {"flags": 1 << 15, "components": list(components), **more}


def embed(**fields: Any) -> Any:
    """Return a message of one embed."""
    return {"embeds": [fields]}


FIELD = {"name": "n", "value": "v"}

ALLOWED = {
    "longest content": {"content": "x" * 2000},
    "blanks around the longest content": {"content": "  " + "x" * 2000 + "\n"},
    "ten embeds": {"embeds": [{"title": "t"}] * 10},
    "longest embed": {"embeds": [{"description": "x" * 4096}, {"description": "x" * 1904}]},
    "25 fields": embed(fields=[FIELD] * 25),
    "five rows of five": {
        "components": [row(*(button(f"{line}{place}") for place in range(5))) for line in range(5)]
    },
    "25 options": {"components": [row(select(25))]},
    "longest custom id": {"components": [row(button("x" * 100))]},
    "link": {"components": [row({"type": 2, "style": 5, "label": "L", "url": "https://a.example"})]},
    "longest text of components": v2(text("x" * 2000), text("y" * 2000)),
    "40 components": v2({"type": 17, "components": [text("t")] * 39}),
    "section": v2({"type": 9, "components": [text("t")], "accessory": button()}),
}


@pytest.mark.parametrize("body", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_just_fits_is_sent(house: tuple[DiscordServer, RunningBot], body: Any) -> None:
    """A limit is the last value that is allowed."""
    assert post(house, body)["id"]


LONG = "BASE_TYPE_MAX_LENGTH"
LENGTH = "BASE_TYPE_BAD_LENGTH"
REQUIRED = "BASE_TYPE_REQUIRED"

REFUSED = {
    "content": ({"content": "x" * 2001}, "content", LONG),
    "nonce": ({"content": "x", "nonce": "n" * 26}, "nonce", LONG),
    "eleven embeds": ({"embeds": [{"title": "t"}] * 11}, "embeds", LONG),
    "title": (embed(title="x" * 257), "embeds.0.title", LONG),
    "description": (embed(description="x" * 4097), "embeds.0.description", LONG),
    "footer": (embed(footer={"text": "x" * 2049}), "embeds.0.footer.text", LONG),
    "author": (embed(author={"name": "x" * 257}), "embeds.0.author.name", LONG),
    "fields": (embed(fields=[FIELD] * 26), "embeds.0.fields", LONG),
    "field name": (embed(fields=[FIELD | {"name": "x" * 257}]), "embeds.0.fields.0.name", LONG),
    "field value": (embed(fields=[FIELD, FIELD | {"value": "x" * 1025}]), "embeds.0.fields.1.value", LONG),
    "empty field": (embed(fields=[FIELD | {"value": " "}]), "embeds.0.fields.0.value", REQUIRED),
    "all embeds": (
        {"embeds": [{"description": "x" * 4096}, {"description": "x" * 1905}]},
        "embeds",
        "MAX_EMBED_SIZE_EXCEEDED",
    ),
    "six rows": ({"components": [row(button(str(n))) for n in range(6)]}, "components", LONG),
    "six in a row": (
        {"components": [row(*(button(str(n)) for n in range(6)))]},
        "components.0.components.5",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "select and button": (
        {"components": [row(select(), button())]},
        "components.0.components.1",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    "empty row": ({"components": [row()]}, "components.0.components", LENGTH),
    "no row": ({"components": [button()]}, "components.0.type", "UNION_TYPE_CHOICES"),
    "same custom id": (
        {"components": [row(button("a"), button("a"))]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    "custom id": (
        {"components": [row(button("x" * 101))]},
        "components.0.components.0.custom_id",
        LENGTH,
    ),
    "label": ({"components": [row(button(label="x" * 81))]}, "components.0.components.0.label", LONG),
    "26 options": ({"components": [row(select(26))]}, "components.0.components.0.options", LENGTH),
    "no options": ({"components": [row(select(0))]}, "components.0.components.0.options", LENGTH),
    "option label": (
        {"components": [row(select() | {"options": [{"label": "x" * 101, "value": "1"}]})]},
        "components.0.components.0.options.0.label",
        LENGTH,
    ),
    "option value twice": (
        {"components": [row(select() | {"options": [{"label": "a", "value": "1"}] * 2})]},
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    "placeholder": (
        {"components": [row(select(placeholder="x" * 151))]},
        "components.0.components.0.placeholder",
        LONG,
    ),
    "41 components": (
        v2({"type": 17, "components": [text("t")] * 40}),
        "components",
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    "text of components": (
        v2(text("x" * 2000), text("y" * 2001)),
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    "content beside components": (
        v2(text("t"), content="x"),
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    "text without the flag": ({"components": [text("t")]}, "components.0.type", "UNION_TYPE_CHOICES"),
    "section without accessory": (
        v2({"type": 9, "components": [text("t")]}),
        "components.0.accessory",
        REQUIRED,
    ),
    "file that did not come": (
        v2({"type": 13, "file": {"url": "attachment://missing.png"}}),
        "components.0.file.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
}


@pytest.mark.parametrize(("body", "place", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_over_a_limit_is_refused_with_its_place(
    house: tuple[DiscordServer, RunningBot], body: Any, place: str, code: str
) -> None:
    """Discord's error tree names the field and the rule."""
    with pytest.raises(disnake.HTTPException) as caught:
        post(house, body)

    node = house[0].calls()[-1].reply["errors"]
    for step in place.split("."):
        node = node[step]
    assert [error["code"] for error in node["_errors"]] == [code]
    assert (caught.value.status, caught.value.code) == (400, 50035)


def upload(house: tuple[DiscordServer, RunningBot], *sizes: int) -> Any:
    """Send files of these sizes."""
    discord, bot = house
    files = [disnake.File(io.BytesIO(bytes(size)), filename=f"{n}.bin") for n, size in enumerate(sizes)]

    async def send() -> Any:  # past the client's own check of how many there are
        return await bot.client.http.send_files(int(discord.channel.id), files=files)

    return bot.do(send())


@pytest.mark.parametrize(
    ("sizes", "status", "code"),
    [
        ([1] * 11, 400, 30015),
        ([10 * MIB + 1], 413, 40005),
        ([9 * MIB, 9 * MIB, 9 * MIB], 413, 40005),
    ],
)
def test_files_over_a_limit_are_refused(
    house: tuple[DiscordServer, RunningBot], sizes: list[int], status: int, code: int
) -> None:
    """Too many, one too large, together too large for one request."""
    with pytest.raises(disnake.HTTPException) as caught:
        upload(house, *sizes)

    assert (caught.value.status, caught.value.code) == (status, code)


def test_ten_files_and_a_file_of_ten_mebibytes_are_taken(house: tuple[DiscordServer, RunningBot]) -> None:
    """The last values that are allowed."""
    assert len(upload(house, *[1] * 10)["attachments"]) == 10
    assert upload(house, 10 * MIB)["attachments"][0]["size"] == 10 * MIB


def test_an_empty_message_is_refused(house: tuple[DiscordServer, RunningBot]) -> None:
    """Nothing, and nothing but blanks: 50006."""
    for body in ({}, {"content": " \n"}):
        with pytest.raises(disnake.HTTPException) as caught:
            post(house, body)
        assert caught.value.code == 50006


def test_a_boosted_guild_takes_larger_files() -> None:
    """The second tier allows 50 MiB a file."""
    with (
        DiscordServer(premium_tier=2) as server,
        redirected(server.api_url),
        RunningBot(lambda: disnake.Client(intents=disnake.Intents(guilds=True)), TOKEN) as bot,
    ):
        server.until_connected()
        assert upload((server, bot), 11 * MIB)["attachments"][0]["size"] == 11 * MIB
        guild = bot.client.get_guild(int(server.guild.id))
        assert guild is not None
        assert guild.filesize_limit == 50 * MIB


MODAL: dict[str, Any] = {
    "custom_id": "m",
    "title": "t",
    "components": [{"type": 18, "label": "l", "component": {"type": 4, "custom_id": "i", "style": 1}}],
}
LABEL: dict[str, Any] = MODAL["components"][0]


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (MODAL | {"title": "x" * 46}, "title", LENGTH),
        (MODAL | {"custom_id": "x" * 101}, "custom_id", LENGTH),
        (MODAL | {"components": []}, "components", LENGTH),
        (MODAL | {"components": [LABEL | {"label": "x" * 46}]}, "components.0.label", LENGTH),
        (
            MODAL | {"components": [LABEL, LABEL]},
            "components.1.component.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            MODAL | {"components": [LABEL | {"component": LABEL["component"] | {"value": "x" * 4001}}]},
            "components.0.component.value",
            LONG,
        ),
    ],
)
def test_a_modal_over_a_limit_is_refused(data: Any, place: str, code: str) -> None:
    """The place is counted from the data of the response."""
    with pytest.raises(ApiError) as caught:
        check_modal(data)

    node = caught.value.body["errors"]["data"]
    for step in place.split("."):
        node = node[step]
    assert [error["code"] for error in node["_errors"]] == [code]
