"""What people do, step by step; between two steps each waits for what it must see first."""

import random
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.chat.house import END, House
from benchmarks.chat.scene import Scene, is_over
from tests.support.discord_server import CannotDoError, Channel, Message, Person, Reply, Upload

PATIENCE_S = 3.0
"""After so long Discord says that the application did not respond."""

RESTARTED = "restarted"
"""What the bot says of anything that a restart befell."""

GONE = "You have no file"
"""What the bot says of a file that the person has deleted."""

Step = Callable[[], bool]
Steps = Generator[Step, None, None]


@dataclass
class Act:
    """Something that somebody did. `reaction_s` is how long nothing was to be seen."""

    what: str
    user_id: str
    began_s: float = 0.0
    reaction_s: float | None = None
    ended_s: float | None = None
    tries: int = 0
    cut_off: int = 0
    faults: list[str] = field(default_factory=list)
    interaction_id: str | None = None


@dataclass
class Visitor:
    """Somebody with files. `sent` are the attachments, by id; `deleted` are names."""

    person: Person
    place: Channel
    moments: random.Random
    scene: Scene
    house: House
    sent: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    cards: dict[str, Message] = field(default_factory=dict)

    def kept(self) -> list[str]:
        """Return the names of the files that may be there, the first sent first."""
        return [name for name in self.sent.values() if name in self.cards and name not in self.deleted]

    # -- saying ------------------------------------------------------------------

    def upload(self, act: Act) -> Steps:
        """Send a file."""
        yield from self._say(act, "", with_file=True)

    def upload_and_ask(self, act: Act) -> Steps:
        """Send a file with a question."""
        yield from self._say(act, "compute something of it", with_file=True)

    def ask(self, act: Act) -> Steps:
        """Ask for words."""
        yield from self._say(act, "tell me something", with_file=False)

    def ask_for_a_run(self, act: Act) -> Steps:
        """Ask for what needs a run."""
        yield from self._say(act, "compute 6 times 7", with_file=False)

    def _say(self, act: Act, text: str, *, with_file: bool) -> Steps:
        name = f"data-{len(self.sent)}.csv"
        rows = "".join(f"{number},{self.moments.random():.3f}\n" for number in range(40))
        files = [Upload(name, f"x,y\n{rows}".encode())] if with_file else []
        act.began_s, act.tries = time.monotonic(), 1
        sent = self._send(text, files)
        self.sent |= {attachment.id: name for attachment in sent.attachments}
        yield lambda: bool(self.scene.answers(sent))
        first = min(message.created_at for message in self.scene.answers(sent))
        act.reaction_s = (first - sent.created_at).total_seconds()
        if with_file:
            yield lambda: any(message.embeds for message in self.scene.answers(sent))
            cards = [message for message in self.scene.answers(sent) if message.embeds]
            self.cards[name] = cards[0]
            if len(cards) > 1:
                act.faults.append(f"{len(cards)} cards for one message")
        if text:
            yield lambda: self._is_answered(sent)
            faults = [message.text for message in self._words(sent) if "⚠️" in message.text]
            act.cut_off += sum(RESTARTED in text for text in faults)
            act.faults += [text for text in faults if RESTARTED not in text]

    def _send(self, text: str, files: list[Upload]) -> Message:
        is_direct = self.place.recipient is not None
        if is_direct:
            return self.person.dm(text, files)
        return self.person.ask_bot(text, files)

    def _words(self, sent: Message) -> list[Message]:
        return [message for message in self.scene.answers(sent) if not message.embeds]

    def _is_answered(self, sent: Message) -> bool:
        words = self._words(sent)
        ends = any(sign in message.text for message in words for sign in (END, "⚠️", RESTARTED))
        return ends and all(map(is_over, words))

    # -- using -------------------------------------------------------------------

    def statistics(self, act: Act) -> Steps:
        """Click a button of a card."""
        yield from self._click(act, "Key statistics", lambda message: "mean" in message.text)

    def first_rows(self, act: Act) -> Steps:
        """Click another."""
        yield from self._click(
            act, "First rows", lambda message: "0.5" in message.text or "x" in message.text
        )

    def files(self, act: Act) -> Steps:
        """Look at the list."""
        yield from self._use(act, lambda: self._slash("files"), lambda message: "Your files" in message.text)

    def history(self, act: Act) -> Steps:
        """Look back."""
        yield from self._use(act, lambda: self._slash("history"), lambda message: bool(message.embeds))

    def why(self, act: Act) -> Steps:
        """Ask why a file is there."""
        if not self.cards:
            return
        name = self.moments.choice(sorted(self.cards))
        yield from self._use(
            act, lambda: self._slash("why", {"file": name}), lambda message: name in message.text
        )

    def run(self, act: Act) -> Steps:
        """Run code."""
        yield from self.run_to(act, "print(sum(range(100)))", "4950")

    def run_to(self, act: Act, code: str, words: str) -> Steps:
        """Run code, of which words are to be seen in the end."""
        forms: list[Reply] = []
        yield from self._use(act, lambda: self._open(forms), lambda _: True, is_form=True)
        yield from self._use(
            act, lambda: self.person.submit(forms[-1], {"code": code}), lambda message: words in message.text
        )

    def delete(self, act: Act) -> Steps:
        """Delete a file, and say that one means it."""
        kept = self.kept()
        if not kept:
            return
        name = kept[0]
        self.deleted.add(name)
        questions: list[Reply] = []
        yield from self._use(
            act,
            lambda: self._remember(questions, self.person.click(self.cards[name], "Delete")),
            lambda message: "for good" in message.text,
        )
        question = self.scene.shown(questions[-1])
        if GONE in question.text:
            return
        yield from self._use(
            act,
            lambda: self.person.click(question, "Delete it"),
            lambda message: "is deleted" in message.text,
        )

    def _open(self, forms: list[Reply]) -> Reply:
        return self._remember(forms, self._slash("run"))

    def _remember(self, replies: list[Reply], reply: Reply) -> Reply:
        replies.append(reply)
        return reply

    def _slash(self, name: str, options: dict[str, str] | None = None) -> Reply:
        return self.person.slash(name, options or {}, channel=self.place)

    def _click(self, act: Act, label: str, is_right: Callable[[Message], bool]) -> Steps:
        kept = self.kept()
        if kept:
            card = self.cards[self.moments.choice(kept)]
            yield from self._use(act, lambda: self.person.click(card, label), is_right)

    def _use(
        self,
        act: Act,
        begin: Callable[[], Reply],
        is_right: Callable[[Message], bool],
        *,
        is_form: bool = False,
    ) -> Steps:
        """Do something with the bot, once more when Discord says that it did not respond, as people do."""
        while True:
            began_s = time.monotonic()
            act.began_s, act.tries = act.began_s or began_s, act.tries + 1
            try:
                reply = begin()
            except CannotDoError as error:
                act.faults.append(str(error))
                return
            yield lambda: reply.interaction.response is not None or time.monotonic() > began_s + PATIENCE_S  # noqa: B023
            if reply.interaction.response is not None:
                act.interaction_id, act.began_s = reply.interaction.id, began_s
                if is_form:
                    return
                yield lambda: self._is_right(reply, is_right) or self._is_lost(reply, began_s)  # noqa: B023
                if self._is_right(reply, is_right):
                    return
                act.cut_off += 1
            yield lambda: self.house.is_up and time.monotonic() > began_s + PATIENCE_S  # noqa: B023

    def _is_right(self, reply: Reply, is_right: Callable[[Message], bool]) -> bool:
        """Whether the answer is there; of a file that was deleted meanwhile, that it is gone."""
        message = self.scene.answer(reply)
        return message is not None and is_over(message) and (is_right(message) or GONE in message.text)

    def _is_lost(self, reply: Reply, began_s: float) -> bool:
        """Whether the bot says that it is restarted, or was killed and cannot say so."""
        message = self.scene.answer(reply)
        is_told = message is not None and is_over(message) and RESTARTED in message.text
        return is_told or any(killed_s > began_s for killed_s in self.house.killed_s)


Acts = Mapping[str, tuple[Callable[[Any, Act], Steps], int]]

ACTS: Acts = {
    "upload": (Visitor.upload, 15),
    "upload and ask": (Visitor.upload_and_ask, 10),
    "ask": (Visitor.ask, 20),
    "ask for a run": (Visitor.ask_for_a_run, 10),
    "key statistics": (Visitor.statistics, 8),
    "first rows": (Visitor.first_rows, 7),
    "/files": (Visitor.files, 10),
    "/history": (Visitor.history, 5),
    "/why": (Visitor.why, 5),
    "/run": (Visitor.run, 5),
    "delete": (Visitor.delete, 5),
}
"""What people do, and how often of a hundred times."""
