"""File types whose loaders come as packages, in the real sandbox, from the real package index."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from domain.packages import PackagePolicy
from infrastructure.clock import SystemClock
from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import PackageConfig, index_settings
from infrastructure.sandbox.packages.library import PackageLibrary
from infrastructure.sandbox.packages.lists import load_rules
from tests.integration.loaders.on_demand_samples import FAMILIES, Family
from tests.support.sandboxes import MEBIBYTE, SANDBOX_PYTHON, RecordingHost, Runs, config, opened

LAYERS = Path(__file__).parents[3] / ".layers"
"""Where layers stay from one test run to the next; `make clean` removes them."""

FIXTURES = Path(__file__).parents[2] / "fixtures" / "files"

QUICK = frozenset({"hjson", "mido", "polib"})
"""Loaders that are small and pure: these are tried in every test run, all others by `make file-types`."""

LOOK = """
import json
def problem(**options):
    try:
        load_file(name, **options)
    except Exception as error:
        return str(error)
def plain(value):
    return value.item() if hasattr(value, "item") else dict(value) if hasattr(value, "keys") else str(value)
for name, look in LOOKS:
    try:
        it = None if "problem(" in look else load_file(name)
        names = {"it": it, "problem": problem, "load_file": load_file}
        print(json.dumps({"seen": eval(look, names)}, default=plain))
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}))
"""


@pytest.fixture(scope="module")
def library() -> PackageLibrary:
    """The library as it is shipped, but with room for all of it, and a folder that stays."""
    settings = PackageConfig(
        folder=LAYERS,
        python=SANDBOX_PYTHON,
        uv=Path(__file__).parents[3] / ".tools" / "bin" / "uv",
        bwrap=find_bwrap(config(LAYERS)),
        installs_per_hour=1000,
        index=index_settings(os.environ),
    )
    base = BaseEnvironment(SANDBOX_PYTHON)
    rules = load_rules(PackagePolicy.ALLOWLIST, 0, "default", base.modules)
    return PackageLibrary(settings, base, rules, SystemClock())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, library: PackageLibrary) -> Iterator[BubblewrapSandbox]:
    """One sandbox for all."""
    room = {"memory_mb": 2048, "disk_bytes": 256 * MEBIBYTE, "inodes": 20_000, "install_s": 600.0}
    folder = tmp_path_factory.mktemp("sandbox")
    with opened(config(folder, layers=library.folder, **room), library) as made:
        yield made


def _can_have(library: PackageLibrary, family: Family) -> bool:
    """Tell whether the packages are here, or the index answers: only then a failure is one."""
    kept = {path.name.partition("@")[0] for path in library.folder.glob("*@*")}
    return {need.replace("_", "-").lower() for need in family.needs} <= kept or library.check().ok


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(
            family,
            id=family.needs[0],
            marks=() if QUICK.issuperset(family.needs) else pytest.mark.thorough,
        )
        for family in FAMILIES
    ],
)
def test_files_load_by_packages_that_come_on_demand(
    family: Family, library: PackageLibrary, sandbox: BubblewrapSandbox, tmp_path: Path
) -> None:
    """What the library itself writes in one run, another run loads, and has the values in it."""
    if not _can_have(library, family):
        pytest.skip("its packages are not kept here, and no package index can be reached")
    written = Runs(sandbox, RecordingHost())
    result = written(family.write, timeout_s=120)
    assert result.exit_code == 0, result.stderr[-2000:]
    for name, content in written.host.outputs.items():
        (tmp_path / name).write_bytes(content)
    for sample in family.samples:
        if (FIXTURES / sample.name).exists():
            copyfile(FIXTURES / sample.name, tmp_path / sample.name)
    loading = RecordingHost({f"{n:012}": path for n, path in enumerate(sorted(tmp_path.iterdir()))})
    looks = [(sample.name, sample.look) for sample in family.samples]
    result = Runs(sandbox, loading)(f"LOOKS = {looks!r}\n{LOOK}", timeout_s=120)
    assert result.exit_code == 0, result.stderr[-2000:]
    answers = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    seen = {sample.name: answer for sample, answer in zip(family.samples, answers, strict=True)}
    assert seen == {each.name: {"seen": json.loads(json.dumps(each.seen))} for each in family.samples}
