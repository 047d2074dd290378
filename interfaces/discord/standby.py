"""One of several bots is at work; the others stand by, and one of them follows when it dies."""

import asyncio
from contextlib import suppress
from time import monotonic

import structlog

from application.ports.lease import Lease
from domain.errors import EnvironmentFaultError

CHECK_S = 1.0
UNCONFIRMED_S = 5.0
"""How long a bot that cannot confirm its lease goes on: shorter than it takes to fall free."""
_ANOTHER = "another bot is at work on this ledger; standing by"

log = structlog.get_logger()


async def until_taken(lease: Lease, stop: asyncio.Event) -> bool:
    """Stand by until the lease is ours; False when the process is to end before."""
    told = ""
    while obstacle := await _obstacle(lease):
        if obstacle != told:
            log.info(obstacle)
            told = obstacle
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), CHECK_S)
            return False
    if told:
        log.info("no other bot is at work any more; taking over")
    return True


async def until_lost(lease: Lease) -> None:
    """Return when another bot has the lease, or nobody could say so for a while."""
    confirmed = monotonic()
    while True:
        await asyncio.sleep(CHECK_S)
        obstacle = await _obstacle(lease)
        if not obstacle:
            confirmed = monotonic()
        elif obstacle == _ANOTHER or monotonic() - confirmed > UNCONFIRMED_S:
            log.warning("leaving the work, there may be another bot at it", reason=obstacle)
            return


async def _obstacle(lease: Lease) -> str:
    """Return why the lease is not ours, nothing when it is."""
    try:
        return "" if await asyncio.to_thread(lease.take) else _ANOTHER
    except EnvironmentFaultError as error:
        return str(error)
