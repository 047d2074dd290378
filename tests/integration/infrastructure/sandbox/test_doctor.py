"""Machines and containers that lack something, for real: what doctor says of them."""

import json
import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from infrastructure.sandbox.boundary_probe import probe
from infrastructure.sandbox.config import SandboxConfig
from tests.support import confinement, libseccomp
from tests.support.confinement import checks_in, filtered, ordinary_user
from tests.support.libseccomp import compiled
from tests.support.program import PROJECT
from tests.support.sandboxes import SANDBOX_PYTHON

pytestmark = pytest.mark.skipif(not confinement.is_possible(), reason="needs user namespaces")
needs_libseccomp = pytest.mark.skipif(not libseccomp.is_present(), reason="needs libseccomp")

NAMESPACES = ("mount namespace", "pid namespace", "network namespace", "ipc namespace", "uts namespace")
READ_ONLY_CGROUPS = ("--ro-bind-try", "/sys/fs/cgroup", "/sys/fs/cgroup")
NO_NAMESPACES = {  # CLONE_NEWPID, CLONE_NEWUSER and CLONE_NEWNET are the highest flags that `clone` knows
    "names": ["clone"],
    "args": [{"index": 0, "value": 0x10000000 - 1, "op": "SCMP_CMP_GT"}],
}
PROFILE = json.loads((PROJECT / "deploy/docker/seccomp.json").read_text(encoding="utf-8"))


def broken(checks: dict[str, dict[str, Any]]) -> list[str]:
    """Return the names of what is missing, and see that each says what to do."""
    missing = [check for check in checks.values() if not check["ok"]]
    assert all(check["detail"] and check["remedy"] for check in missing)
    return [check["name"] for check in missing]


def test_an_ordinary_user_has_every_mechanism(tmp_path: Path) -> None:
    """Without any capability everything holds, and each mechanism has its line."""
    checks = checks_in(ordinary_user(), tmp_path)
    assert broken(checks) == []
    assert {f"sandbox {name}" for name in ("user namespace", "proc", "cgroup namespace", *NAMESPACES)} <= set(
        checks
    )
    assert "1000" in checks["sandbox user id"]["detail"]
    assert "by mount" in checks["sandbox files"]["detail"]


def test_without_user_namespaces_the_setting_is_named(tmp_path: Path) -> None:
    """Where the kernel allows none, the base is missing, the rest waits for it, and sysctl is the remedy."""
    checks = checks_in(confinement.without_user_namespaces(), tmp_path)
    assert broken(checks)[0] == "sandbox user namespace"
    assert "user.max_user_namespaces=" in checks["sandbox user namespace"]["remedy"]
    for name in NAMESPACES:
        assert checks[f"sandbox {name}"]["detail"] == "not without the sandbox user namespace"
    assert "sandbox user id" not in checks


def test_too_few_user_namespaces_are_a_limit_to_raise(tmp_path: Path) -> None:
    """One is allowed, a second inside it is not: nothing is switched off, so the remedy is another one."""
    checks = checks_in(confinement.without_user_namespaces(allowed=1), tmp_path)
    assert "Raise the limits" in checks[broken(checks)[0]]["remedy"]


def test_a_covered_proc_is_told_from_missing_namespaces(tmp_path: Path) -> None:
    """As in a container with the usual masks: the namespaces are there, a /proc is not to be had."""
    checks = checks_in(ordinary_user("--ro-bind", "/dev/null", "/proc/timer_list"), tmp_path)
    assert broken(checks) == ["sandbox proc", "sandbox boundary"]
    assert "systempaths=unconfined" in checks["sandbox proc"]["remedy"]


@needs_libseccomp
def test_a_filter_around_the_program_is_recognised(tmp_path: Path) -> None:
    """As behind a container runtime's own profile, which forbids `unshare` and `clone` with namespaces."""
    with compiled({"syscalls": [NO_NAMESPACES]}, "unshare", "mount", "clone3") as forbidding:
        checks = checks_in(filtered(forbidding), tmp_path)
    assert broken(checks)[0] == "sandbox user namespace"
    assert "a filter of system calls" in checks["sandbox user namespace"]["remedy"]
    assert "deploy/docker" in checks["sandbox user namespace"]["remedy"]


@needs_libseccomp
def test_behind_our_own_filter_for_containers_everything_holds(tmp_path: Path) -> None:
    """The filter that is shipped for containers lets an ordinary user build the whole boundary."""
    with compiled(PROFILE) as ours:
        checks = checks_in(filtered(ours), tmp_path)
    assert broken(checks) == []


