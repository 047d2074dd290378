"""Loaders that come as packages: these, kept from one test run to the next, and files that they write."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from domain.packages import PackagePolicy
from infrastructure.clock import SystemClock
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import PackageConfig, index_settings
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.sandbox.packages.lists import load_rules
from tests.integration.loaders.on_demand_samples import Family
from tests.support.sandboxes import MEBIBYTE, SANDBOX_PYTHON, RecordingHost, Runs, config, opened

_ROOT = Path(__file__).parents[2]

LAYERS = _ROOT / ".layers"
"""Where layers stay from one test run to the next; `make clean` removes them."""

_FIXTURES = _ROOT / "tests" / "fixtures" / "files"
_WRITING_S = 120


def kept_library() -> PackageLibrary:
    """Return the library as it is shipped, but with room for all of it, and a folder that stays."""
    settings = PackageConfig(
        folder=LAYERS,
        python=SANDBOX_PYTHON,
        uv=_ROOT / ".tools" / "bin" / "uv",
        bwrap=find_bwrap(config(LAYERS)),
        installs_per_hour=1000,
        index=index_settings(os.environ),
    )
    base = BaseEnvironment(SANDBOX_PYTHON)
    rules = load_rules(PackagePolicy.ALLOWLIST, 0, "default", base.modules)
    return PackageLibrary(settings, base, rules, SystemClock())


@contextmanager
def roomy_sandbox(folder: Path, library: PackageLibrary) -> Iterator[BubblewrapSandbox]:
    """Yield a sandbox in which every library can write its files."""
    room = {"memory_mb": 2048, "disk_bytes": 256 * MEBIBYTE, "inodes": 20_000, "install_s": 600.0}
    with opened(config(folder, layers=library.folder, **room), library) as made:
        yield made


def can_have(library: PackageLibrary, family: Family) -> bool:
    """Tell whether the packages are here, or the index answers: only then a failure is one."""
    kept = {path.name.partition("@")[0] for path in library.folder.glob("*@*")}
    return {need.replace("_", "-").lower() for need in family.needs} <= kept or library.check().ok


def files_of(family: Family, sandbox: BubblewrapSandbox) -> Mapping[str, bytes]:
    """Return by name what the library itself writes in a run, and what of it lies among the fixtures."""
    written = Runs(sandbox, RecordingHost())
    result = written(family.write, timeout_s=_WRITING_S)
    assert result.exit_code == 0, result.stderr[-2000:]
    fixtures = [path for each in family.samples if (path := _FIXTURES / each.name).exists()]
    return written.host.outputs | {path.name: path.read_bytes() for path in fixtures}
