"""Many askers at once, askers that die, and what is kept for whom."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.package_index import PackageIndex
from tests.support.packages import PROJECT, Packages, leftovers, make_packages

ASK = Path(__file__).with_name("ask_from_another_process.py")


def ask(folder: Path, index: PackageIndex, module: str) -> "subprocess.Popen[str]":
    """Start a process that asks for a module."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path])}
    command = [sys.executable, str(ASK), str(folder), index.url, module]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=PROJECT)


def wait_for(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def processes_in(folder: Path) -> list[int]:
    """Return the processes whose command line names a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if str(folder / "staging").encode() in line:
            found.append(int(path.parent.name))
    return found


@pytest.mark.attack(55)
def test_two_processes_at_once_make_one_install(tmp_path: Path, index: PackageIndex) -> None:
    """The second waits for the first, and both get the same layer."""
    index.wheel_delay_s = 1
    asking = [ask(tmp_path / "packages", index, "tiny") for _ in range(2)]
    layers = [process.communicate(timeout=60)[0] for process in asking]
    assert layers[0] == layers[1]
    assert layers[0].startswith("tiny@1.0-")
    assert len(index.downloads()) == 1


def test_two_threads_at_once_make_one_install(packages: Packages, index: PackageIndex) -> None:
    """Users of one program share an install that is going on."""
    index.wheel_delay_s = 1
    with ThreadPoolExecutor(4) as pool:
        layers = list(pool.map(lambda user: packages.layer("tiny", user_id=user), "abcd"))
    assert len({layer.folder for layer in layers}) == 1
    assert len(index.downloads()) == 1


@pytest.mark.attack(55)
def test_an_install_that_is_killed_half_way_leaves_nothing(tmp_path: Path, index: PackageIndex) -> None:
    """Its installer dies with it; the next program sweeps what it left, and installs the package."""
    folder = tmp_path / "packages"
    index.wheel_delay_s = 1.5
    asking = ask(folder, index, "tiny")
    wait_for(index.downloads)
    assert processes_in(folder)
    asking.send_signal(signal.SIGKILL)
    asking.communicate()
    wait_for(lambda: not processes_in(folder))
    assert leftovers(folder)
    index.wheel_delay_s = 0
    packages = make_packages(folder, index.url, allowed=["tiny"])
    assert leftovers(folder) == []
    assert list(packages.library.folder.iterdir()) == []
    assert packages.run("import tiny; print(tiny.version)", packages.layer("tiny")) == "1.0"


def test_a_program_that_starts_does_not_sweep_what_another_fills(tmp_path: Path, index: PackageIndex) -> None:
    """An install that is going on is somebody's, whoever starts beside it."""
    folder = tmp_path / "packages"
    index.wheel_delay_s = 1
    asking = ask(folder, index, "tiny")
    wait_for(index.downloads)
    make_packages(folder, index.url)
    assert asking.communicate(timeout=60)[0].startswith("tiny@1.0-")


def test_a_user_has_so_many_installs_an_hour(tmp_path: Path, index: PackageIndex) -> None:
    """What is kept costs nothing; other users are not held back; the reason names the limit."""
    for name in ("other", "shared"):
        index.add(name)
    packages = make_packages(
        tmp_path / "packages", index.url, allowed=["tiny", "other", "shared"], installs_per_hour=2
    )
    packages.layer("tiny")
    packages.layer("other")
    assert "2 packages installed within an hour" in packages.refusal("shared")
    packages.layer("tiny")
    packages.layer("shared", user_id="bob")
    packages.layer("shared")


def test_a_run_gets_so_many_packages(tmp_path: Path, index: PackageIndex) -> None:
    """A loop over names ends at the limit, without another look at the index."""
    for name in ("other", "shared"):
        index.add(name)
    packages = make_packages(
        tmp_path / "packages", index.url, allowed=["tiny", "other", "shared"], layers_per_run=2
    )
    provision = packages.provide("tiny", "other", "shared", "tiny", "nothing_of_the_kind")
    assert [layer.distribution for layer in provision.layers] == ["tiny", "other"]
    assert [refusal.module for refusal in provision.refusals] == ["shared", "nothing_of_the_kind"]
    assert "no more than 2 packages" in provision.refusals[0].reason
    assert not any("shared" in path for path in index.asked)


def test_what_was_not_used_for_the_longest_makes_room(tmp_path: Path, index: PackageIndex) -> None:
    """A layer that a living run may use stays, whatever room is wanted."""
    for name in ("tiny", "other", "shared"):
        index.projects.pop(name, None)
        index.add(name, files={f"{name}.py": os.urandom(300_000)})
    packages = make_packages(
        tmp_path / "packages",
        index.url,
        allowed=["tiny", "other", "shared"],
        cache_bytes=1_700_000,
        run_lasts=timedelta(hours=1),
    )

    def kept() -> list[str]:
        return sorted(path.name.partition("@")[0] for path in packages.library.folder.glob("*@*"))

    packages.layer("tiny")
    packages.clock.time += timedelta(minutes=2)
    packages.layer("other")
    assert "no room for it beside the packages in use" in packages.refusal("shared")
    packages.clock.time += timedelta(minutes=59)
    packages.layer("shared", user_id="bob")
    assert kept() == ["other", "shared"]
    assert leftovers(tmp_path / "packages") == []
