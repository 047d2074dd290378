"""Faults on demand: what a network and a busy Discord do to a request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from tests.support.discord_server.calls import Call
from tests.support.discord_server.errors import ApiError
from tests.support.discord_server.replies import VIA, json_reply

Effect = Callable[[web.Request], Awaitable[web.StreamResponse | None]]
FOREVER = 1_000_000_000


@dataclass
class Fault:
    """What happens to the next `times` requests to a route.

    With `afterwards` the request is carried out and its reply is what gets lost, so
    that a client which tries again asks a second time for what was done.
    """

    route: str
    effect: Effect
    times: int
    afterwards: bool


class Faults:
    """The faults that a test has ordered; each request takes the first that fits."""

    def __init__(self) -> None:
        self._ordered: list[Fault] = []

    def order(self, route: str, effect: Effect, *, times: int = 1, afterwards: bool = False) -> Fault:
        """Have `effect` befall the next requests to a route, given as in `Call.route`."""
        fault = Fault(route, effect, times, afterwards)
        self._ordered.append(fault)
        return fault

    def clear(self) -> None:
        """Cancel what is left of them."""
        self._ordered.clear()

    def take(self, call: Call) -> Fault | None:
        """Return the fault that befalls a request, if any."""
        for fault in self._ordered:
            if fault.times > 0 and fault.route == call.route:
                fault.times -= 1
                return fault
        return None


def server_error(status: int) -> Effect:
    """Answer with a page of the proxy in front of Discord: 500, 502, 503, 504."""

    async def fail(_: web.Request) -> web.StreamResponse:
        page = f"<html><title>{status}</title></html>"
        return web.Response(status=status, text=page, content_type="text/html", headers=VIA)

    return fail


def refused(error: ApiError) -> Effect:
    """Answer with a refusal of the API."""

    async def refuse(_: web.Request) -> web.StreamResponse:
        return json_reply(error.body, error.status)

    return refuse


def rate_limited(retry_after_s: float, *, scope: str = "user") -> Effect:
    """Answer 429 with the time to wait; `scope` is `user`, `shared` or `global`."""

    async def limit(_: web.Request) -> web.StreamResponse:
        return too_many_requests(retry_after_s, scope)

    return limit


def banned(retry_after_s: float = 1.0) -> Effect:
    """Answer 429 as the proxy does that bans an address: no JSON, no `Via`."""

    async def ban(_: web.Request) -> web.StreamResponse:
        headers = {"Retry-After": str(int(retry_after_s))}
        return web.Response(status=429, text="error code: 1015", headers=headers)

    return ban


def slow(seconds: float) -> Effect:
    """Let time pass, then carry on."""

    async def wait(_: web.Request) -> None:
        await asyncio.sleep(seconds)

    return wait


def cut() -> Effect:
    """Reset the connection instead of answering."""

    async def reset(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=499)

    return reset


def too_many_requests(retry_after_s: float, scope: str) -> web.Response:
    """Return Discord's own 429 (topics/rate-limits)."""
    is_global = scope == "global"
    resource = "The resource is" if scope == "shared" else "You are"
    body = {
        "message": f"{resource} being rate limited.",
        "retry_after": retry_after_s,
        "global": is_global,
    }
    headers = {"Retry-After": str(max(1, round(retry_after_s))), "X-RateLimit-Scope": scope}
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    return json_reply(body, 429, headers)
