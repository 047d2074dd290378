"""Everything that the crowd needs: a Discord, a server that plays the model, and the bot as a program."""

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.discord_server import TOKEN, DiscordServer, redirected_environment
from tests.support.model_server import KEY, ModelServer, run_of
from tests.support.program import Program

HEARTBEAT_S = 1.0
START_S = 120.0
STOP_S = 60.0
COMMANDS = "PUT /applications/{application_id}/commands"

TOLD, COMPUTED = "Once upon a time there was a table. The end.", "It is 42. The end."
END = "The end."


@dataclass
class House:
    """The bot's surroundings.

    `outages` are when the bot was away, on the monotonic clock; `start_s` is how long its latest
    start took until people could write and use every command.
    """

    discord: DiscordServer
    program: Program
    log: Path
    outages: list[tuple[float, float]] = field(default_factory=list)
    killed_s: list[float] = field(default_factory=list)
    exit_codes: list[int] = field(default_factory=list)
    start_s: float = 0.0
    _started_s: float = 0.0
    _process: subprocess.Popen[str] | None = None
    _gone_s: float = 0.0
    _is_replaced: bool = False

    @property
    def is_up(self) -> bool:
        """Whether the bot is connected."""
        return any(session.connection for session in self.discord.gateway.sessions.values())

    @property
    def pid(self) -> int:
        """The bot's process id, 0 before it was started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the bot; it may take some seconds until it is there."""
        self._started_s = time.monotonic()
        with self.log.open("a") as log:
            self._process = self.program.start("bot", stdout=log, stderr=log)

    def until_up(self) -> None:
        """Wait until the bot is there, its commands known."""
        self.discord.until_connected(START_S)
        self.discord.until_call(COMMANDS, timeout_s=START_S)
        self.start_s = time.monotonic() - self._started_s

    def note_up(self) -> None:
        """Write down that the bot is back, if it is."""
        if self._is_replaced and self.is_up:
            self._is_replaced = False
            self.outages.append((self._gone_s, time.monotonic()))
            self._gone_s = 0.0

    def interrupt(self, signal_number: signal.Signals) -> None:
        """Ask the bot to end, or kill it."""
        self._gone_s = time.monotonic()
        if signal_number is signal.SIGKILL:
            self.killed_s.append(self._gone_s)
        if self._process is not None:
            self._process.send_signal(signal_number)

    def start_if_gone(self) -> None:
        """Start the bot anew once the one that was interrupted is gone."""
        is_awaited = self._gone_s > 0 and not self._is_replaced
        if is_awaited and self._process is not None and self._process.poll() is not None:
            self.exit_codes.append(self._process.returncode)
            self._is_replaced = True
            self.start()

    def stop(self) -> None:
        """End the bot in good order."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)  # nothing happens to one that is gone
        try:
            self.exit_codes.append(self._process.wait(STOP_S))
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def was_away(self, began_s: float, until_s: float) -> bool:
        """Whether the bot was away at some time of an interval."""
        open_ended = [(self._gone_s, float("inf"))] if self._gone_s else []
        return any(gone < until_s and back > began_s for gone, back in (*self.outages, *open_ended))

    def lateness_s(self, since_s: float = 0.0) -> list[float]:
        """Return how late (or early) each heartbeat came, from a time on the monotonic clock on."""
        gateway = self.discord.gateway
        beats = [
            [at_s for at_s in each.heartbeats_s if at_s >= since_s] for each in gateway.sessions.values()
        ]
        pairs = [pair for times in beats for pair in pairwise(times[1:])]  # the first has a delay of its own
        return [abs(later - earlier - gateway.heartbeat_interval_s) for earlier, later in pairs]


@contextmanager
def house(
    folder: Path, heartbeat_s: float = HEARTBEAT_S, environment: Mapping[str, str] | None = None
) -> Iterator[House]:
    """Yield a house with the bot at work in it."""
    with DiscordServer() as discord, ModelServer() as model:
        _teach(model)
        discord.gateway.heartbeat_interval_s = heartbeat_s
        settings = {
            **redirected_environment(discord.api_url),
            "DISCORD_TOKEN": TOKEN,
            "OPENAI_BASE_URL": model.base_url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_MODEL": "gpt-4o",
            **(environment or {}),
        }
        made = House(discord, Program(folder / "data", settings), folder / "bot.log")
        made.start()
        try:
            made.until_up()
            yield made
        finally:
            made.stop()


def _teach(model: ModelServer) -> None:
    """Have the model tell stories word by word, and compute by running code."""
    pace: Any = {"chunkSize": 6, "streamingProfile": {"ttft": 300, "tps": 20}}
    call = [run_of("print(6 * 7)")]
    model.reply({"userMessage": "compute", "hasToolResult": False}, content="Let me see.", toolCalls=call)
    model.reply({"userMessage": "compute"}, content=COMPUTED, options=pace)
    model.reply({"userMessage": "tell"}, content=TOLD, options=pace)
