"""One run in a cell, from the first byte of code to the last byte of output."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from application.ports.sandbox import OutputStream, RunHost, RunRequest, RunResult
from domain.executions import Outcome
from domain.metadata import actor_words
from infrastructure.sandbox.broker import FileBroker
from infrastructure.sandbox.cells import Cell
from infrastructure.sandbox.collect import Collection
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.groups import RunGroup
from infrastructure.sandbox.output import CappedOutput

_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Cut:
    """Why the host ended a run, and the actor who wished it, if one did."""

    outcome: Outcome
    explanation: str
    by: str = ""


class Session:
    """Carries one run through a cell that is already in its group."""

    def __init__(self, config: SandboxConfig, cell: Cell, group: RunGroup, broker: FileBroker) -> None:
        self._config, self._cell, self._group, self._broker = config, cell, group, broker
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
        self._cell.kill()
        status = self._cell.wait()
        duration_ms = round((time.monotonic() - began) * 1000)
        self._drain()
        cut = self._cut_by_kernel(status) if cut is None else cut
        self._output.finish(cut.explanation if cut and self._output.overflowed else "")
        return self._result(cut, status, duration_ms, self._collect())

    def _run_code(self, began: float) -> Cut | None:
        cpu_s = int(self._request.timeout_s * self._config.cpus) + 2
        self._cell.start(self._request.code, cpu_s)
        with selectors.DefaultSelector() as selector:
            for source in (*self._streams, self._cell.channel.fileno(), self._cell.pidfd):
                selector.register(source, selectors.EVENT_READ)
            return self._watch(selector, began + self._request.timeout_s)

    def _watch(self, selector: selectors.BaseSelector, end: float) -> Cut | None:
        """Serve the run until it ends (None) or has to be ended."""
        next_look = time.monotonic()
        while True:
            now = time.monotonic()
            events = selector.select(max(min(end, next_look) - now, 0))
            if self._serve(selector, [key.fd for key, _ in events]):
                return None
            if self._output.overflowed:
                return Cut(Outcome.KILLED, self._flooded())
            if now >= next_look:
                next_look = now + self._config.scan_s
                cut = self._reason_to_cut(end - now)
                if cut is not None:
                    return cut

    def _serve(self, selector: selectors.BaseSelector, ready: list[int]) -> bool:
        """Take what is ready to be read; True when the run has ended."""
        for source in ready:
            if source in self._streams:
                goes_on = self._read(source)
            else:
                goes_on = source == self._cell.pidfd or self._broker.serve_one(self._cell.channel)
            if not goes_on:
                selector.unregister(source)
        return self._cell.pidfd in ready

    def _read(self, source: int) -> bool:
        """Take one chunk of output; False at its end."""
        try:
            chunk = os.read(source, _CHUNK_BYTES)
        except BlockingIOError:
            return True
        self._output.feed(self._streams[source], chunk)
        return bool(chunk)

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
            skipped_outputs=skipped,
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
