import io
import zipfile

from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, labels
from tests.support.discord_server import DiscordServer, Person, Upload

CSV = Upload("sales.csv", b"city,sold\nOslo,3\n")


def test_everything_is_erased_when_the_word_is_typed(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Any other word erases nothing; afterwards one can begin anew."""
    run_bot()
    discord.until_call(SYNC)
    alice.ask_bot(files=[CSV])
    alice.sees()

    kept = alice.submit(alice.slash("forget"), {"word": "forgot"}).message()
    files = alice.slash("files").message()
    erased = alice.submit(alice.slash("forget"), {"word": " forget "}).message(timeout_s=60)
    nothing = alice.slash("files").message()
    again = alice.submit(alice.slash("forget"), {"word": "FORGET"}).message(timeout_s=60)
    sent = alice.ask_bot(files=[CSV])
    card = alice.sees(after=sent)

    assert "Nothing was erased" in kept.text
    assert "sales.csv" in files.text
    assert erased.is_ephemeral
    assert erased.text.startswith("Everything of yours is erased: 1 files")
    assert "You have no files yet" in nothing.text
    assert "nothing of yours to erase" in again.text
    assert card.embeds[0]["footer"]["text"] == "Your files: 1/20"
    assert "Key statistics" in labels(card)


def test_the_word_is_one_of_the_readers_language(discord: DiscordServer, run_bot: RunFileBot) -> None:
    """Who reads German types a German word."""
    run_bot()
    discord.until_call(SYNC)
    dora = discord.person("dora", locale="de")

    refused = dora.submit(dora.slash("forget"), {"word": "forget"}).message()

    assert "nicht das Wort VERGESSEN" in refused.text


def test_everything_is_handed_over_in_one_archive(
    discord: DiscordServer, run_bot: RunFileBot, alice: Person
) -> None:
    """Privately; who has nothing is told so."""
    run_bot()
    discord.until_call(SYNC)
    alice.ask_bot(files=[CSV])
    alice.sees()

    handed = alice.slash("export").message()
    nothing = discord.person("bob").slash("export").message()

    [archive] = [file for call in discord.calls() for file in call.files if file.filename == "fileledger.zip"]
    with zipfile.ZipFile(io.BytesIO(archive.data)) as opened:
        [name] = [name for name in opened.namelist() if name.endswith("sales.csv")]
        assert opened.read(name) == CSV.data
    assert handed.is_ephemeral
    assert handed.text.startswith("All that is kept of you: 2 events, 1 files and 0 conversations.")
    assert [item.filename for item in handed.attachments] == ["fileledger.zip"]
    assert "nothing to export" in nothing.text
