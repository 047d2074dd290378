"""Keeps a server running for as long as anybody uses it: a small program of its own.

Started as `python guard.py SPEC`, with SPEC a JSON object: `command` (of the
server), `users_lock` (a file on which every user holds a shared flock),
`state_file` and `state` (written there, with the process ids added; its `port` is
the server's). It leaves its starter at once and lives in a session of its own, so that neither the starter's
death nor Ctrl-C in its terminal reaches it. It imports nothing but the standard
library, to start fast.

It ends, and with it the server,
- when the last user is gone: it waits for the lock alone, which it gets only then;
- when the server ends by itself; the state file stays, so that the next start can
  take the same port;
- on SIGTERM. Killed otherwise, it takes the server with it (PR_SET_PDEATHSIG).
Descriptors that it inherits stay open in it and in the server.
"""

import ctypes
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
POLL_S = 0.01
VISIT_S = 0.2
STOP_TIMEOUT_S = 10
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(spec: dict[str, Any]) -> None:
    """Run the server until nobody needs it."""
    _leave_the_starter()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = subprocess.Popen(
        spec["command"],
        stdin=subprocess.DEVNULL,
        close_fds=False,
        preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509  # there are no threads yet
    )
    threading.Thread(target=_follow_into_death, args=(server,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    state_file = Path(spec["state_file"])
    _write(state_file, spec["state"] | {"pid": server.pid, "guard_pid": os.getpid()})
    with Path(spec["users_lock"]).open("rb") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX)
            # Whoever comes now waits for the lock, and then finds neither state nor server.
            state_file.unlink(missing_ok=True)
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            _stop(server, spec["state"]["port"])


def _leave_the_starter() -> None:
    if os.fork():
        os._exit(0)
    os.setsid()


def _die_with(parent: int) -> Any:
    libc = ctypes.CDLL(None, use_errno=True)

    def before_exec() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return before_exec


def _follow_into_death(server: "subprocess.Popen[bytes]") -> None:
    server.wait()
    os._exit(0)


def _stop(server: "subprocess.Popen[bytes]", port: int) -> None:
    server.terminate()
    for tick in range(1, int(STOP_TIMEOUT_S / POLL_S)):
        time.sleep(POLL_S)
        if server.poll() is not None:
            return
        if tick % int(VISIT_S / POLL_S) == 0:
            _visit(port)
    server.kill()
    server.wait()


def _visit(port: int) -> None:
    """Wake a server that sits in accept(), where closing its own socket does not reach it.

    Not at once: a visitor who comes together with the signal can make it miss that.
    """
    with socket.socket() as visitor:
        visitor.settimeout(1)
        visitor.connect_ex((HOST, port))


def _write(path: Path, state: dict[str, Any]) -> None:
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(json.dumps(state))
    temporary.replace(path)


if __name__ == "__main__":
    os.umask(0o077)
    main(json.loads(sys.argv[1]))
