"""The bot's life: start, serve until a signal, finish what runs, and say clearly what went wrong."""

import asyncio
import signal
from typing import Any

import disnake

from domain.errors import EnvironmentFaultError
from interfaces.discord.bot import FileBot
from interfaces.discord.desk import Desk
from interfaces.discord.faults import NO_TOKEN, start_fault
from interfaces.discord.standby import until_lost, until_taken
from interfaces.wiring import Wiring

GRACE_S = 10.0


def serve(wiring: Wiring) -> None:
    """Run the bot until the process is asked to stop.

    Raises:
        EnvironmentFaultError: there is no token, Discord refuses it or an intent, or is out of reach.
    """
    if (token := wiring.settings.discord_token) is None:
        raise EnvironmentFaultError(NO_TOKEN)
    desk = Desk(wiring)
    try:
        asyncio.run(_run(wiring, desk, token.get_secret_value()))
    except (disnake.DiscordException, OSError) as error:
        raise start_fault(error) or error from error
    finally:
        desk.stop_runs()
        desk.close()


async def _run(wiring: Wiring, desk: Desk, token: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    while not stop.is_set():
        await _serve_in_turn(wiring, desk, token, stop)


async def _serve_in_turn(wiring: Wiring, desk: Desk, token: str, stop: asyncio.Event) -> None:
    """Stand by until no other bot is at work, then serve until the stop, or until another takes over."""
    bot = FileBot(desk, wiring.settings.discord_channel_ids)
    try:
        await bot.login(token)  # a wrong token is told before any work is begun
        await asyncio.to_thread(wiring.stand_by)
        if not await until_taken(wiring.lease, stop):
            return
        await asyncio.to_thread(wiring.start)
        connected = asyncio.create_task(bot.connect())
        lost = asyncio.create_task(until_lost(wiring.lease))
        await _first_of(connected, asyncio.create_task(stop.wait()), lost)
        await bot.finish(0 if lost.done() else GRACE_S)
    finally:
        await bot.close()
        await asyncio.to_thread(wiring.stand_down)
    ended = await asyncio.gather(connected, return_exceptions=True)
    if not stop.is_set() and isinstance(ended[0], BaseException):
        raise ended[0]


async def _first_of(connected: asyncio.Task[None], *ends: asyncio.Task[Any]) -> None:
    """Wait until one ends; what the connection ended with is looked at later."""
    await asyncio.wait([connected, *ends], return_when=asyncio.FIRST_COMPLETED)
    for end in ends:
        end.cancel()
