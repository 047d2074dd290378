import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.sandbox import boundary, seccomp
from tests.support.sandboxes import RecordingHost, Runs, config, opened

_IS_BUBBLEWRAP = "[ $1 = --version ] && exec echo bubblewrap 0.11.0;"


def _program(folder: Path, script: str) -> Path:
    path = folder / "bwrap"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.attack(59)
@pytest.mark.parametrize(
    ("script", "said", "broken"),
    [
        (
            f"{_IS_BUBBLEWRAP} echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1",
            "uid map: Permission denied",
            "sandbox boundary",
        ),
        (f"{_IS_BUBBLEWRAP} exit 0", "ends without having done anything", "sandbox boundary"),
        ("exit 0", "ends without having done anything", "bubblewrap"),
    ],
    ids=["no user namespaces", "ends at once", "something else"],
)
def test_without_a_boundary_nothing_runs(tmp_path: Path, script: str, said: str, broken: str) -> None:
    """Where bubblewrap fails, running code is refused with its words and a remedy, again and again."""
    host = RecordingHost()
    with opened(config(tmp_path, bwrap=_program(tmp_path, script))) as sandbox:
        for _ in range(2):
            with pytest.raises(EnvironmentFaultError, match=said):
                Runs(sandbox, host)("open('/work/ran', 'w')")
        missing = [check for check in sandbox.checks() if not check.ok]
    assert missing[-1].name == broken
    assert all(check.remedy for check in missing)
    assert host.outputs == {}


@pytest.mark.attack(59)
def test_a_missing_code_environment_is_named(tmp_path: Path) -> None:
    """Without the interpreter of the code environment the remedy says how to build it."""
    settings = replace(config(tmp_path), python=tmp_path / "none/bin/python")
    with opened(settings) as sandbox, pytest.raises(EnvironmentFaultError, match="make setup"):
        Runs(sandbox)("print(1)")


@pytest.mark.attack(59)
def test_a_guest_that_locks_nothing_down_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the look from outside misses stops every run."""
    monkeypatch.setattr(boundary, "weaknesses", lambda *_: ["has no filter of system calls"])
    with opened(config(tmp_path)) as sandbox, pytest.raises(EnvironmentFaultError, match="no filter"):
        Runs(sandbox)("print(1)")


@pytest.mark.attack(59)
def test_a_broken_filter_is_refused_by_the_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the filter cannot be loaded, no cell comes to be."""
    monkeypatch.setattr(seccomp, "program", lambda _, **_options: b"\xff" * 16)
    with opened(config(tmp_path)) as sandbox, pytest.raises(EnvironmentFaultError, match="lock-down failed"):
        Runs(sandbox)("print(1)")


@pytest.mark.attack(59)
def test_an_unsupported_machine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a filter nothing runs, and that is said."""
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with (
        opened(config(tmp_path)) as sandbox,
        pytest.raises(EnvironmentFaultError, match="no filter for riscv64"),
    ):
        Runs(sandbox)("print(1)")


@pytest.mark.attack(59)
def test_this_process_is_not_mistaken_for_a_locked_down_one() -> None:
    """The look from outside finds everything that an ordinary process lacks."""
    found = " ".join(boundary.weaknesses(os.getpid(), [os.getpid()]))
    for missing in ("mnt namespace", "pid namespace", "net namespace", "no filter", "may gain privileges"):
        assert missing in found
    assert f"with process {os.getpid()}" in found.partition("no folder")[2]
