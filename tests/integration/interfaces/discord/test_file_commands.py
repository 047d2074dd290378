import pytest

from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, is_over, showing
from tests.support.discord_server import CannotDoError, DiscordServer, Message, Person, Upload

CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")
SECONDS = 30  # the first list waits for the embedded server


def texts(count: int, first: int = 0) -> list[Upload]:
    """Return small files, at most ten a message."""
    return [Upload(f"{number}.txt", b"x") for number in range(first, first + count)]


@pytest.fixture
def bot(discord: DiscordServer, run_bot: RunFileBot) -> DiscordServer:
    """Return the Discord once the commands are known there."""
    run_bot()
    discord.until_call(SYNC)
    return discord


def turned(person: Person, message: Message, button: str) -> Message:
    """Return a message once a button has changed it."""
    return person.click(message, button).message(lambda now: now.text != message.text)


def test_help_names_the_commands_in_private(bot: DiscordServer, alice: Person) -> None:
    """Who asks in German is told in German, by the names that Discord shows there."""
    german = bot.person("dora", locale="de")

    english_help, german_help = alice.slash("help").message(), german.slash("help").message()

    assert english_help.is_ephemeral
    assert "`/files` your files" in english_help.text
    assert "`/dateien` deine Dateien" in german_help.text


def test_commands_are_named_in_both_languages(bot: DiscordServer) -> None:
    """Discord gets every name and description in each."""
    (call,) = bot.calls(SYNC)

    for command in call.body:
        for part in (command, *command["options"]):
            assert set(part["name_localizations"]) == {"en-US", "de"}, part["name"]
            assert set(part["description_localizations"]) == {"en-US", "de"}, part["name"]


@pytest.mark.usefixtures("bot")
def test_uploads_by_command_are_seen_by_nobody_else(alice: Person) -> None:
    """Several files of one command are one card."""
    card = alice.slash("upload", {"file": CSV, "file_2": Upload("b.txt", b"y")}).message()

    assert card.is_ephemeral
    assert [field["name"] for field in card.embeds[0]["fields"]] == ["sales.csv", "b.txt"]
    assert card.embeds[0]["footer"]["text"] == "Your files: 2/20"


