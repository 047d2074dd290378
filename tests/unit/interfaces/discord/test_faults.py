from types import SimpleNamespace
from typing import Any

import disnake
import pytest

from interfaces.discord.faults import permission_words


@pytest.mark.parametrize(("code", "remedy"), [(50007, "/files"), (50013, "Give its role")])
def test_the_remedy_is_one_that_helps(code: int, remedy: str) -> None:
    """No role opens the direct messages of somebody who takes none."""
    response: Any = SimpleNamespace(status=403, reason="Forbidden")
    error = disnake.Forbidden(response, {"code": code, "message": "Cannot"})

    words = permission_words(SimpleNamespace(name="general"), error)

    assert remedy in words
    assert ("Give its role" in words) == (code != 50007)
