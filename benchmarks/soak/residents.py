"""People who come again and again, and some who come once and want to be forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from benchmarks.chat.acts import Act, Acts, Steps, Visitor
from tests.support.discord_server import Message, Reply

RECENT = 2
"""Files are short-lived in a soak: who means one, means one of the last that they sent."""


@dataclass
class Resident(Visitor):
    """Somebody who does everything, what fails included."""

    _guests: Iterator[int] = field(default_factory=count)

    def kept(self) -> list[str]:
        """Return the names of the newest files."""
        return super().kept()[-RECENT:]

    def fail(self, act: Act) -> Steps:
        """Run code that fails."""
        yield from self.run_to(act, "1 / 0", "ZeroDivisionError")

    def make(self, act: Act) -> Steps:
        """Run code that makes a file, in a process that it starts."""
        code = (
            "import subprocess, sys\n"
            'subprocess.run([sys.executable, \'-c\', \'open("made.txt", "w").write("made")\'], check=True)\n'
            "print('made it')"
        )
        yield from self.run_to(act, code, "made it")

    def cancel(self, act: Act) -> Steps:
        """Run code that takes long, and cancel it."""
        forms: list[Reply] = []
        yield from self._use(act, lambda: self._open(forms), lambda _: True, is_form=True)
        reply = self.person.submit(forms[-1], {"code": "import time\ntime.sleep(50)"})
        yield lambda: _can_cancel(self.scene.answer(reply))
        self.person.click(self.scene.shown(reply), "Cancel")
        yield lambda: "ancelled by" in _text(self.scene.answer(reply))

    def be_forgotten(self, act: Act) -> Steps:
        """Come as somebody new, with a file, and have everything of that erased."""
        name = f"guest-{next(self._guests)}-of-{self.person.user.name}"
        person = self.house.discord.person(name, channel=self.place)
        guest = Resident(person, person.direct(), self.moments, self.scene, self.house)
        yield from guest.upload(act)
        form = person.slash("forget", channel=guest.place)
        yield lambda: form.interaction.response is not None
        reply = person.submit(form, {"word": "FORGET"})
        yield lambda: "rased" in _text(self.scene.answer(reply))


RESIDENTS_ACTS: Acts = {
    "upload": (Resident.upload, 25),
    "ask for a run": (Resident.ask_for_a_run, 6),
    "key statistics": (Resident.statistics, 5),
    "/files": (Resident.files, 15),
    "/history": (Resident.history, 8),
    "/why": (Resident.why, 5),
    "/run": (Resident.run, 10),
    "/run that makes a file": (Resident.make, 8),
    "/run that fails": (Resident.fail, 6),
    "/run, cancelled": (Resident.cancel, 4),
    "delete": (Resident.delete, 6),
    "/forget": (Resident.be_forgotten, 1),
}
"""What they do, and how often of about a hundred times."""


def _can_cancel(message: Message | None) -> bool:
    return message is not None and any(
        widget["custom_id"].startswith("cancel:") for widget in message.widgets
    )


def _text(message: Message | None) -> str:
    return message.text if message is not None else ""
