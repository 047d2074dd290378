"""The REST API: every request is kept, checked for its token, and met with faults and limits first."""

from collections.abc import Awaitable, Callable, Iterable

from aiohttp import web

from tests.support.discord_server import errors
from tests.support.discord_server.calls import Call, begin_call, read_body
from tests.support.discord_server.errors import ApiError
from tests.support.discord_server.faults import Faults, too_many_requests
from tests.support.discord_server.files import PATHS, FileStore
from tests.support.discord_server.rate_limits import Bucket, RateLimits
from tests.support.discord_server.replies import json_reply, no_content
from tests.support.discord_server.values import Json
from tests.support.discord_server.world import World

PREFIX = "/api/v10"

Handler = Callable[[Call], Json]
Route = tuple[str, Handler]

_WITHOUT_TOKEN = ("/interactions/", "/webhooks/")  # the address itself holds a secret


class Api:
    """Serves routes; a handler returns JSON, or None for 204, and raises `ApiError`."""

    def __init__(self, world: World, faults: Faults, limits: RateLimits) -> None:
        self.calls: list[Call] = []
        self.crashes: list[Exception] = []  # mistakes of this server, not of its clients
        self._world = world
        self._faults = faults
        self._limits = limits

    def serve(self, router: web.UrlDispatcher, routes: Iterable[Route]) -> None:
        """Add routes, and refuse every other."""
        for route, handler in routes:
            method, path = route.split()
            router.add_route(method, PREFIX + path, self._endpoint(handler))
        router.add_route("*", PREFIX + "/{rest:.*}", self._endpoint(_refuse))

    def serve_files(self, router: web.UrlDispatcher, store: FileStore) -> None:
        """Add the downloads of attachments."""

        async def respond(request: web.Request) -> web.StreamResponse:
            call = self._begin(request, "")
            return self._end(call, await self._met(call, request, lambda: store.serve(request)))

        for path in PATHS:
            router.add_get(path, respond)

    def _endpoint(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def respond(request: web.Request) -> web.StreamResponse:
            call = self._begin(request, PREFIX)
            try:
                await read_body(call, request)
            except ApiError as error:
                return self._end(call, json_reply(error.body, error.status))
            return self._end(call, await self._met(call, request, lambda: self._answer(call, handler)))

        return respond

    def _begin(self, request: web.Request, prefix: str) -> Call:
        call = begin_call(request, prefix)
        self.calls.append(call)
        self._world.changes.announce()
        return call

    def _end(self, call: Call, reply: web.StreamResponse) -> web.StreamResponse:
        call.status = reply.status
        self._world.changes.announce()
        return reply

    async def _met(
        self, call: Call, request: web.Request, answer: Callable[[], web.StreamResponse]
    ) -> web.StreamResponse:
        """Return the answer, unless a fault befalls the request."""
        if (fault := self._faults.take(call)) is None:
            return answer()
        done = answer() if fault.afterwards else None
        return await fault.effect(request) or done or answer()

    def _answer(self, call: Call, handler: Handler) -> web.Response:
        try:
            self._authorize(call)
            bucket = self._limits.count(call)
            reply = _limited(bucket, self._world.clock.now_s) or _carried_out(call, handler)
        except ApiError as error:
            call.reply = error.body
            bucket, reply = None, json_reply(error.body, error.status)
        except Exception as error:
            self.crashes.append(error)
            raise
        if bucket is not None:
            reply.headers.update(bucket.headers(self._world.clock.now_s))
        return reply

    def _authorize(self, call: Call) -> None:
        if call.path.startswith(_WITHOUT_TOKEN):
            return
        if call.headers.get("authorization") != f"Bot {self._world.application.token}":
            raise errors.unauthorized()


def _limited(bucket: Bucket | None, now_s: float) -> web.Response | None:
    if bucket is None or bucket.used <= bucket.limit.requests:
        return None
    return too_many_requests(round(bucket.resets_s - now_s, 3), "user")


def _carried_out(call: Call, handler: Handler) -> web.Response:
    call.reply = handler(call)
    return no_content() if call.reply is None else json_reply(call.reply)


def _refuse(_: Call) -> Json:
    raise errors.not_found()
