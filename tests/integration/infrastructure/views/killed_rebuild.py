"""A program that rebuilds the views of a told story and is killed before one of its steps, with SIGKILL.

Each line on stdin names a step; the answer is how that rebuild ended, as `os.waitpid` tells it. Every
rebuild is a process of its own, forked from this one, which has the modules loaded.
"""

import os
import signal
import sys
from typing import Any, cast
from unittest.mock import patch

from pymongo.database import Database

from infrastructure.views import rebuild
from infrastructure.views.client import CODEC, Document, connect
from infrastructure.views.mongo_views import MongoViews
from tests.integration.infrastructure.views.interleaving import GatedDatabase, Tripwire
from tests.integration.infrastructure.views.stories import Story, locate

SMALL: dict[str, Any] = {"CHANGES_BUFFERED": 1, "EVENTS_A_BATCH": 4}


def told() -> Story:
    """Return the story: files that stay and go, a run that ended and one that goes on."""
    story = Story()
    for _ in range(4):
        story.upload(hours=None)
    story.start()
    story.finish()
    story.upload("bob")
    story.delete("bob")
    story.start("bob")
    return story


def rebuild_killed_at(step: int, uri: str, name: str) -> None:
    """Rebuild, and die before a step."""
    database = connect(uri).client.get_database(name, codec_options=CODEC)
    gate = Tripwire(step, lambda: os.kill(os.getpid(), signal.SIGKILL))
    gated = cast("Database[Document]", GatedDatabase(database, gate))
    with patch.multiple(rebuild, **SMALL):
        MongoViews(gated, told().store, locate).rebuild()


def main(uri: str, name: str) -> None:
    """Answer line by line."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            rebuild_killed_at(int(line), uri, name)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201  # the protocol


if __name__ == "__main__":
    main(*sys.argv[1:])
