"""One run in a cell, from the first byte of code to the last byte of output."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial

from application.ports.sandbox import OutputStream, RunHost, RunRequest, RunResult
from domain.executions import Outcome
from domain.metadata import actor_words
from infrastructure.sandbox.broker import Broker
from infrastructure.sandbox.cells import Cell
from infrastructure.sandbox.collect import Collection
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.groups import RunGroup
from infrastructure.sandbox.output import CappedOutput
from infrastructure.sandbox.provisioning import Provisioning
from infrastructure.sandbox.questions import Questions

_CHUNK_BYTES = 64 * 1024
_SHORTEST_LOOK_S = 0.001


@dataclass(frozen=True)
class Cut:
    """Why the host ended a run, and the actor who wished it, if one did."""

    outcome: Outcome
    explanation: str
    by: str = ""


class Session:
    """Carries one run through a cell that is already in its group."""

    def __init__(
        self, config: SandboxConfig, cell: Cell, group: RunGroup, broker: Broker, packages: Provisioning
    ) -> None:
        self._config, self._cell, self._group = config, cell, group
        self._broker, self._packages = broker, packages
        self._is_at_rest = False
        self._streams: dict[int, OutputStream] = {cell.stdout: "stdout", cell.stderr: "stderr"}

    def run(self, request: RunRequest, host: RunHost, is_closing: Callable[[], bool]) -> RunResult:
        """Run the code to its end, collect what it left, and tell how it went.

        Raises:
            UnstartedError: the cell had ended before, and nothing was run.
            CellError: the processes of the run cannot be killed.
        """
        self._request, self._host, self._is_closing = request, host, is_closing
        self._output = CappedOutput(host, self._config.output_bytes)
        began = time.monotonic()
        cut = self._run_code(began)
        status = None
        if cut is None:
            status = self._end()
        else:
            self._cut_off()
        duration_ms = round((time.monotonic() - began) * 1000) - self._package_wait_ms()
        self._drain()
        cut = self._cut_by_kernel(status) if cut is None else cut
        self._output.finish(cut.explanation if cut and self._output.overflowed else "")
        return self._result(cut, status, duration_ms, self._collect())

    def _end(self) -> int | None:
        """Let a run that came to its end do nothing more; return its wait status.

        One that says so need not be waited for: what the kernel takes down then
        (memory above all) is as much work as a short run.
        """
        if self._broker.status is None:
            return self._kill()
        if not self._is_at_rest:
            self._kill()
        return self._broker.status << 8  # wait(2): exited, with that status

    def _cut_off(self) -> None:
        """Kill what runs; how it ended is the host's own doing, and not worth waiting for the word on it."""
        self._cell.kill()
        self._cell.await_death()

    def _kill(self) -> int | None:
        self._cell.kill()
        return self._cell.wait()

    def _run_code(self, began: float) -> Cut | None:
        cpu_s = int(self._request.timeout_s * self._config.cpus) + 2
        self._cell.start(self._request.code, cpu_s)
        with (
            selectors.DefaultSelector() as selector,
            closing(self._questions(selector)),
            closing(self._packages),
        ):
            for source in self._streams:
                selector.register(source, selectors.EVENT_READ, partial(self._read, selector, source))
            selector.register(self._cell.pidfd, selectors.EVENT_READ)
            return self._watch(selector, began + self._request.timeout_s)

    def _questions(self, selector: selectors.BaseSelector) -> Questions:
        assert self._cell.listener is not None  # noqa: S101 - else it would not be a cell of anybody's
        at_once, in_all = self._config.requests_at_once, self._config.requests
        self._packages.serve(selector, self._host.show_progress)
        questions = Questions(self._cell.listener, selector, at_once=at_once, in_all=in_all)
        questions.serve(self._broker.answer)
        return questions

    def _watch(self, selector: selectors.BaseSelector, end: float) -> Cut | None:
        """Serve the run until it ends (None) or has to be ended; installing packages moves `end` on."""
        next_look = 0.0
        while True:
            for key, _ in selector.select(max(next_look - time.monotonic(), 0)):
                if key.fd == self._cell.pidfd:
                    return None
                key.data()
            if self._broker.status is not None:
                self._is_at_rest = self._cell.put_to_rest()
                return None
            if self._output.overflowed:
                return Cut(Outcome.KILLED, self._flooded())
            if (now := time.monotonic()) >= next_look:
                self._packages.watch_budget()
                left_s = end + self._packages.spent_s() - now
                cut = self._reason_to_cut(left_s)
                if cut is not None:
                    return cut
                next_look = now + min(self._config.scan_s, max(left_s, _SHORTEST_LOOK_S))

    def _package_wait_ms(self) -> int:
        return round(self._packages.spent_s() * 1000)

    def _read(self, selector: selectors.BaseSelector, source: int) -> None:
        """Take one chunk of output, and no more after the last."""
        try:
            chunk = os.read(source, _CHUNK_BYTES)
        except BlockingIOError:
            return
        self._output.feed(self._streams[source], chunk)
        if not chunk:
            selector.unregister(source)

    def _drain(self) -> None:
        """Take what the dead left in the pipes; nobody can write any more."""
        for source, stream in self._streams.items():
            with suppress(BlockingIOError):
                while chunk := os.read(source, _CHUNK_BYTES):
                    self._output.feed(stream, chunk)

    def _reason_to_cut(self, left_s: float) -> Cut | None:
        if left_s <= 0:
            limit = f"{self._request.timeout_s:g} s (CODE_EXECUTION_TIMEOUT)"
            return Cut(Outcome.TIMED_OUT, f"The run took longer than the limit of {limit} and was stopped.")
        if self._group.is_over_memory():
            return Cut(Outcome.KILLED, self._over_memory())
        if actor := self._host.cancelled_by():
            who = actor_words(actor, self._request.user_id)
            return Cut(Outcome.KILLED, f"The run was cancelled by {who}.", actor)
        if self._is_closing():
            return Cut(Outcome.INTERRUPTED, "The program is shutting down.")
        return None

    def _cut_by_kernel(self, status: int | None) -> Cut | None:
        if self._group.is_over_memory():
            return Cut(Outcome.KILLED, self._over_memory())
        if status is not None and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            return Cut(Outcome.KILLED, "The kernel stopped the run: it used up its processor time.")
        return Cut(Outcome.KILLED, self._flooded()) if self._output.overflowed else None

    def _flooded(self) -> str:
        return (
            f"The output was cut at the limit of {self._config.output_bytes:,} bytes and the run was stopped."
        )

    def _over_memory(self) -> str:
        limit = f"{self._config.memory_mb} MB (SANDBOX_MEMORY_MB)"
        return f"The run used more memory than the limit of {limit} and was stopped."

    def _collect(self) -> tuple[str, ...]:
        collection = Collection(self._config.outputs, self._config.disk_bytes, self._host.keep_output)
        collection.walk(self._cell.work)
        return collection.finish()

    def _result(
        self, cut: Cut | None, status: int | None, duration_ms: int, skipped: tuple[str, ...]
    ) -> RunResult:
        outcome, exit_code, explanation = _ending(status)
        return RunResult(
            outcome=cut.outcome if cut else outcome,
            exit_code=None if cut else exit_code,
            stdout=self._output.text("stdout"),
            stderr=self._output.text("stderr"),
            duration_ms=duration_ms,
            explanation=cut.explanation if cut else explanation,
            stopped_by=cut.by if cut else "",
            loaded_file_ids=self._broker.loaded_file_ids,
            packages_installed=self._packages.distributions,
            package_wait_ms=self._package_wait_ms(),
            skipped_outputs=skipped,
            tables=self._broker.tables,
        )


def _ending(status: int | None) -> tuple[Outcome, int | None, str]:
    """Return what a wait status means: outcome, exit code (128 + signal, as a shell says it), words."""
    if status is None:
        return Outcome.FAILED, None, "The run ended without a status."
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        name = signal.Signals(-code).name
        return Outcome.FAILED, 128 - code, f"The code crashed the interpreter ({name})."
    return (Outcome.SUCCEEDED if code == 0 else Outcome.FAILED), code, ""
