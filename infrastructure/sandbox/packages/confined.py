"""Runs inside the installer's confinement: gives up what the installer does not need, and becomes it.

Usage: confined.py UID FOLDER LIMITS COMMAND... - a user id (0: stay), where to work, limits as JSON by name.
"""

import json
import os
import resource
import sys


def main(uid: int, folder: str, limits: dict[str, int], command: list[str]) -> None:
    """Set the limits, become the user, start the command."""
    for name, limit in limits.items():
        number = getattr(resource, name)
        _, hard = resource.getrlimit(number)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(number, (most, most))
    if uid:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.chdir(folder)  # only now: it belongs to that user alone
    os.umask(0o022)
    os.execv(command[0], command)  # noqa: S606 - there is no shell on the way


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4:])
