"""The event loop under load, by what the gateway sees of it."""

from itertools import pairwise
from statistics import median

from tests.integration.interfaces.discord.conftest import SYNC, RunFileBot, is_over
from tests.support.discord_server import DiscordServer
from tests.support.lateness import sleeper

USERS = 20
INTERVAL_S = 0.1
MAX_JITTER_S = 0.1
BLOCKED_S = 0.5


def test_heartbeats_stay_even_under_twenty_runs(discord: DiscordServer, run_bot: RunFileBot) -> None:
    """Most come within 100 ms of their time, none is kept back by a run's length: the loop is not blocked."""
    discord.gateway.heartbeat_interval_s = INTERVAL_S
    run_bot()
    discord.until_call(SYNC)
    (session,) = discord.gateway.sessions.values()
    people = [discord.person(f"user-{number}") for number in range(USERS)]
    forms = [person.slash("run") for person in people]
    for form in forms:
        form.modal()
    before = len(session.heartbeats_s)

    with sleeper() as late_s:
        code = {"code": "print(sum(range(10**6)))"}
        replies = [person.submit(form, code) for person, form in zip(people, forms, strict=True)]
        for reply in replies:
            assert "499999500000" in reply.message(is_over, timeout_s=60).text

    worst_s = max(late_s)
    beats = session.heartbeats_s[before:]
    jitters_s = [abs(later - earlier - INTERVAL_S) for earlier, later in pairwise(beats)]
    assert len(beats) > 3
    # Some are late for other reasons: two cores carry the runs, this server, and other tests.
    assert median(jitters_s) < MAX_JITTER_S + worst_s
    assert max(jitters_s) < BLOCKED_S + worst_s
