"""The session: what Ada does, and what of it goes into which picture."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.discord_server import (
    TOKEN,
    DiscordServer,
    Message,
    Person,
    Reply,
    Upload,
    redirected_environment,
)
from tests.support.model_server import KEY, ModelServer, run_of
from tests.support.program import PROJECT, Program

DATA = PROJECT / "examples" / "penguins.csv"
COMMANDS = "PUT /applications/{application_id}/commands"
START_S, RUN_S = 120.0, 90.0
WATCHED_S = 2.0
QUESTION = "how heavy is each species, and how sure can we be of the means?"

CODE = """
import numpy as np, pandas as pd, matplotlib.pyplot as plt
birds = load_file("penguins.csv").dropna(subset=["Body Mass (g)"])
birds["Species"] = birds["Species"].str.split().str[0]
random = np.random.default_rng(1)
rows = {}
for species, grams in birds.groupby("Species")["Body Mass (g)"]:
    kilos = grams.to_numpy() / 1000
    means = [random.choice(kilos, len(kilos)).mean() for _ in range(20_000)]
    rows[species] = [len(kilos), kilos.mean(), *np.percentile(means, [2.5, 97.5])]
table = pd.DataFrame(rows, index=["birds", "mean", "low", "high"]).T.astype({"birds": int})
print(table.round(2).to_string())
figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
spread = [table["mean"] - table["low"], table["high"] - table["mean"]]
axes.bar(table.index, table["mean"], yerr=spread, capsize=6, color=["#f28e2b", "#b07aa1", "#4e79a7"])
axes.set(ylabel="body mass, kg", title="Mean body mass, with 95% intervals")
figure.savefig("body_mass.png", dpi=130)
"""

ANSWER = """**Gentoo penguins are by far the heaviest**: 5.08 kg on average. \
Adelie and Chinstrap penguins differ by 30 g only, and their intervals overlap, \
so this sample does not tell them apart.

| species | birds | mean kg | 95% interval |
|---|--:|--:|---|
| Adelie | 151 | 3.70 | 3.63 – 3.77 |
| Chinstrap | 68 | 3.73 | 3.64 – 3.82 |
| Gentoo | 123 | 5.08 | 4.99 – 5.16 |

The intervals are bootstrapped with 20,000 draws each; two birds without a weight are left out."""


@dataclass(frozen=True)
class Scene:
    """One picture: `messages` as they stood then; `doing` is the command or click that led to one of them."""

    name: str
    messages: Sequence[Message]
    doing: dict[str, str]


@dataclass
class Stage:
    """Where the session plays."""

    discord: DiscordServer
    ada: Person

    def content_of(self, attachment_id: str) -> bytes:
        """Return the bytes of an attachment."""
        return self.discord.until(lambda: self.discord.world.files.read(attachment_id))

    def name_of(self, user_id: str) -> str:
        """Return what a user is called."""
        return self.discord.world.users[user_id].name


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Start a Discord, a model and the bot."""
    with ExitStack() as stack:
        discord = stack.enter_context(DiscordServer())
        model = stack.enter_context(ModelServer())
        model.reply({"hasToolResult": False}, content="I'll resample the weights.", toolCalls=[run_of(CODE)])
        pace = {"chunkSize": 12, "streamingProfile": {"tps": 60}}
        model.reply({"hasToolResult": True}, content=ANSWER, options=pace)
        program = Program(
            folder / "data",
            {
                **redirected_environment(discord.api_url),
                "DISCORD_TOKEN": TOKEN,
                "OPENAI_BASE_URL": model.base_url,
                "OPENAI_API_KEY": KEY,
                "OPENAI_MODEL": "gpt-4o",
            },
        )
        log = stack.enter_context((folder / "bot.log").open("w"))
        bot = stack.enter_context(program.start("bot", stdout=log, stderr=log))
        stack.callback(bot.terminate)
        discord.until_connected(START_S)
        discord.until_call(COMMANDS, timeout_s=START_S)
        yield Stage(discord, discord.person("ada"))


def play(at: Stage) -> Iterator[Scene]:
    """Yield the scenes, in order."""
    ada = at.ada
    sent = ada.ask_bot("", [Upload("penguins.csv", DATA.read_bytes(), "text/csv")])
    card = ada.sees(lambda message: bool(message.embeds), timeout_s=RUN_S)
    yield Scene("card", [sent, card], {})

    rows = ada.click(card, "First rows").message(_is_over, timeout_s=RUN_S)
    yield Scene("rows", [rows], {rows.id: "First rows"})

    asked = ada.ask_bot(QUESTION)
    ada.sees(lambda message: "unning" in message.text, after=asked, timeout_s=RUN_S)
    time.sleep(WATCHED_S)
    yield Scene("progress", [asked, *_after(ada, asked)], {})

    ada.sees(
        lambda message: "20,000 draws" in message.text and _is_over(message), after=asked, timeout_s=RUN_S
    )
    yield Scene("chart", [asked, *_after(ada, asked)], {})

    yield _used("files", ada.slash("files"), "/files")
    yield _used("why", ada.slash("why", {"file": "body_mass.png"}), "/why file:body_mass.png")


def _used(name: str, reply: Reply, command: str) -> Scene:
    answer = reply.message()
    return Scene(name, [answer], {answer.id: command})


def _after(person: Person, message: Message) -> list[Message]:
    return [each for each in person.timeline() if int(each.id) > int(message.id)]


def _is_over(message: Message) -> bool:
    return not any(widget["custom_id"].startswith("cancel:") for widget in message.widgets)
