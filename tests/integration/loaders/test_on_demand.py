"""File types whose loaders come as packages, in the real sandbox, from the real package index."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infrastructure.sandbox.adapter import BubblewrapSandbox
from infrastructure.sandbox.packages.library import PackageLibrary
from tests.integration.loaders.on_demand_samples import FAMILIES, Family
from tests.support.on_demand import can_have, files_of, kept_library, roomy_sandbox
from tests.support.sandboxes import RecordingHost, Runs

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
    """The library with layers of earlier test runs."""
    return kept_library()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, library: PackageLibrary) -> Iterator[BubblewrapSandbox]:
    """One sandbox for all."""
    with roomy_sandbox(tmp_path_factory.mktemp("sandbox"), library) as made:
        yield made


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
    if not can_have(library, family):
        pytest.skip("its packages are not kept here, and no package index can be reached")
    for name, content in files_of(family, sandbox).items():
        (tmp_path / name).write_bytes(content)
    loading = RecordingHost({f"{n:012}": path for n, path in enumerate(sorted(tmp_path.iterdir()))})
    looks = [(sample.name, sample.look) for sample in family.samples]
    result = Runs(sandbox, loading)(f"LOOKS = {looks!r}\n{LOOK}", timeout_s=120)
    assert result.exit_code == 0, result.stderr[-2000:]
    answers = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    seen = {sample.name: answer for sample, answer in zip(family.samples, answers, strict=True)}
    assert seen == {each.name: {"seen": json.loads(json.dumps(each.seen))} for each in family.samples}
