"""The packages of one run: the source is asked in a thread, and the session never waits for it."""

import selectors
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from application.ports.progress import Progress, Stage
from domain.packages import MAX_NAME_CHARACTERS
from infrastructure.sandbox import channel
from infrastructure.sandbox.packages.source import Layer, PackageSource, Provision
from infrastructure.sandbox.questions import Reply

_LONGEST_REASON, _LONGEST_DETAIL = 500, 200
_MOST_IN_A_QUESTION = 50
_TOO_LONG = (
    f"No package is called so: names have at most {MAX_NAME_CHARACTERS} characters. Check what is imported."
)


class Provisioning:
    """Answers a run's questions for modules, one call of the source at a time.

    `modules` and `seconds` bound what a run may ask for, and how long its clock may
    stand still meanwhile, in all.
    """

    def __init__(self, source: PackageSource, user_id: str, *, modules: int, seconds: float) -> None:
        self._source, self._user_id = source, user_id
        self._modules_left, self._seconds = modules, seconds
        self._layers: list[Layer] = []
        self._answered: dict[str, str] = {}
        self._waiting: list[tuple[list[str], Reply]] = []
        self._call: _Call | None = None
        self._spent_s = 0.0

    def serve(self, selector: selectors.BaseSelector, say: Callable[[Progress], None]) -> None:
        """Have the selector call back, and pass on what there is to say about the progress."""
        self._selector, self._say = selector, say

    @property
    def distributions(self) -> tuple[str, ...]:
        """Names of the packages that the run was given, in order."""
        return tuple(dict.fromkeys(layer.distribution for layer in self._layers))

    def spent_s(self) -> float:
        """Return how long the run has waited for packages."""
        current_s = self._call.age_s() if self._call else 0.0
        return min(self._spent_s + current_s, self._seconds)

    def ask(self, modules: Sequence[object], reply: Reply) -> None:
        """Answer a question, when everything in it has been."""
        names = [name for name in modules if isinstance(name, str)]
        self._waiting.append((names[:_MOST_IN_A_QUESTION], reply))
        self._go_on()

    def watch_budget(self) -> None:
        """Give up the call that has used up the time of the run."""
        if self._call is not None and self.spent_s() >= self._seconds:
            self._end_call(f"Installing took longer than the {self._seconds:g} s that a run may wait for it.")

    def close(self) -> None:
        """Let the source know that nobody waits any longer."""
        if self._call is not None:
            self._call.abandon()

    def _go_on(self) -> None:
        """Answer what can be answered, and have the first of the rest looked for."""
        waiting, self._waiting = self._waiting, []
        for names, reply in waiting:
            new = [name for name in names if len(name) <= MAX_NAME_CHARACTERS and name not in self._answered]
            if new and self._call is None:
                new = self._begin(new)
            if new:
                self._waiting.append((names, reply))
            else:
                reply(self._answer(names), ())

    def _begin(self, names: list[str]) -> list[str]:
        """Call the source for the names that the run may still ask for, and return these."""
        allowed = list(dict.fromkeys(names))[: self._modules_left]
        if self.spent_s() >= self._seconds:
            allowed = []
        self._modules_left -= len(allowed)
        refused = "This run has asked for too many packages, or waited too long for them."
        self._answered |= dict.fromkeys(set(names) - set(allowed), refused)
        if allowed:
            self._call = _Call(self._source, allowed, self._user_id, tuple(self._layers))
            self._selector.register(self._call.ears, selectors.EVENT_READ, self._listen)
        return allowed

    def _listen(self) -> None:
        """Take a word of the source, or its end."""
        assert self._call is not None  # noqa: S101 - else nothing is registered
        try:
            word, _ = channel.receive(self._call.ears)
            self._say(Progress(Stage(word["stage"]), word["detail"]))
        except channel.ProtocolError:
            self._end_call()

    def _end_call(self, reason: str = "") -> None:
        """Take what the call came to, for `reason` nothing, and go on with what waits."""
        call, self._call = self._call, None
        assert call is not None  # noqa: S101 - the callers know
        self._spent_s += call.age_s()
        self._selector.unregister(call.ears)
        provision = Provision() if reason else call.provision
        call.abandon()
        self._layers += [layer for layer in provision.layers if layer not in self._layers]
        self._answered |= dict.fromkeys(call.names, reason)
        self._answered |= {refusal.module: refusal.reason for refusal in provision.refusals}
        self._go_on()

    def _answer(self, names: list[str]) -> dict[str, object]:
        reasons = {name: self._answered.get(name, _TOO_LONG)[:_LONGEST_REASON] for name in names}
        return {
            "layers": [layer.folder for layer in self._layers],
            "refused": {name: reason for name, reason in reasons.items() if reason},
        }


class _Call:
    """One call of the source, in a thread that owns one end of a pair of sockets."""

    def __init__(
        self, source: PackageSource, names: list[str], user_id: str, present: tuple[Layer, ...]
    ) -> None:
        self.names, self.provision = names, Provision()
        self._source, self._user_id, self._present = source, user_id, present
        self._began = time.monotonic()
        self._abandoned = threading.Event()
        self.ears, self._mouth = channel.pair()
        for end in (self.ears, self._mouth):
            end.settimeout(0)
        threading.Thread(target=self._make, name="sandbox-packages", daemon=True).start()

    def age_s(self) -> float:
        """Return how long ago it began."""
        return time.monotonic() - self._began

    def abandon(self) -> None:
        """Listen no longer."""
        self._abandoned.set()
        self.ears.close()

    def _make(self) -> None:
        with self._mouth:
            self.provision = self._source.provide(
                self.names,
                user_id=self._user_id,
                present=self._present,
                say=self._tell,
                is_abandoned=self._abandoned.is_set,
            )

    def _tell(self, progress: Progress) -> None:
        with suppress(channel.ProtocolError):  # nobody listens, or has listened for long
            channel.send(self._mouth, {"stage": progress.stage, "detail": progress.detail[:_LONGEST_DETAIL]})
