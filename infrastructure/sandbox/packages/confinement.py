"""Where the installer runs: it sees the system's programs and one folder to fill, and has the network.

It reads what strangers published, so it is locked away from everything else of the
machine, though it runs no code of theirs: wheels are only unpacked.
"""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from select import poll
from typing import IO

from infrastructure.sandbox.mounts import show, show_devices, show_installation, show_top_folders
from infrastructure.sandbox.packages.base import BaseEnvironment
from infrastructure.sandbox.packages.config import InstallCaps, PackageConfig

STAGING = Path("/staging")
SHOWN = Path("/shown")
UV, CONFINED = Path("/uv"), Path("/confined.py")
_PYTHON = Path("/python")
_UIDS = (1_900_070_000, 65_190)
"""Unassigned everywhere, and none that a run of code can have (see `recipe.unassigned_uid`)."""
_ETC = ("ssl", "pki", "ca-certificates", "resolv.conf", "hosts", "nsswitch.conf", "gai.conf", "ld.so.cache")
_DEVICES = ("null", "zero", "random", "urandom")
_FILES, _PROCESSES = 4096, 512
_SAID_BYTES = 16_384
_LOOK_S, _MEASURE_S, _DYING_S = 0.05, 0.25, 10.0


class StoppedError(Exception):
    """A command was stopped; the text says at what."""


