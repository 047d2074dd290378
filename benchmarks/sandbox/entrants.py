"""Who competes: the peers that can run here, and this sandbox with and without what it saves."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.page import BenchmarkError
from benchmarks.sandbox.house import USER, House, UnsavedHouse, saving_house, warm_sandbox
from benchmarks.sandbox.jobs import HELLO, Job
from benchmarks.sandbox.kernels import ColdKernel, WarmKernel
from benchmarks.sandbox.processes import behind_bwrap, behind_nsjail, plain
from benchmarks.sandbox.ways import LeftOutError, Way

PLAIN, BWRAP, NSJAIL = "plain `python3`", "bubblewrap + `python3`", "nsjail + `python3`"
COLD_KERNEL, WARM_KERNEL = "Jupyter kernel, cold", "Jupyter kernel, warm"
UNSAVED, SAVING = "this sandbox, nothing saved", "this sandbox, ledger and files saved"

_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder below it, made by tempfile


@dataclass(frozen=True)
class Entrants:
    """Those who compete, by name, and why others do not."""

    ways: dict[str, Way]
    house: House
    left_out: tuple[str, ...]


@contextmanager
def entrants(folder: Path, jobs: Sequence[Job], *, with_installed: bool) -> Iterator[Entrants]:
    """Yield everybody ready to run, each having said hello; `with_installed` asks for peers in wheels, too.

    `folder` has the data.
    """
    with ExitStack() as stack:
        ways: dict[str, Way] = {PLAIN: plain(folder)}
        left_out = []
        for name, peer in _peers(folder, stack, with_installed=with_installed).items():
            try:
                ways[name] = _tried(peer())
            except (LeftOutError, BenchmarkError, OSError, RuntimeError, ImportError) as error:
                left_out.append(f"{name}: {error}")
        sandbox = stack.enter_context(warm_sandbox(folder / "state"))
        memory = tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None)
        unsaved = UnsavedHouse(sandbox, Path(stack.enter_context(memory)))
        saving = stack.enter_context(saving_house(sandbox, folder))
        for house in (stack.enter_context(closing(unsaved)), saving):
            for job in jobs:
                if job.data:
                    house.upload(USER, folder / job.data)
        ways |= {UNSAVED: _tried(unsaved), SAVING: _tried(saving)}
        yield Entrants(ways, saving, tuple(left_out))


def _peers(folder: Path, stack: ExitStack, *, with_installed: bool) -> dict[str, Callable[[], Way]]:
    peers: dict[str, Callable[[], Way]] = {BWRAP: lambda: behind_bwrap(folder)}
    if with_installed:
        peers[NSJAIL] = lambda: behind_nsjail(folder)
        peers[COLD_KERNEL] = lambda: stack.enter_context(closing(ColdKernel(folder)))
        peers[WARM_KERNEL] = lambda: stack.enter_context(closing(WarmKernel(folder)))
    return peers


def _tried(way: Way) -> Way:
    way.run(HELLO)
    way.finish(HELLO)
    return way
