"""Many people at once, and a restart in the middle; `make chat-load` does it with 200 of them."""

from pathlib import Path

import pytest

from benchmarks.chat.__main__ import measure
from benchmarks.chat.findings import GOAL_S
from benchmarks.chat.hour import QUICK


@pytest.mark.timeout(180)
def test_nothing_is_lost_doubled_or_unanswered(tmp_path: Path) -> None:
    """A dozen people send files, ask, run, click and delete; the bot is restarted meanwhile."""
    findings = measure(QUICK, tmp_path)

    assert not findings.mistakes
    assert findings.p95_s <= GOAL_S
    assert len(findings.reactions_s) > QUICK.people