class LateError(StoppedError):
    """A command took longer than it may."""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and the end of what it said."""

    code: int
    said: str


@dataclass(frozen=True)
class Confinement:
    """Runs commands with one folder, `staging`, that they may write to, and one to read, if any."""

    config: PackageConfig
    bwrap: Path
    base: BaseEnvironment
    staging: Path
    shown: Path | None = None

    def take(self) -> None:
        """Hand the folder over to the user id of the commands, where they have one of their own."""
        if uid := confined_uid():
            os.chown(self.staging, uid, uid)

    def run(self, command: list[str], *, timeout_s: float, is_abandoned: Callable[[], bool]) -> Ended:
        """Run a command to its end.

        The kernel ends it with the thread that called this.

        Raises:
            StoppedError: it took too long or too much room, or nobody waits any more.
            OSError: bubblewrap cannot be started.
        """
        alive, theirs = os.pipe2(os.O_CLOEXEC)
        with tempfile.TemporaryFile() as said, os.fdopen(alive) as alive_pipe:
            try:
                process = self._start(command, said, theirs)
            finally:
                os.close(theirs)
            try:
                self._watch(process, time.monotonic() + timeout_s, is_abandoned)
            finally:
                process.kill()
                process.wait()
                _await_end(alive_pipe.fileno())
            measure(self.staging, self.config.caps)  # a quick one ends between two looks
            return Ended(process.returncode, _end_of(said))

    def command(self, words: list[str]) -> list[str]:
        """Return the command line that runs a command in here."""
        identity = [str(confined_uid()), str(STAGING), json.dumps(self._limits())]
        python = str(python_inside(self.base.interpreter))
        return [*self._bubblewrap(), python, "-I", "-S", str(CONFINED), *identity, *words]

    def _start(self, words: list[str], said: IO[bytes], alive: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.command(words),
            env=self._environment(),  # not on the command line: it may hold a password for the index
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=[alive],
            start_new_session=True,
            cwd="/",
        )

    def _watch(
        self, process: "subprocess.Popen[bytes]", end: float, is_abandoned: Callable[[], bool]
    ) -> None:
        measured = time.monotonic()
        while not _has_ended(process):
            now = time.monotonic()
            if is_abandoned():
                msg = "nobody waits for it any more"
                raise StoppedError(msg)
            if now > end:
                msg = "it took too long"
                raise LateError(msg)
            if now - measured > _MEASURE_S:
                measure(self.staging, self.config.caps)
                measured = time.monotonic()

    def _limits(self) -> dict[str, int]:
        caps = self.config.caps
        return {
            "RLIMIT_CPU": caps.cpu_s,
            "RLIMIT_DATA": caps.memory_bytes,
            "RLIMIT_FSIZE": caps.unpacked_bytes,
            "RLIMIT_NOFILE": _FILES,
            "RLIMIT_NPROC": _PROCESSES,
            "RLIMIT_CORE": 0,
        }

    def _bubblewrap(self) -> list[str]:
        as_root = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        return [
            str(self.bwrap),
            *(as_root if confined_uid() else ["--unshare-user"]),
            *("--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try"),
            *("--hostname", "installer", "--die-with-parent"),
            *self._visible(),
            *("--dir", "/tmp", "--proc", "/proc"),  # noqa: S108 - a mount point inside
            *("--bind", str(self.staging), str(STAGING), "--remount-ro", "/", "--chdir", "/", "--"),
        ]

    def _environment(self) -> dict[str, str]:
        caps = self.config.caps
        return {
            "HOME": str(STAGING),
            "TMPDIR": str(STAGING),
            "LANG": "C.UTF-8",
            "UV_CACHE_DIR": str(STAGING / "cache"),
            "UV_NO_CONFIG": "1",
            "UV_SYSTEM_CERTS": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_HTTP_CONNECT_TIMEOUT": str(caps.connect_s),
            "UV_HTTP_TIMEOUT": str(caps.answer_s),
            "UV_HTTP_RETRIES": "1",
            "NO_COLOR": "1",
            **self.config.index,
        }

    def _visible(self) -> list[str]:
        certificates = self.config.index.get("SSL_CERT_FILE")
        paths = [Path("/usr"), *(Path("/etc", name) for name in _ETC)]
        paths += [Path(certificates)] if certificates else []
        return [
            *(word for path in paths for word in show(path)),
            *show_top_folders(),
            *show_devices(_DEVICES),
            *show_installation(self.base.interpreter.parent.parent, _PYTHON),
            *show(self.config.uv, UV),
            *(show(self.shown, SHOWN) if self.shown is not None else []),
            *show(Path(__file__).with_name("confined.py"), CONFINED),
        ]


def confined_uid() -> int:
    """Return the user id of the installer: one that owns nothing else; 0 where it has to be our own."""
    if os.getuid() != 0:
        return 0
    lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    mapped = [tuple(map(int, line.split())) for line in lines]
    return next((uid for uid in _UIDS if any(first <= uid < first + n for first, _, n in mapped)), 0)


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    """Tell whether a process has ended, as soon as it has, or after a moment that it has not."""
    handle = os.pidfd_open(process.pid)
    try:
        waiting = poll()
        waiting.register(handle)
        return bool(waiting.poll(_LOOK_S * 1000))
    finally:
        os.close(handle)


def _await_end(alive: int) -> None:
    """Wait until nobody holds the other end of a pipe any more.

    The kernel ends what bubblewrap started a moment after bubblewrap, and till then it may write.
    """
    waiting = poll()
    waiting.register(alive, 0)
    waiting.poll(_DYING_S * 1000)


def measure(folder: Path, caps: InstallCaps) -> int:
    """Return the bytes below a folder on disk, each file once.

    Raises:
        StoppedError: they, or the files, are too many.
    """
    sizes: dict[int, int] = {}
    for entry in _entries(folder):
        with suppress(OSError):
            state = entry.stat(follow_symlinks=False)
            sizes[state.st_ino] = state.st_blocks * 512
        if len(sizes) > caps.entries:
            msg = f"it has more than {caps.entries} files"
            raise StoppedError(msg)
    total = sum(sizes.values())
    if total > caps.unpacked_bytes:
        msg = f"it unpacks to more than {caps.unpacked_bytes / 2**20:.0f} MB"
        raise StoppedError(msg)
    return total


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    waiting = [str(folder)]
    while waiting:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def python_inside(interpreter: Path) -> Path:
    """Return the path inside that the code environment's interpreter has."""
    prefix = interpreter.parent.parent
    return interpreter if prefix == Path("/usr") else _PYTHON / "bin" / interpreter.name


def _end_of(said: IO[bytes]) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID_BYTES))
    return said.read().decode("utf-8", "replace")
