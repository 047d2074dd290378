"""Attacks by way of packages: names, contents, sizes and numbers of what is imported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from application.ports.sandbox import RunRequest, RunResult
from infrastructure.sandbox.adapter import BubblewrapSandbox
from tests.support.package_index import PackageIndex, served
from tests.support.packages import Packages, make_packages
from tests.support.sandboxes import RecordingHost, config

ALLOWED = ["tiny", "typing-things", "source-only", "bomb", "large", "evil", *(f"leaf{n}" for n in range(60))]


@pytest.fixture
def index() -> Iterator[PackageIndex]:
    """An index with one small package in it."""
    with served() as made:
        made.add("tiny")
        yield made


@pytest.fixture
def packages(tmp_path: Path, index: PackageIndex) -> Packages:
    """A library that allows a few names."""
    return make_packages(tmp_path / "packages", index.url, allowed=ALLOWED, installs_per_hour=5)


@pytest.fixture
def sandbox(tmp_path: Path, packages: Packages) -> Iterator[BubblewrapSandbox]:
    """A sandbox with that library."""
    made = BubblewrapSandbox(config(tmp_path / "sandbox"), packages.library)
    yield made
    made.close()


def run(sandbox: BubblewrapSandbox, code: str) -> RunResult:
    """Run code of a user."""
    return sandbox.run(RunRequest("execution", "user", code, 30.0), RecordingHost())


@pytest.mark.attack(51)
def test_a_slip_of_a_name_installs_nothing(sandbox: BubblewrapSandbox, index: PackageIndex) -> None:
    """Somebody may wait for it under that very name."""
    index.add("tinny")
    result = run(sandbox, "import tinny")
    assert "ModuleNotFoundError: No module named 'tinny'" in result.stderr
    assert "did you mean 'tiny'?" in result.stderr
    assert index.asked == []


@pytest.mark.attack(52)
def test_code_of_a_package_is_not_run_to_install_it(sandbox: BubblewrapSandbox, index: PackageIndex) -> None:
    """Sources are not built, and what would act at a start is not kept."""
    index.add_source("source_only")
    files = {
        "evil/__init__.py": "",
        "evil.pth": "import os; print('acted')",
        "sitecustomize.py": "print('acted')",
    }
    index.add("evil", files=files)
    code = "try:\n    import source_only\nexcept ModuleNotFoundError as error:\n    print(error)\nimport evil"
    result = run(sandbox, code)
    assert "comes as source code only" in result.stdout
    assert "acted" not in result.stdout
    again = "import evil, subprocess, sys; _ = subprocess.run([sys.executable, '-c', 'import evil'])"
    assert run(sandbox, again).stdout == ""


@pytest.mark.attack(53)
def test_too_much_is_not_installed(sandbox: BubblewrapSandbox, index: PackageIndex) -> None:
    """Neither what is large by its own word, nor what turns out to be when it is unpacked."""
    index.add("large", size=3 * 2**30)
    index.add("bomb", files={"bomb.py": b"#" * 64 * 2**20})
    for module in ("large", "bomb"):
        result = run(sandbox, f"import {module}")
        assert "ModuleNotFoundError" in result.stderr
        assert "allowed" in result.stderr


@pytest.mark.attack(54)
def test_a_package_cannot_be_changed_by_a_run(sandbox: BubblewrapSandbox) -> None:
    """Neither written to, nor deleted from, nor added to; the next run gets what was published."""
    code = """
import os, tiny
folder = os.path.dirname(tiny.__file__)
for attempt in (
    lambda: open(tiny.__file__, "w"),
    lambda: open(f"{folder}/more.py", "w"),
    lambda: os.unlink(tiny.__file__),
    lambda: os.chmod(tiny.__file__, 0o777),
    lambda: os.mkdir(os.path.dirname(folder) + "/more@1"),
):
    try:
        attempt()
    except OSError as error:
        print(error.strerror)
"""
    assert run(sandbox, code).stdout.splitlines() == ["Read-only file system"] * 5
    assert run(sandbox, "import tiny; print(tiny.version)").stdout.strip() == "1.0"


@pytest.mark.attack(56)
def test_a_loop_over_names_is_stopped(sandbox: BubblewrapSandbox, index: PackageIndex) -> None:
    """A thousand names get no thousand installs, and the run goes on."""
    for number in range(60):
        index.add(f"leaf{number}")
    code = """
import importlib
found = 0
for n in range(1000):
    try:
        importlib.import_module(f"leaf{n}")
        found += 1
    except ModuleNotFoundError:
        pass
print(found)
"""
    assert run(sandbox, code).stdout.strip() == "5"
