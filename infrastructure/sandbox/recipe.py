"""How cells are made on this machine: the program to start, and what each cell is told to lock down."""

import json
import platform
import secrets
import socket
import subprocess
from pathlib import Path

from infrastructure.sandbox import bubblewrap, seccomp
from infrastructure.sandbox.config import SandboxConfig

_UID_RANGES = ((1_900_000_000, 65_536), (61_184, 4_000))  # unassigned; systemd's dynamic users
_SPARE_ADDRESS_SPACE = 8 * 2**30


class CellError(Exception):
    """No cell could be made; the text is what bubblewrap or the guest said."""


class Recipe:
    """One for all cells of a program, whether bubblewrap starts them or a zygote forks them."""

    def __init__(
        self, config: SandboxConfig, bwrap: Path, *, user_namespace: bool, shares_memory: bool = True
    ) -> None:
        self._config = config
        self._bwrap = bwrap
        self._user_namespace = user_namespace
        self._shares_memory = shares_memory
        self._filter = seccomp.program(platform.machine(), shares_memory=shares_memory).hex()

    def spawn(
        self, script: str, control: socket.socket, log: int, *, scratch: bool = False
    ) -> "subprocess.Popen[bytes]":
        """Start a script of the guest behind bubblewrap, with one end of a channel.

        The thread that calls this must outlive the process: the kernel kills
        bubblewrap when the thread that started it ends.

        Raises:
            OSError: bubblewrap cannot be started.
        """
        command = bubblewrap.command(
            self._bwrap,
            self._config,
            user_namespace=self._user_namespace,
            scratch=scratch,
            shares_memory=self._shares_memory,
        )
        options = ["-s", "-B", "-X", "utf8"]  # children inherit these; the environment is ours
        return subprocess.Popen(
            [*command, *options, str(bubblewrap.GUEST / script), str(control.fileno())],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            pass_fds=[control.fileno()],
            start_new_session=True,
            cwd="/",
        )

    def spec(self) -> dict[str, object]:
        """Return what the supervisor of one cell needs to know (see `guest/lockdown.py`).

        Raises:
            CellError: there is no user id for it.
        """
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