@needs_libseccomp
def test_our_filter_for_containers_names_real_system_calls() -> None:
    """A misspelt name would silently forbid nothing."""
    names = [name for rule in PROFILE["syscalls"] for name in rule["names"]]
    assert [name for name in names if libseccomp.number_of(name) == -1] == []
    assert {"bpf", "keyctl", "io_uring_setup", "open_by_handle_at"} <= set(names)


def test_read_only_control_groups_lead_to_the_watchdog(tmp_path: Path) -> None:
    """As in a container: no group can be made, and that is no fault."""
    checks = checks_in(ordinary_user(*READ_ONLY_CGROUPS), tmp_path)
    assert broken(checks) == []
    assert "watchdog" in checks["sandbox memory limit"]["detail"]
    assert "Delegate=yes" in checks["sandbox memory limit"]["remedy"]


def test_a_unified_hierarchy_without_controllers_leads_to_the_watchdog(tmp_path: Path) -> None:
    """Where memory and pids are bound to the other version, or not delegated, version 2 holds nothing."""
    checks = checks_in(confinement.with_bare_cgroup2(), tmp_path)
    assert broken(checks) == []
    assert "watchdog" in checks["sandbox memory limit"]["detail"]


def test_a_missing_bubblewrap_is_named(tmp_path: Path) -> None:
    """Neither the wheel's nor the system's: how to get one."""
    checks = checks_in(ordinary_user("--ro-bind", "/dev/null", str(confinement.BWRAP)), tmp_path)
    if shutil.which("bwrap") is None:
        assert broken(checks) == ["bubblewrap"]
        assert "make setup" in checks["bubblewrap"]["remedy"]
    else:
        assert str(confinement.BWRAP) not in checks["bubblewrap"]["detail"]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("exit 0", "ends without having done anything"),
        ("exit 3", "ends at once, with 3 and no word"),
        ("echo libcap.so.2 is missing >&2; exit 127", "libcap.so.2 is missing"),
    ],
)
def test_a_bubblewrap_that_does_not_work_is_to_blame(tmp_path: Path, script: str, said: str) -> None:
    """Not the machine: no word about containers and settings of the kernel, but how to replace it."""
    bwrap = tmp_path / "bwrap"
    bwrap.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    bwrap.chmod(0o755)
    found = probe(SandboxConfig(python=SANDBOX_PYTHON, state_folder=tmp_path, bwrap=bwrap)).checks
    checks = {check.name: asdict(check) for check in found}
    assert broken(checks) == ["bubblewrap"]
    assert str(bwrap) in checks["bubblewrap"]["detail"]
    assert said in checks["bubblewrap"]["detail"]
    assert "in its place" in checks["bubblewrap"]["remedy"]


def test_an_absent_code_environment_has_to_be_made(tmp_path: Path) -> None:
    """Without its interpreter, doctor says which command makes it."""
    checks = checks_in(ordinary_user(), tmp_path, python=str(tmp_path / "none/bin/python"))
    assert broken(checks) == ["code environment"]
    assert "make setup" in checks["code environment"]["remedy"]


def test_a_closed_code_environment_has_to_be_opened(tmp_path: Path) -> None:
    """An interpreter that is there and cannot be started by this user is another matter."""
    python = tmp_path / "python"
    python.write_text("", encoding="utf-8")
    checks = checks_in(ordinary_user(), tmp_path, python=str(python))
    assert broken(checks) == ["code environment"]
    assert "chmod" in checks["code environment"]["remedy"]


def _closed_environment(folder: Path, mode: int) -> Path:
    """Return the interpreter of a code environment whose libraries have this mode."""
    python = folder / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/usr/bin/env")
    (folder / "venv/lib").mkdir(mode=mode)
    return python


def test_libraries_that_the_user_cannot_read_are_named(tmp_path: Path) -> None:
    """Found before the first import fails."""
    python = _closed_environment(tmp_path, 0o000)
    checks = checks_in(ordinary_user(), tmp_path, python=str(python))
    assert broken(checks) == ["code environment"]
    assert str(tmp_path / "venv/lib") in checks["code environment"]["detail"]


def test_libraries_that_only_root_can_read_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root could read them, the user id of a run could not."""
    python = _closed_environment(tmp_path, 0o700)
    monkeypatch.setattr(os, "getuid", lambda: 0)
    found = probe(SandboxConfig(python=python, state_folder=tmp_path)).checks
    assert broken({check.name: asdict(check) for check in found}) == ["code environment"]
