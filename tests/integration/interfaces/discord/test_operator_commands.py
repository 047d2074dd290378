from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, showing
from tests.support.discord_server import DiscordServer, Person, Upload

CSV = Upload("sales.csv", b"city,sold\nOslo,3\nRoma,5\n")


def operator_of(discord: DiscordServer, run_bot: RunFileBot) -> Person:
    """Start the bot for an operator, and return them."""
    operator = discord.person("operator", is_admin=True)
    run_bot(admin_user_ids=operator.user.id)
    discord.until_call(SYNC)
    return operator


def test_an_operators_look_is_told_to_the_user(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """The history is shown once, privately, and both see that it was read, and by whom."""
    operator = operator_of(discord, run_bot)
    alice.dm("", [CSV])
    alice.sees(channel=alice.direct())

    audited = operator.slash("audit", {"user": alice.user}).message()
    own = alice.slash("history").message()

    assert audited.is_ephemeral
    assert "**sales.csv** uploaded" in audited.text
    assert "This look is recorded" in audited.text
    read = f"events 1–2 of this history were read by the operator <@{operator.user.id}>"
    assert read in own.text.splitlines()[1]


def test_each_page_of_an_audit_is_recorded(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Turning a page is a look, too, and who is no operator cannot turn it."""
    operator = operator_of(discord, run_bot)
    for start in (0, 10):
        alice.dm("", [Upload(f"{start + number}.txt", b"x") for number in range(10)])
        alice.sees(showing(f"{start}.txt"), channel=alice.direct())

    audited = operator.slash("audit", {"user": alice.user}).message()
    operator.click(audited, "Older").message(lambda now: "first met" in now.text)
    own = alice.slash("history").message()

    assert "events 1–6 of" in own.text.splitlines()[1]
    assert "events 7–21 of" in own.text.splitlines()[2]


def test_nobody_but_operators_reads_others(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """To manage the server on Discord is not to run the bot; nothing is recorded, for nothing was read."""
    operator_of(discord, run_bot)
    manager = discord.person("manager", is_admin=True)
    alice.dm("", [CSV])
    alice.sees(channel=alice.direct())

    refused = manager.slash("audit", {"user": alice.user}).message()
    status = manager.slash("status").message()

    assert "for the operators of the bot only" in refused.text
    assert "sales.csv" not in refused.text
    assert "for the operators of the bot only" in status.text
    assert "read by" not in alice.slash("history").message().text


def test_nothing_is_recorded_of_who_never_was_here(discord: DiscordServer, run_bot: RunFileBot) -> None:
    """A look at nobody leaves no ledger behind."""
    operator = operator_of(discord, run_bot)
    bob = discord.person("bob")

    assert "Nothing is recorded of the user" in operator.slash("audit", {"user": bob.user}).message().text
    assert "Nothing has happened yet." in bob.slash("history").message().text


def test_the_status_tells_of_every_part(discord: DiscordServer, run_bot: RunFileBot, alice: Person) -> None:
    """Lag of the views, queue, disk, sandbox and the embedded server."""
    operator = operator_of(discord, run_bot)
    alice.dm("", [CSV])
    alice.sees(channel=alice.direct())

    status = operator.slash("status").message(timeout_s=30)

    fields = {field["name"]: field["value"] for field in status.embeds[0]["fields"]}
    assert status.is_ephemeral
    assert fields["Views lag"] == "2 of 2 events"
    assert fields["Runs waiting or running"] == "0"
    assert fields["Free on disk"].split()[1] in {"KB", "MB", "GB", "TB"}
    assert "on the embedded server" in status.text
    assert "mechanisms hold" in status.text
