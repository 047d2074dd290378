"""How long people wait for a run: this sandbox beside what starts a process for each run.

All ways take turns in one run of this program, so that a busy machine is busy for
each of them. Prints a table in Markdown; run it with `make bench-sandbox`.
"""

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from application.ports.sandbox import GrantedFile, OutputStream, RunRequest
from domain.files import LedgerFile
from infrastructure.sandbox import bubblewrap
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.config import SandboxConfig

PYTHON = Path(__file__).resolve().parent.parent / ".venv-sandbox" / "bin" / "python"
ROWS = 33_000  # about 1 MB
PAUSE_S = 0.1  # people do not send the next job in the moment that the last one ends
HELLO = "print('hello')"
CHART = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import pandas as pd
df = {read}
print(df.groupby("city")["price"].mean())
df["price"].head(500).plot(title="price")
plt.savefig("chart.png")
"""
PLAIN_CHART = CHART.format(read="pd.read_csv('data.csv')")
SANDBOX_CHART = CHART.format(read="load_file('abcdefghijkl')")

Way = Callable[[str], None]


class OneFile:
    """A `RunHost` that grants one file and keeps nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def files(self) -> Sequence[LedgerFile]:
        """None is listed."""
        return ()

    def open_file(self, reference: str) -> GrantedFile | None:
        """Grant the file."""
        return GrantedFile(reference, self._path.name, "CSV", "csv", self._path.open("rb"))

    def keep_output(self, name: str, content: BinaryIO) -> str | None:
        """Read it, as a store would."""
        del name
        content.read()
        return None

    def show_output(self, stream: OutputStream, text: str) -> None:
        """Nobody reads it."""

    def show_progress(self, text: str) -> None:
        """Nobody waits."""

    def cancelled_by(self) -> str:
        """Nobody does."""
        return ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each job each way")
    parser.add_argument("--hellos", type=int, default=200, help="runs for the percentiles")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, _ways(Path(name)) as ways:
        print(f"{_machine()}; {options.rounds} rounds, interleaved; load before {_load()}\n")
        hello = _interleaved(ways, dict.fromkeys(ways, HELLO), options.rounds)
        chart = _interleaved(ways, {way: _chart(way) for way in ways}, options.rounds)
        _print_table(hello, chart)
        _print_percentiles("this sandbox (zygote)", ways["this sandbox (zygote)"], options.hellos)
    print(f"\nload after {_load()}")


@contextmanager
def _ways(folder: Path) -> Iterator[dict[str, Way]]:
    """Yield each way of running code, ready to be used."""
    data = folder / "data.csv"
    _write_data(data)
    single = BubblewrapSandbox(_config(folder, spares=0))
    forked = BubblewrapSandbox(_config(folder, spares=2))
    try:
        in_single, in_forked = _in_sandbox(single, data), _in_sandbox(forked, data)
        in_single(HELLO)
        _await_spares(forked)
        yield {
            "plain python3": _plain([str(PYTHON)], folder),
            "bwrap + python3": _plain(_bwrap(folder), folder),
            "this sandbox (single cells)": in_single,
            "this sandbox (zygote)": in_forked,
        }
    finally:
        single.close()
        forked.close()


def _config(folder: Path, spares: int) -> SandboxConfig:
    return SandboxConfig(python=PYTHON, state_folder=folder / "state", spares=spares)


def _in_sandbox(sandbox: BubblewrapSandbox, data: Path) -> Way:
    host = OneFile(data)

    def run(code: str) -> None:
        result = sandbox.run(RunRequest("benchmark", "user", code, 60.0), host)
        if result.exit_code != 0:
            sys.exit(str(result))

    return run


def _plain(command: list[str], folder: Path) -> Way:
    variables = {"MPLCONFIGDIR": str(folder / "matplotlib"), "OPENBLAS_NUM_THREADS": "2", "PATH": "/usr/bin"}

    def run(code: str) -> None:
        subprocess.run([*command, "-c", code], cwd=folder, env=variables, check=True, capture_output=True)

    return run


def _bwrap(folder: Path) -> list[str]:
    """Return the least that separates a process with bubblewrap: namespaces, and a read-only root."""
    bwrap = bubblewrap.find_bwrap(_config(folder, spares=0))
    if bwrap is None:
        sys.exit("bubblewrap is missing: run `make setup`")
    options = [
        "--unshare-all",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--bind",
        str(folder),
        str(folder),
    ]
    return [str(bwrap), *options, "--proc", "/proc", "--dev", "/dev", str(PYTHON)]


def _await_spares(sandbox: BubblewrapSandbox) -> None:
    sandbox.warm()
    while not any("2 ready" in check.detail for check in sandbox.checks()):
        time.sleep(0.05)


def _chart(way: str) -> str:
    return SANDBOX_CHART if way.startswith("this") else PLAIN_CHART


def _write_data(path: Path) -> None:
    draw = random.Random(7)
    cities = ["Bonn", "Lyon", "Oslo", "Graz"]
    rows = (
        f"{n},{draw.choice(cities)},{draw.uniform(1, 999):.4f},2026-01-{n % 28 + 1:02}\n" for n in range(ROWS)
    )
    path.write_text("id,city,price,day\n" + "".join(rows), encoding="ascii")


def _interleaved(ways: dict[str, Way], codes: dict[str, str], rounds: int) -> dict[str, list[float]]:
    """Return the milliseconds that each way takes; a first round, which fills caches, does not count."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, run in ways.items():
            taken[name].append(_milliseconds(run, codes[name]))
    return {name: times[1:] for name, times in taken.items()}


def _milliseconds(run: Way, code: str) -> float:
    time.sleep(PAUSE_S)
    began = time.perf_counter()
    run(code)
    return (time.perf_counter() - began) * 1000


def _print_table(hello: dict[str, list[float]], chart: dict[str, list[float]]) -> None:
    print("| | hello ms | min | ratio to plain | pandas + chart ms | min | ratio to plain |")
    print("|---|---|---|---|---|---|---|")
    plain = [statistics.median(job["plain python3"]) for job in (hello, chart)]
    for way in hello:
        words = []
        for job, base in zip((hello, chart), plain, strict=True):
            median = statistics.median(job[way])
            words += [f"{median:.1f}", f"{min(job[way]):.1f}", f"{median / base:.2f}"]
        print(f"| {way} | {' | '.join(words)} |")


def _print_percentiles(name: str, run: Way, count: int) -> None:
    times = [_milliseconds(run, HELLO) for _ in range(count)]
    cuts = statistics.quantiles(times, n=100)
    p50, p99 = cuts[49], cuts[98]
    print(f"\n{count} hellos, {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {p99 / p50:.1f} times")


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "unknown")
    asked = subprocess.run([str(PYTHON), "-V"], check=True, capture_output=True, text=True)
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}, {asked.stdout.strip()}"


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
