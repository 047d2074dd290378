import os
import subprocess
from pathlib import Path

import pytest

from infrastructure.sandbox import cgroups
from infrastructure.sandbox.config import SandboxConfig
from infrastructure.sandbox.watchdog import Watchdog, WatchedRun, descendants
from tests.support.sandboxes import MEBIBYTE, config


@pytest.fixture
def settings(tmp_path: Path) -> SandboxConfig:
    """Limits to be found in the files."""
    return config(tmp_path / "state", memory_mb=100, disk_bytes=10 * MEBIBYTE, processes=7)


def test_the_separate_hierarchies_get_limits_of_memory_and_processes(
    tmp_path: Path, settings: SandboxConfig
) -> None:
    """Version 1: the group's folders below our own carry the limits, swap included where there is one."""
    memory = tmp_path / "memory" / "own"
    pids = tmp_path / "pids" / "own"
    memory.mkdir(parents=True)
    pids.mkdir(parents=True)
    group = cgroups.CgroupV1(memory, pids, settings).new("run")
    made = memory / f"fileledger-{os.getpid()}-run"
    assert (made / "memory.limit_in_bytes").read_text() == str(120 * MEBIBYTE)
    assert (pids / made.name / "pids.max").read_text() == "7"
    (made / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 0\n")
    assert not group.is_over_memory()
    (made / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert group.is_over_memory()


def test_the_unified_hierarchy_gets_its_limits_and_a_processes_number(
    tmp_path: Path, settings: SandboxConfig
) -> None:
    """Version 2: the group carries the limits, and a process is put in by its number."""
    group = cgroups.CgroupV2(tmp_path, settings).new("run")
    made = tmp_path / f"fileledger-{os.getpid()}-run"
    group.add(4711)
    assert (made / "memory.max").read_text() == str(120 * MEBIBYTE)
    assert (made / "pids.max").read_text() == "7"
    assert (made / "cgroup.procs").read_text() == "4711"
    (made / "memory.events").write_text("low 0\noom 1\noom_kill 1\noom_group_kill 1\n")
    assert group.is_over_memory()


def test_without_any_hierarchy_there_are_no_groups(tmp_path: Path, settings: SandboxConfig) -> None:
    """A machine that offers none, or lets us write in none, is told by None."""
    assert cgroups.find(settings, tmp_path, "0::/\n") is None
    assert cgroups.find(settings, tmp_path, "4:memory:/x\n8:pids:/\n") is None


def test_a_group_that_was_not_delegated_is_left_alone(tmp_path: Path) -> None:
    """Groups that systemd keeps for itself are not rearranged."""
    assert cgroups.delegated_folder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_delegated_group_is_used_from_a_leaf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a group that systemd handed over, our own processes make room for the runs' groups."""
    monkeypatch.setattr(os, "getxattr", lambda _path, _name: b"1")
    (tmp_path / "cgroup.procs").write_text("11\n12\n")
    assert cgroups.delegated_folder(tmp_path) == tmp_path
    assert (tmp_path / "fileledger-host" / "cgroup.procs").read_text() == "12"
    assert cgroups.delegated_folder(tmp_path / "fileledger-host") == tmp_path


def test_groups_of_dead_processes_are_swept(tmp_path: Path, settings: SandboxConfig) -> None:
    """What a killed process left goes, what a living one uses stays."""
    for name in ("fileledger-999999999-run", f"fileledger-{os.getpid()}-run", "fileledger-host", "other"):
        (tmp_path / name).mkdir()
    cgroups.CgroupV2(tmp_path, settings).sweep()
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"fileledger-{os.getpid()}-run",
        "fileledger-host",
        "other",
    ]


def test_the_watchdog_adds_up_a_process_and_its_children() -> None:
    """Memory of children counts, and a group of dead processes holds nothing."""
    with subprocess.Popen(["/bin/sh", "-c", "sleep 30 & echo up; wait"], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        family = descendants(parent.pid)
        small, large = WatchedRun(MEBIBYTE // 4), WatchedRun(1024 * MEBIBYTE)
        for group in (small, large):
            group.add(parent.pid)
        found = (small.is_over_memory(), large.is_over_memory())
        for pid in reversed(family):
            os.kill(pid, 9)
    assert len(family) == 2
    assert found == (True, False)
    assert not small.is_over_memory()


def test_the_watchdog_is_named(settings: SandboxConfig) -> None:
    """Operators are told that no control group enforces the limit."""
    assert "watchdog" in Watchdog(settings).mechanism
