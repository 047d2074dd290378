"""Hand a user's file into a run so that the run can read it and do nothing else to it.

A descriptor that was opened read-only is not enough: through `/proc/self/fd/N` its
holder can open the same file again, for writing if the file's mode or its own uid
allow it. As root, the run has another uid than the file's owner. As an ordinary
user it has the same one, and the file is reopened through a mount that is read-only.
"""

import fcntl
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Protocol

from infrastructure.sandbox import channel
from infrastructure.sandbox.config import SandboxConfig

_ANSWER_S = 10.0


class InputError(Exception):
    """The file cannot be handed over safely."""


class Inputs(Protocol):
    """One way of handing files over."""

    def share(self, descriptor: int) -> int:
        """Return a new descriptor of the same file, at offset 0, fit for hostile hands.

        Raises:
            InputError: there is no safe way.
        """

    def close(self) -> None:
        """Stop helper processes."""


class ForeignUidInputs:
    """For runs whose uid owns nothing: everyone may read the file, nobody else may write it.

    The folder around the file keeps other users of the machine away from it.
    """

    def share(self, descriptor: int) -> int:
        """Open the file anew, read-only, after making its mode say so."""
        state = _regular(descriptor)
        mode = stat.S_IMODE(state.st_mode)
        wanted = (mode | 0o444) & ~0o022
        try:
            if wanted != mode:
                os.fchmod(descriptor, wanted)
            return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise InputError(str(error.strerror)) from error

    def close(self) -> None:
        """Nothing to stop."""


class ReadOnlyMountInputs:
    """For runs with the uid of the file's owner: a helper opens files through read-only mounts."""

    def __init__(self, config: SandboxConfig, bwrap: Path) -> None:
        self._command = [
            *(str(bwrap), "--unshare-user", "--unshare-net", "--unshare-ipc", "--ro-bind", "/", "/", "--"),
            *(sys.executable, "-E", "-s", "-B", "-S", str(config.guest_folder / "reopener.py")),
        ]
        self._lock = threading.Lock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def share(self, descriptor: int) -> int:
        """Have the helper open the same file, and check that it is the same and read-only."""
        state = _regular(descriptor)
        path = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        with self._lock:
            try:
                shared = self._ask(path)
            except (channel.ProtocolError, OSError) as error:
                self._stop()
                raise InputError(str(error)) from error
        opened = os.fstat(shared)
        same = (opened.st_dev, opened.st_ino) == (state.st_dev, state.st_ino)
        if not same or not os.fstatvfs(shared).f_flag & os.ST_RDONLY:
            os.close(shared)
            msg = "it is not the same file behind a read-only mount"
            raise InputError(msg)
        return shared

    def close(self) -> None:
        """Stop the helper."""
        with self._lock:
            self._stop()

    def _ask(self, path: str) -> int:
        if self._socket is None:
            self._socket = self._start()
        channel.send(self._socket, {"path": path})
        _, (shared,) = channel.receive(self._socket, descriptors=1)
        return shared

    def _start(self) -> socket.socket:
        """Start the helper; it ends when this socket does, whatever becomes of this process."""
        ours, theirs = channel.pair()
        ours.settimeout(_ANSWER_S)
        with theirs:
            self._helper = subprocess.Popen(
                [*self._command, str(theirs.fileno())],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        if self._helper is not None:
            self._helper.kill()
            self._helper.wait()
        self._socket = self._helper = None


def _regular(descriptor: int) -> os.stat_result:
    state = os.fstat(descriptor)
    access = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE
    if not stat.S_ISREG(state.st_mode) or access != os.O_RDONLY:
        msg = "it is not a regular file opened for reading"
        raise InputError(msg)
    return state
