"""What the installer can see and do: uv is trusted no further than it has to be."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infrastructure.sandbox.bubblewrap import find_bwrap
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import PackageConfig, index_settings
from infrastructure.sandbox.packages.confinement import Confinement, LateError, StoppedError
from tests.support.packages import CAPS, PROJECT
from tests.support.sandboxes import SANDBOX_PYTHON, config

Run = Callable[..., str]


@pytest.fixture
def confinement(tmp_path: Path) -> Confinement:
    """A confinement with an empty folder."""
    bwrap = find_bwrap(config(tmp_path))
    assert bwrap is not None
    staging = tmp_path / "staging"
    staging.mkdir(mode=0o700)
    settings = PackageConfig(tmp_path, SANDBOX_PYTHON, PROJECT / ".tools/bin/uv", bwrap, caps=CAPS)
    made = Confinement(settings, bwrap, BaseEnvironment(SANDBOX_PYTHON), staging)
    made.take()
    return made


@pytest.fixture
def shell(confinement: Confinement) -> Run:
    """Runs a line of shell in confinement and returns what it says."""

    def run(line: str, timeout_s: float = 10.0) -> str:
        command = ["/bin/sh", "-c", line]
        return confinement.run(command, timeout_s=timeout_s, is_abandoned=lambda: False).said

    return run


def test_the_installer_sees_nothing_of_the_house(tmp_path: Path, shell: Run) -> None:
    """Neither data nor homes nor accounts; of the program, only uv."""
    (tmp_path / "secret").write_text("not for you")
    hidden = (
        tmp_path,
        Path.home(),
        PROJECT / "README.md",
        Path("/etc/passwd"),
        Path("/etc/shadow"),
        Path("/root"),
    )
    for path in hidden:
        assert "No such file" in shell(f"cat {path}"), path
    assert "home" not in shell("echo /*")


def test_the_installer_has_no_secret_in_its_environment(shell: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables of the program do not reach it, but for those that name the index."""
    monkeypatch.setenv("DISCORD_TOKEN", "not for you")
    assert "not for you" not in shell("env; cat /proc/*/environ")


def test_the_password_of_an_index_is_on_no_command_line(confinement: Confinement) -> None:
    """Every user of the machine can read those; only the installer's environment has it."""
    index = {"UV_DEFAULT_INDEX": "http://me:hunter2@127.0.0.1/simple"}
    mirrored = replace(confinement, config=replace(confinement.config, index=index))
    line = "cat /proc/*/cmdline; echo; echo $UV_DEFAULT_INDEX"
    ended = mirrored.run(["/bin/sh", "-c", line], timeout_s=10, is_abandoned=lambda: False)
    assert ended.said.count("hunter2") == 1
    assert not any("hunter2" in word for word in mirrored.command(["/bin/true"]))


def test_index_settings_are_all_that_is_inherited() -> None:
    """A mirror that pip was told of is meant for uv, too; other variables stay outside."""
    environment = {
        "PIP_INDEX_URL": "http://127.0.0.1/a",
        "OPENAI_API_KEY": "x",
        "HTTPS_PROXY": "",
        "HOME": "/r",
    }
    assert index_settings(environment) == {"UV_DEFAULT_INDEX": "http://127.0.0.1/a"}
    environment["UV_DEFAULT_INDEX"] = "http://127.0.0.1/b"
    assert index_settings(environment)["UV_DEFAULT_INDEX"] == "http://127.0.0.1/b"


def test_the_installer_writes_to_its_folder_only(confinement: Confinement, shell: Run) -> None:
    """Everything else is read-only or not there."""
    assert shell("echo hello > here && cat here").strip() == "hello"
    assert (confinement.staging / "here").read_text() == "hello\n"
    for place in ("/there", "/tmp/there", "/usr/there", "/dev/there", "/uv"):  # noqa: S108 - inside
        assert "hello" not in shell(f"echo hello > {place} && cat {place}"), place


def test_the_installer_is_nobody(shell: Run) -> None:
    """As root it gets a user id of its own, without any capability; it never gains any."""
    status = dict(line.split(":\t") for line in shell("cat /proc/self/status").splitlines() if ":\t" in line)
    assert int(status["CapEff"], 16) == 0
    assert int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    if os.getuid() == 0:
        assert "0" not in status["Uid"].split()
        assert status["Groups"].strip() == ""


def test_the_installer_is_stopped_at_its_time(confinement: Confinement) -> None:
    """With everything that it has started."""
    line = "for n in 1 2 3 4 5 6 7 8 9; do sleep 61.375 & done; wait"
    start = time.monotonic()
    with pytest.raises(LateError):
        confinement.run(["/bin/sh", "-c", line], timeout_s=0.5, is_abandoned=lambda: False)
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if b"61.375" in _read(path)]
    assert time.monotonic() - start < 3


def test_the_installer_is_stopped_at_its_room(confinement: Confinement) -> None:
    """Many files count together."""
    small = replace(confinement, config=replace(confinement.config, caps=replace(CAPS, unpacked_bytes=2**20)))
    line = "for n in 1 2 3 4 5 6 7 8 9; do head -c 500000 /dev/urandom > $n; done; sleep 20"
    with pytest.raises(StoppedError, match="unpacks to more than 1 MB"):
        small.run(["/bin/sh", "-c", line], timeout_s=15, is_abandoned=lambda: False)


def test_room_is_looked_at_when_the_installer_has_ended(confinement: Confinement) -> None:
    """One that is quicker than the looks at it gets no further than a slow one."""
    small = replace(confinement, config=replace(confinement.config, caps=replace(CAPS, unpacked_bytes=2**20)))
    line = "head -c 900000 /dev/urandom > a; cp a b"
    with pytest.raises(StoppedError, match="unpacks to more than 1 MB"):
        small.run(["/bin/sh", "-c", line], timeout_s=15, is_abandoned=lambda: False)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
