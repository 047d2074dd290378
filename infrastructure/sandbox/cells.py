"""Cells: locked-down processes that wait for code, and the way to get one."""

import json
import os
import platform
import secrets
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from select import poll

from infrastructure.sandbox import boundary, bubblewrap, channel, seccomp
from infrastructure.sandbox.config import SandboxConfig

_START_S = 30.0
_UID_RANGES = ((1_900_000_000, 65_536), (61_184, 4_000))  # unassigned; systemd's dynamic users
_SPARE_ADDRESS_SPACE = 8 * 2**30


class CellError(Exception):
    """No cell could be made; the text is what bubblewrap or the guest said."""


@dataclass
class Cell:
    """One locked-down process, first of its pid namespace, and every handle on it.

    `channel` is what its code may use to ask for files; `control` belongs to the
    supervisor beside it, which reports the kernel's word on how it ended.
    """

    process: "subprocess.Popen[bytes]"
    control: socket.socket
    channel: socket.socket
    stdout: int
    stderr: int
    pidfd: int = -1
    pid: int = 0
    work: int = -1

    def start(self, code: str, cpu_s: int) -> None:
        """Send the code; it runs at once.

        Raises:
            channel.ProtocolError: the process is gone.
        """
        with os.fdopen(os.memfd_create("code"), "wb") as file:
            file.write(code.encode("utf-8", "surrogatepass"))
            file.flush()
            reading = os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY)
        try:
            channel.send(self.channel, {"cpu_s": cpu_s}, [reading])
        finally:
            os.close(reading)

    def kill(self) -> None:
        """Kill every process of the run: the kernel ends a pid namespace with its first process."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def wait(self, timeout_s: float = 10.0) -> int | None:
        """Wait until every process of the run is dead; return the wait status, None if unknown."""
        waiting = poll()
        waiting.register(self.pidfd)
        if not waiting.poll(timeout_s * 1000):
            msg = f"process {self.pid} cannot be killed"
            raise CellError(msg)
        self.control.settimeout(timeout_s)
        try:
            return int(channel.receive(self.control)[0]["status"])
        except (channel.ProtocolError, KeyError, TypeError, ValueError):
            return None

    def close(self) -> None:
        """Kill what still lives and give every handle back."""
        if self.pidfd >= 0:
            self.kill()
        self.control.close()
        self.channel.close()
        self.process.kill()
        self.process.wait()
        for descriptor in (self.stdout, self.stderr, self.pidfd, self.work):
            if descriptor >= 0:
                os.close(descriptor)


class CellMaker:
    """Makes cells with bubblewrap, one process tree a cell."""

    def __init__(self, config: SandboxConfig, bwrap: Path, *, user_namespace: bool) -> None:
        self._config = config
        self._bwrap = bwrap
        self._user_namespace = user_namespace
        self._filter = seccomp.program(platform.machine()).hex()

    def make(self) -> Cell:
        """Return a cell that has been seen, from outside, to be locked down.

        The thread that calls this must outlive the cell: the kernel kills
        bubblewrap when the thread that started it ends.

        Raises:
            CellError: no boundary could be built.
        """
        log_reader, log_writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        cell: Cell | None = None
        try:
            cell = self._launch(log_writer)
            self._await_lock_down(cell)
        except (channel.ProtocolError, OSError, CellError) as error:
            if cell is not None:
                cell.close()
            words = "" if isinstance(error, CellError) else _last_words(log_reader)
            raise CellError(words or str(error)) from error
        finally:
            os.close(log_reader)
            os.close(log_writer)
        return cell

    def _launch(self, log: int) -> Cell:
        control, their_control = channel.pair()
        requests, their_requests = channel.pair()
        out_reader, out_writer = os.pipe2(os.O_CLOEXEC)
        err_reader, err_writer = os.pipe2(os.O_CLOEXEC)
        try:
            process = self._spawn(their_control, log)
            cell = Cell(process, control, requests, out_reader, err_reader)
            channel.send(control, self._spec(), [their_requests.fileno(), out_writer, err_writer])
        finally:
            their_control.close()
            their_requests.close()
            os.close(out_writer)
            os.close(err_writer)
        for reader in (out_reader, err_reader):
            os.set_blocking(reader, False)
        return cell

    def _spawn(self, control: socket.socket, log: int) -> "subprocess.Popen[bytes]":
        command = bubblewrap.command(self._bwrap, self._config, user_namespace=self._user_namespace)
        script = str(bubblewrap.GUEST / "supervisor.py")
        return subprocess.Popen(
            [*command, "-E", "-s", "-B", "-X", "utf8", script, str(control.fileno())],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=[control.fileno()],
            start_new_session=True,
            cwd="/",
        )

    def _await_lock_down(self, cell: Cell) -> None:
        for end in (cell.control, cell.channel):
            end.settimeout(_START_S)
        _, (cell.pidfd,) = channel.receive(cell.control, descriptors=1)
        _, (cell.work,) = channel.receive(cell.channel, descriptors=1)
        cell.channel.settimeout(0)  # from now on the other end is hostile, and never waited for
        cell.pid = _pid_of(cell.pidfd)
        missing = boundary.weaknesses(cell.pid)
        if missing:
            msg = f"the locked-down process {', '.join(missing)}"
            raise CellError(msg)

    def _spec(self) -> dict[str, object]:
        """What the supervisor needs to know (see `guest/lockdown.py`)."""
        config = self._config
        room = f"size={config.disk_bytes},nr_inodes={config.inodes}"
        half = f"size={config.disk_bytes // 2},nr_inodes={config.inodes}"
        return {
            "user_namespace": self._user_namespace,
            "uid": None if self._user_namespace else unassigned_uid(),
            "tmpfs": {"/work": room, "/tmp": half, "/dev/shm": half},  # noqa: S108
            "rlimits": rlimits(config),
            "nice": config.nice,
            "filter": self._filter,
        }


def rlimits(config: SandboxConfig) -> dict[str, int]:
    """Return the limits of each process.

    Data (memory that a process can write to and shares with nobody) gives a
    `MemoryError` at the limit; address space is only a stop for absurd sizes,
    since libraries reserve much more than they use.
    """
    return {
        "RLIMIT_DATA": config.memory_bytes,
        "RLIMIT_AS": 2 * config.memory_bytes + _SPARE_ADDRESS_SPACE,
        "RLIMIT_FSIZE": config.disk_bytes,
        "RLIMIT_NOFILE": config.open_files,
        "RLIMIT_NPROC": config.processes,
        "RLIMIT_SIGPENDING": config.processes,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }


def unassigned_uid(uid_map: str | None = None) -> int:
    """Return a random uid that belongs to nobody and exists in this user namespace."""
    text = Path("/proc/self/uid_map").read_text(encoding="ascii") if uid_map is None else uid_map
    mapped = [tuple(int(word) for word in line.split()) for line in text.splitlines()]
    for first, count in _UID_RANGES:
        if any(start <= first and first + count <= start + length for start, _, length in mapped):
            return first + secrets.randbelow(count)
    msg = f"no unassigned user id exists in this container (its uid map: {json.dumps(text)})"
    raise CellError(msg)


def _pid_of(pidfd: int) -> int:
    """Return the process id, in this process's pid namespace, behind a pidfd."""
    lines = Path(f"/proc/self/fdinfo/{pidfd}").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pid:"))


def _last_words(log: int) -> str:
    with suppress(BlockingIOError):
        return os.read(log, 4096).decode(errors="replace").strip()
    return ""
