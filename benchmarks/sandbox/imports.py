"""How long a run takes whose import has to be installed first, and one that finds what another installed."""

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sandbox.house import House, saving_house, succeeded
from benchmarks.sandbox.ways import PYTHON
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.packages.config import InstallCaps, index_settings
from tests.support.package_index import PackageIndex, served
from tests.support.packages import Packages, make_packages
from tests.support.sandboxes import await_spares

OWN_INDEX, USUAL_INDEX = "an index on this machine", "the usual index"
# Pure Python, below 200 kB, without dependencies, and not in the code environment.
_PUBLISHED = ("humanize", "titlecase", "roman", "inflection", "shortuuid", "xmltodict", "munch", "dotmap")
_MODULES, _LINES = 8, 200
_PAUSE_S = 1.0


@dataclass(frozen=True)
class Imports:
    """Seconds of whole runs: the first to import each package, the next by somebody else, and a hello."""

    index: str
    first_s: Sequence[float]
    again_s: Sequence[float]
    hello_s: Sequence[float]

    @property
    def median_first_s(self) -> float:
        """What people wait for who are the first to want a package."""
        return statistics.median(self.first_s)

    @property
    def median_again_s(self) -> float:
        """What they wait for when somebody wanted it before."""
        return statistics.median(self.again_s)


def import_what_is_missing(folder: Path, count: int) -> Iterator[Imports]:
    """Import up to `count` small packages from each index that can be reached; each is new to the cache."""
    with served() as index:
        names = [_publish(index, number) for number in range(count)]
        packages = make_packages(folder / "own", index.url, allowed=names)
        yield _imported(OWN_INDEX, packages, names, folder / "own-house")
    names = list(_PUBLISHED[:count])
    usual = index_settings(os.environ)
    packages = make_packages(folder / "usual", "", allowed=names, caps=InstallCaps(), index=usual)
    if packages.library.check().ok:
        yield _imported(USUAL_INDEX, packages, names, folder / "usual-house")


def _publish(index: PackageIndex, number: int) -> str:
    name = f"small{number}"
    module = "\n".join(f"def function_{line}(value):\n    return value + {line}" for line in range(_LINES))
    files = {f"{name}/module_{which}.py": module for which in range(_MODULES)}
    imports = "\n".join(f"from . import module_{which}" for which in range(_MODULES))
    index.add(name, files=files | {f"{name}/__init__.py": imports})
    return name


def _imported(index: str, packages: Packages, names: Sequence[str], folder: Path) -> Imports:
    taken: tuple[list[float], ...] = ([], [], [])
    with _house(packages, folder) as house:
        house.run_code("rehearsal", "print('hello')")
        for name in names:
            code = f"import {name}\nprint({name}.__name__)"
            for times, user_id, each in zip(
                taken, ("first", "second", "third"), (code, code, "print('hello')"), strict=True
            ):
                time.sleep(_PAUSE_S)
                times.append(_timed(house, f"{user_id}-{name}", each))
    return Imports(index, *taken)


def _timed(house: House, user_id: str, code: str) -> float:
    began = time.monotonic()
    succeeded(house.run_code(user_id, code))
    return time.monotonic() - began


@contextmanager
def _house(packages: Packages, folder: Path) -> Iterator[House]:
    config = SandboxConfig(python=PYTHON, state_folder=folder)
    with closing(BubblewrapSandbox(config, packages.library)) as sandbox:
        await_spares(sandbox)
        with saving_house(sandbox, folder) as house:
            yield house
