"""Attacks on the files that a run was granted, and on those who read them, too."""

import fcntl
import threading
from pathlib import Path

import pytest

from tests.support.sandboxes import RecordingHost, Runs

_CONTENT = "a,b\n" + "1,2\n" * 2000

_OPEN = """
import ctypes, fcntl, host_files, mmap, os, struct
granted = host_files.open_granted("abcdefghijkl")
link = f'/proc/self/fd/{granted.fd}'
libc = ctypes.CDLL(None, use_errno=True)
def got(action):
    try:
        return action()
    except (OSError, ValueError) as error:
        return type(error).__name__
"""


@pytest.fixture
def upload(tmp_path: Path, attack: Runs) -> Path:
    """A file that the run may read."""
    path = tmp_path / "numbers.csv"
    path.write_text(_CONTENT)
    path.chmod(0o600)
    attack.host.granted["abcdefghijkl"] = path
    return path


_WRITES = {
    "splice": "pipe = os.pipe(); os.write(pipe[1], b'evil'); os.splice(pipe[0], granted.fd, 4)",
    "copy_file_range": "open('x', 'w').write('evil'); os.copy_file_range(os.open('x', 0), granted.fd, 4)",
    "sendfile": "open('x', 'w').write('evil'); os.sendfile(granted.fd, os.open('x', 0), 0, 4)",
    "shared mapping": "mmap.mmap(granted.fd, 4, flags=mmap.MAP_SHARED, prot=3)[:4] = b'evil'",
    "private mapping": "mmap.mmap(granted.fd, 4, flags=mmap.MAP_PRIVATE, prot=3)[:4] = b'evil'",
    "punched hole": "libc.fallocate(granted.fd, 3, ctypes.c_long(0), ctypes.c_long(4096))",
    "collapsed range": "libc.fallocate(granted.fd, 8, ctypes.c_long(0), ctypes.c_long(4096))",
    "immutable flag": "fcntl.ioctl(granted.fd, 0x40086602, struct.pack('l', 0x10))",
    "extended flags": "fcntl.ioctl(granted.fd, 0x401C5820, struct.pack('IIII12x', 1, 0, 0, 0))",
    "clone over it": "open('x', 'w').write('evil'); fcntl.ioctl(granted.fd, 0x40049409, os.open('x', 0))",
    "append flag": "fcntl.fcntl(granted.fd, 4, os.O_APPEND | os.O_RDWR); os.write(granted.fd, b'evil')",
    "memory of itself": "open('/proc/self/mem', 'r+b', 0).write(b'')",
    "rename over it": "open('x', 'w').write('evil'); os.rename('x', os.readlink(link))",
    "removal": "os.remove(os.readlink(link))",
    "owner": "os.fchown(granted.fd, 0, 0)",
    "attribute": "os.setxattr(granted.fd, 'user.evil', b'evil')",
    "new name": "libc.linkat(granted.fd, b'', -100, b'/work/mine', 0x1000)",
}


@pytest.mark.attack(33, 66)
@pytest.mark.parametrize("write", _WRITES.values(), ids=_WRITES)
def test_no_call_changes_an_input(attack: Runs, upload: Path, write: str) -> None:
    """Whatever a run calls, the file on the host has the same bytes, names and attributes after it."""
    before = upload.stat()
    attack(f"{_OPEN}{write}")
    after = upload.stat()
    assert upload.read_text() == _CONTENT
    assert (after.st_nlink, after.st_mtime_ns, after.st_uid) == (1, before.st_mtime_ns, before.st_uid)
    assert [path.name for path in upload.parent.iterdir() if path.is_file()] == [upload.name]


@pytest.mark.attack(63)
def test_locks_of_a_run_keep_nobody_waiting(attack: Runs, upload: Path) -> None:
    """While one run holds every lock on its input that it can get, another reads it and the host goes on."""
    hold = f"""{_OPEN}
for lock in (lambda: fcntl.flock(granted.fd, fcntl.LOCK_EX), lambda: fcntl.lockf(granted.fd, fcntl.LOCK_SH)):
    got(lock)
print('held', flush=True)
import time; time.sleep(1.5)
"""
    holder = threading.Thread(target=attack, args=(hold,))
    holder.start()
    while not attack.host.shown and holder.is_alive():
        holder.join(0.01)
    other = Runs(attack.sandbox, RecordingHost(granted=attack.host.granted))
    result = other(f"{_OPEN}print(len(os.read(granted.fd, 10**6)))")
    renamed = upload.rename(upload.with_name("moved.csv"))
    renamed.unlink()
    assert holder.is_alive()
    holder.join()
    assert result.stdout == f"{len(_CONTENT)}\n"


@pytest.mark.attack(63)
@pytest.mark.parametrize("command", [fcntl.F_SETLEASE, fcntl.F_NOTIFY], ids=["lease", "notice"])
def test_nobody_is_kept_waiting_or_watched_by_a_lease(attack: Runs, upload: Path, command: int) -> None:
    """A lease, which makes whoever opens the file wait for 45 s, and a notice of changes are refused."""
    del upload
    assert attack.printed(f"{_OPEN}print(got(lambda: fcntl.fcntl(granted.fd, {command}, 0)))") == (
        "PermissionError"
    )


@pytest.mark.attack(63)
def test_nobody_is_watched_by_inotify(attack: Runs, upload: Path) -> None:
    """Watches, which the machine has few of, cannot be made at all."""
    del upload
    code = f"{_OPEN}print(libc.inotify_init1(0), libc.fanotify_init(0, 0), ctypes.get_errno())"
    assert attack.printed(code) == "-1 -1 1"


@pytest.mark.attack(33)
def test_a_handle_of_a_file_opens_nothing(attack: Runs, upload: Path) -> None:
    """The calls that open files by number, past all folders, are refused."""
    del upload
    code = f"""{_OPEN}
handle, mount = ctypes.create_string_buffer(struct.pack('Ii', 128, 0) + bytes(128)), ctypes.c_int()
print(libc.name_to_handle_at(granted.fd, b'', handle, ctypes.byref(mount), 0x1000), ctypes.get_errno())
root = struct.pack('Ii', 8, 1) + struct.pack('II', 2, 0)
print(libc.open_by_handle_at(granted.fd, ctypes.create_string_buffer(root), 0), ctypes.get_errno())
"""
    assert attack.printed(code).splitlines() == ["-1 1", "-1 1"]
