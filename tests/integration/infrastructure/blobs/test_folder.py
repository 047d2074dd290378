"""Blobs in a folder: private, and never orphaned by those who die."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import EnvironmentFaultError
from infrastructure.blobs.folder import FolderBlobStore

CONTENT = b"a,b\n1,2\n" * 1000


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobStore:
    """Return a new blob store."""
    return FolderBlobStore(tmp_path / "user_files")


def keep(blobs: FolderBlobStore, name: str = "abc123xyz789.csv", content: bytes = CONTENT) -> None:
    """Commit a blob of alice's."""
    with blobs.stage("alice") as staged:
        staged.write(content)
        staged.commit(name)


def test_folders_and_files_are_private(blobs: FolderBlobStore, tmp_path: Path) -> None:
    """0700 for folders and 0600 for files, whatever the umask."""
    keep(blobs)
    for path in (tmp_path / "user_files").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_the_sweep_spares_what_a_living_process_is_about_to_record(blobs: FolderBlobStore) -> None:
    """Between commit and the event the writer's lock protects the bytes, staged ones too."""
    with blobs.stage("alice") as committed, blobs.stage("alice") as still_staged:
        committed.write(CONTENT)
        committed.commit("abc123xyz789.csv")
        still_staged.write(CONTENT)
        assert blobs.discard_orphans(lambda *_: False) == []
        still_staged.commit("xyz789abc123.csv")
    assert len(blobs.discard_orphans(lambda *_: False)) == 2


def test_the_sweep_takes_what_a_killed_process_left(blobs: FolderBlobStore, tmp_path: Path) -> None:
    """Kill -9 while staging and after commit: both leftovers are found and removed."""
    program = f"""
import os, signal
from pathlib import Path
from infrastructure.blobs.folder import FolderBlobStore
blobs = FolderBlobStore(Path({str(tmp_path / "user_files")!r}))
with blobs.stage("alice") as one, blobs.stage("alice") as two:
    one.write(b"x"); one.commit("abc123xyz789.csv"); two.write(b"y")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path.cwd())
    assert ended.returncode == -9
    gone = blobs.discard_orphans(lambda *_: False)
    assert "alice/abc123xyz789.csv" in gone
    assert len(gone) == 2
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_error(blobs: FolderBlobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """ENOSPC, real from the kernel, becomes a line with its remedy, and nothing is kept."""
    real_open = os.open

    def open_on_full_disk(path: object, flags: int, mode: int = 0o777, **how: int) -> int:
        target = "/dev/full" if "staging/" in str(path) else path
        return real_open(target, flags & ~os.O_EXCL, mode, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", open_on_full_disk)
    with blobs.stage("alice") as staged, pytest.raises(EnvironmentFaultError, match="the disk is full"):
        staged.write(b"x" * 100_000)
