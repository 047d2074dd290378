from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, is_over
from tests.support.discord_server import DiscordServer, Person, Upload

CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")


def test_first_rows_are_shown_by_a_click(run_bot: RunFileBot, alice: Person) -> None:
    """An analysis runs in the sandbox, and its output is the answer."""
    run_bot()
    alice.ask_bot(files=[CSV])

    answer = alice.click(alice.sees(), "First rows").message(is_over, timeout_s=30)

    assert answer.text.startswith("```")
    assert "Oslo" in answer.text


def test_charts_arrive_as_pictures(run_bot: RunFileBot, alice: Person) -> None:
    """What a run makes is attached."""
    run_bot()
    alice.ask_bot(files=[CSV])

    answer = alice.click(alice.sees(), "Charts").message(is_over, timeout_s=60)

    assert any(item.filename.endswith(".png") for item in answer.attachments)


def test_a_file_is_deleted_after_one_question(run_bot: RunFileBot, alice: Person) -> None:
    """Question and answer are seen by nobody else; then the file is gone."""
    run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()

    question = alice.click(card, "Delete").message()
    answer = alice.click(question, "Delete it").message(lambda message: message.text != question.text)
    again = alice.click(card, "Delete").message()

    assert question.is_ephemeral
    assert answer.text == "sales.csv is deleted."
    assert not answer.widgets
    assert "You have no file" in again.text


def test_nobody_else_can_use_the_buttons(discord: DiscordServer, run_bot: RunFileBot, alice: Person) -> None:
    """Whose file it is, is checked at each click; the refusal is seen by nobody else."""
    run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()
    bob = discord.person("bob")

    for label in ("Delete", "First rows"):
        refusal = bob.click(card, label).message()
        assert "You have no file" in refusal.text
        assert refusal.is_ephemeral


def test_buttons_outlive_a_restart(run_bot: RunFileBot, alice: Person) -> None:
    """What a button means is in its custom id."""
    first = run_bot()
    alice.ask_bot(files=[CSV])
    card = alice.sees()
    first.stop()
    run_bot()

    assert "Delete sales.csv for good?" in alice.click(card, "Delete").message().text


def test_a_chosen_file_is_downloaded_and_explained(run_bot: RunFileBot, alice: Person) -> None:
    """Its card gives the bytes back, and says why it is there and what happened to it."""
    run_bot()
    alice.ask_bot(files=[CSV, Upload("other.txt", b"x")])
    card = alice.choose(alice.sees(), "Choose a file", "sales.csv").message()

    handed = alice.click(card, "Download").message()
    why = alice.click(card, "Why?").message()
    history = alice.click(card, "History").message()

    assert [item.filename for item in handed.attachments] == ["sales.csv"]
    assert handed.attachments[0].size_bytes == len(CSV.data)
    assert why.embeds[0]["title"] == "sales.csv: there"
    assert "It is in your list, expires <t:" in why.text
    assert "**sales.csv** uploaded (24 B)" in history.text
    assert "other.txt" not in history.text
    assert handed.is_ephemeral
    assert why.is_ephemeral
    assert history.is_ephemeral


def test_a_file_that_is_too_large_for_the_place_comes_zipped(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Over the limit of a file, what can be made smaller is."""
    run_bot()
    discord.until_call(SYNC)
    opened = alice.slash("run")
    alice.submit(opened, {"code": "open('big.txt', 'w').write('x' * 11_000_000)"}).message(
        is_over, timeout_s=30
    )
    listed = alice.slash("files").message(timeout_s=30)
    big = alice.choose(listed, "Choose a file", "big.txt").message()

    handed = alice.click(big, "Download").message(timeout_s=20)

    assert [item.filename for item in handed.attachments] == ["big.txt.zip"]
    assert "comes zipped" in handed.text
