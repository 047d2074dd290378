from tests.integration.interfaces.discord.conftest import RunFileBot
from tests.support.discord_server import DiscordServer, Person, Upload

SYNC = "PUT /applications/{application_id}/commands"
CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")


def test_first_rows_are_shown_by_a_click(run_bot: RunFileBot, alice: Person) -> None:
    """An analysis runs in the sandbox, and its output is the answer."""
    run_bot()
    alice.ask_bot(files=[CSV])

    answer = alice.click(alice.sees(), "First rows").message(timeout_s=30)

    assert answer.text.startswith("```")
    assert "Oslo" in answer.text


def test_charts_arrive_as_pictures(run_bot: RunFileBot, alice: Person) -> None:
    """What a run makes is attached."""
    run_bot()
    alice.ask_bot(files=[CSV])

    answer = alice.click(alice.sees(), "Charts").message(timeout_s=60)

    assert any(item.filename.endswith(".png") for item in answer.attachments)


def test_a_file_is_deleted_after_one_question(run_bot: RunFileBot, alice: Person) -> None:
    """Question and answer are seen by nobody else; then the file is gone."""
    run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()

    question = alice.click(card, "Delete").message()
    answer = alice.click(question, "Delete it").message()
    again = alice.click(card, "Delete").message()

    assert question.is_ephemeral
    assert answer.text == "sales.csv is deleted."
    assert "You have no file" in again.text


def test_nobody_else_can_use_the_buttons(discord: DiscordServer, run_bot: RunFileBot, alice: Person) -> None:
    """Whose file it is, is checked at each click."""
    run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()
    bob = discord.person("bob")

    for label in ("Delete", "First rows"):
        assert "You have no file" in bob.click(card, label).message().text


def test_buttons_outlive_a_restart(run_bot: RunFileBot, alice: Person) -> None:
    """What a button means is in its custom id."""
    first = run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()
    first.stop()
    run_bot()

    assert "Delete sales.csv for good?" in alice.click(card, "Delete").message().text


def test_help_is_given_in_private(run_bot: RunFileBot, discord: DiscordServer, alice: Person) -> None:
    """The command is synced at the start."""
    run_bot()
    discord.until_call(SYNC)

    answer = alice.slash("help").message()

    assert answer.is_ephemeral
    assert "Send me files" in answer.text