def test_more_files_than_a_select_holds_are_on_pages(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """25 a page, the newest first; pages turn in place, also after a restart, and a choice opens the card."""
    first = run_bot(max_files_per_user=30)
    discord.until_call(SYNC)
    for start in (0, 10, 20):
        alice.dm("", texts(10 if start < 20 else 7, start))
        alice.sees(showing(f"{start}.txt"), channel=alice.direct())

    newest = alice.slash("files").message(timeout_s=SECONDS)
    first.stop()
    run_bot(max_files_per_user=30)
    oldest = turned(alice, newest, "Older")
    card = alice.choose(oldest, "Choose a file", "1.txt").message()
    again = turned(alice, oldest, "Newer")

    assert newest.is_ephemeral
    assert newest.embeds[0]["title"] == "Your files: 27/30"
    assert len(newest.widgets[0]["options"]) == 25
    assert newest.widgets[0]["options"][0]["label"] == "26.txt"
    assert [option["label"] for option in oldest.widgets[0]["options"]] == ["1.txt", "0.txt"]
    assert card.embeds[0]["title"] == "1.txt"
    assert again.text == newest.text


def test_what_is_typed_finds_ones_own_files_only(bot: DiscordServer, alice: Person) -> None:
    """Part of a name proposes name, size and age, and sends the id; others are told that they have none."""
    bob = bot.person("bob")
    alice.dm("", [CSV, Upload("notes.txt", b"x")])
    alice.sees(channel=alice.direct())
    alice.slash("files").message(timeout_s=SECONDS)

    (found,) = alice.complete("why", {"file": "SAL"}, "file")
    why = alice.slash("why", {"file": found["value"]}).message()

    assert found["name"].startswith("sales.csv · 24 B · ")
    assert found["name"].endswith(" ago")
    assert why.embeds[0]["title"] == "sales.csv: there"
    assert bob.complete("why", {"file": ""}, "file") == []
    assert "You have no files yet" in bob.slash("files").message().text
    assert "You have no file" in bob.slash("why", {"file": found["value"]}).message().text


def test_a_file_that_is_gone_is_explained_by_its_name(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Who made room for whom, and under which limit."""
    run_bot(max_files_per_user=1)
    discord.until_call(SYNC)
    alice.dm("", [CSV, Upload("new.txt", b"x")])
    alice.sees(channel=alice.direct())

    why = alice.slash("why", {"file": "sales.csv"}).message()
    never = alice.slash("why", {"file": "never.csv"}).message()

    assert why.is_ephemeral
    assert why.embeds[0]["title"] == "sales.csv: made room"
    assert "it made room for **new.txt** under the limit of 1 uploaded files" in why.text
    assert "You have no file 'never.csv'" in never.text


@pytest.mark.usefixtures("bot")
def test_history_is_told_a_page_at_a_time(alice: Person) -> None:
    """The newest events first, in words, to their owner alone."""
    for start in (0, 10):
        alice.dm("", texts(10, start))
        alice.sees(showing(f"{start}.txt"), channel=alice.direct())

    newest = alice.slash("history").message()
    oldest = turned(alice, newest, "Older")
    of_one = alice.slash("history", {"file": "3.txt"}).message()

    assert newest.is_ephemeral
    assert "**19.txt** uploaded (1 B)" in newest.text.splitlines()[1]
    assert oldest.text.splitlines()[-1].endswith("first met")
    assert len(oldest.text.splitlines()) + len(newest.text.splitlines()) == 21 + 2
    assert of_one.embeds[0]["title"] == "History of 3.txt"
    assert len(of_one.text.splitlines()) == 2


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.usefixtures("bot")
def test_code_from_a_form_is_run(alice: Person, *, is_public: bool) -> None:
    """The result is the person's alone unless they want to show it."""
    opened = alice.slash("run", {"public": is_public})

    result = alice.submit(opened, {"code": "print(6 * 7)"}).message(is_over, timeout_s=SECONDS)

    assert "42" in result.text
    assert result.is_ephemeral is not is_public


def test_a_form_is_understood_after_a_restart(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """What it is for is in its custom id."""
    first = run_bot()
    discord.until_call(SYNC)
    opened = alice.slash("run")
    opened.modal()
    first.stop()
    run_bot()

    assert "42" in alice.submit(opened, {"code": "print(6 * 7)"}).message(is_over, timeout_s=SECONDS).text


def test_who_asks_too_often_is_told_when_to_try_again(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Each person is counted apart, uploads and runs as well, and nothing is done beyond the rate."""
    run_bot(max_uploads_per_minute=1, max_runs_per_minute=1)
    discord.until_call(SYNC)
    german = discord.person("dora", locale="de")

    card = alice.slash("upload", {"file": CSV, "file_2": Upload("b.txt", b"y")}).message()
    alice.submit(alice.slash("run"), {"code": "print(1)"}).message(is_over, timeout_s=SECONDS)
    refused = alice.submit(alice.slash("run"), {"code": "print(2)"}).message()
    german_card = german.slash("upload", {"file": CSV, "file_2": Upload("b.txt", b"y")}).message()

    assert "not saved: That was faster than the 1 uploads a minute" in card.embeds[0]["fields"][1]["value"]
    assert card.embeds[0]["footer"]["text"] == "Your files: 1/20"
    assert "try again in " in refused.text
    assert "versuch es in " in german_card.embeds[0]["fields"][1]["value"]
    assert german_card.embeds[0]["footer"]["text"] == "Deine Dateien: 1/20"


@pytest.mark.usefixtures("bot")
def test_operators_commands_are_not_offered_to_everybody(alice: Person) -> None:
    """They do not stand in the way of who cannot use them."""
    with pytest.raises(CannotDoError, match="not offered"):
        alice.slash("status")
