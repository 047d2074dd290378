"""Options that several commands share."""

import getpass
import os
import re
from typing import Annotated

import typer

from domain.files import check_user_id

MAX_NUMBER = 2**62
"""No sequence or position is larger; the databases hold 8 bytes."""

User = Annotated[
    str, typer.Option("--user", help="The user's id.", show_default=False, callback=check_user_id)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON document on stdout.")]
FileId = Annotated[str, typer.Argument(help="A file's id (12 letters and digits).", show_default=False)]


def login_name() -> str:
    """Return the name of who runs the program, as a user id."""
    try:
        name = re.sub(r"[^A-Za-z0-9_.@-]", "_", os.environ.get("SUDO_USER") or getpass.getuser())
    except (KeyError, OSError):
        name = ""
    return name.lstrip(".@-")[:64] or "local"
