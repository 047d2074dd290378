"""Two bots with one token, on one ledger: one is at work, the other takes over when it is killed."""

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import DEVNULL
from time import monotonic, sleep
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest

from infrastructure.views.guarded_server import free_port
from tests.support.discord_server import TOKEN, DiscordServer, Upload, redirected_environment
from tests.support.postgresql import postgresql_server, postgresql_url
from tests.support.program import Program
from tests.support.waiting import wait_until

__all__ = ["postgresql_server", "postgresql_url"]

pytestmark = pytest.mark.timeout(300)  # three starts of the program
TAKE_OVER_S = 10.0
_PURGES = "SELECT count(*) FROM stored_events WHERE topic = 'FileBytesPurged'"


@pytest.fixture
def discord() -> Iterator[DiscordServer]:
    """Serve a Discord."""
    with DiscordServer() as server:
        yield server


def until_logged(path: Path, words: str, timeout_s: float = 60) -> None:
    """Wait until a bot has logged words."""
    end = monotonic() + timeout_s
    while words not in path.read_text():
        assert monotonic() < end, path.read_text()
        sleep(0.05)


def is_standing_by(port: int) -> bool:
    """Tell what a bot says of itself to who watches it."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        return b"fileledger_standing_by 1.0" in page.read().splitlines()


def history_of(program: Program, user_id: str) -> list[dict[str, Any]]:
    """Return everything that happened to a user's files."""
    events: list[dict[str, Any]] = program.json("history", "--user", user_id)["events"]
    return events


def test_when_one_of_two_bots_is_killed_the_other_does_everything_once(
    served: Program, discord: DiscordServer, postgresql_url: str, tmp_path: Path
) -> None:
    """Answers, expiries and purges go on within ten seconds; none is doubled, none is lost."""
    settings = {"DISCORD_TOKEN": TOKEN, "LEDGER_URL": postgresql_url, "FILE_EXPIRATION_HOURS": "0.003"}
    program = replace(
        served, environment=served.environment | redirected_environment(discord.api_url) | settings
    )
    alice, bob = discord.person("alice"), discord.person("bob")
    logs = [tmp_path / "first.log", tmp_path / "second.log"]
    with logs[0].open("w") as first_log, logs[1].open("w") as second_log:
        first = program.start("bot", stdout=DEVNULL, stderr=first_log)
        try:
            until_logged(logs[0], "connected to Discord")
            port = free_port()
            watched = replace(program, environment=program.environment | {"METRICS_PORT": str(port)})
            second = watched.start("bot", stdout=DEVNULL, stderr=second_log)
            try:
                until_logged(logs[1], "standing by")
                assert is_standing_by(port)
                for number in range(4):
                    alice.ask_bot(files=[Upload(f"{number}.csv", b"x\n1\n")])
                    alice.sees()
                first.send_signal(signal.SIGKILL)
                killed = monotonic()
                first.wait()
                bob.ask_bot(files=[Upload("b.csv", b"x\n2\n")])
                until_logged(logs[1], "connected to Discord")
                took_s = monotonic() - killed
                assert not is_standing_by(port)
                bob.sees(lambda message: "b.csv" in str(message.embeds), timeout_s=30)
                with psycopg.connect(postgresql_url, autocommit=True) as ledger:
                    wait_until(lambda: ledger.execute(_PURGES).fetchone() == (5,))
                second.send_signal(signal.SIGTERM)
                assert second.wait(60) == 0
            finally:
                second.kill()
                second.wait()
        finally:
            first.kill()
            first.wait()

    assert took_s < TAKE_OVER_S
    assert len(alice.timeline()) == 10  # five messages, each with one answer
    events = [event for person in (alice, bob) for event in history_of(program, person.user.id)]
    kinds = Counter(event["type"] for event in events)
    assert (kinds["FileUploaded"], kinds["FileExpired"], kinds["FileBytesPurged"]) == (5, 5, 5)
    assert all(event["data"]["bytes_freed"] == 4 for event in events if event["type"] == "FileBytesPurged")
    assert program.json("verify")["ok"]
    assert not program.on_disk()
