"""Pointing an unmodified disnake at the server.

disnake builds every address of the API from `Route.BASE`, and takes those of the
gateway and of files from what the API tells it. So that one name is all there is
to change, here or, for a program of its own, through a start-up hook of Python.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from disnake.http import Route

VARIABLE = "TEST_DISCORD_API"
HOOK = Path(__file__).with_name("startup_hook")


@contextmanager
def redirected(api_url: str) -> Iterator[None]:
    """Point disnake in this process at an API."""
    before = Route.BASE
    Route.BASE = api_url
    try:
        yield
    finally:
        Route.BASE = before


def redirected_environment(api_url: str) -> dict[str, str]:
    """Return the variables with which a program started as a subprocess is pointed at an API."""
    others = os.environ.get("PYTHONPATH")
    return {VARIABLE: api_url, "PYTHONPATH": os.pathsep.join(filter(None, [str(HOOK), others]))}
