"""A homeserver with scripted answers, to simulate the failures of real ones."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = tuple[int, Any]
HOLD: Answer = (0, "hold")  # no answer until the end of the test, as a long poll without news
RESET: Answer = (0, "reset")  # the request was read, and then the connection is gone
OWN = "@cameo:localhost"
WHO = (200, {"user_id": OWN, "device_id": "D"})


class Scripted:
    """`answer` maps each request ("GET sync", body) to (status, JSON, text or bytes); `requests` lists them."""

    def __init__(self, answer: Callable[[str, dict[str, str], Any], Answer]):
        self.answer = answer
        self.requests: list[str] = []
        self.url = ""
        self.over = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        path = re.sub(r"^/_matrix/client/v3/", "", request.path)
        self.requests.append(f"{request.method} {path}")
        assert "access_token" not in request.query  # URLs end up in logs
        body = await request.json() if request.can_read_body else None
        status, answer = self.answer(f"{request.method} {path}", dict(request.query), body)
        if (status, answer) == HOLD:
            await self.over.wait()
            return web.Response(status=502)
        if (status, answer) == RESET:
            assert request.transport
            request.transport.abort()
            return web.Response()
        if isinstance(answer, bytes):
            return web.Response(status=status, body=answer)
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, content_type="text/html")
        return web.json_response(answer, status=status)


@asynccontextmanager
async def scripted(answer: Callable[[str, dict[str, str], Any], Answer]) -> AsyncIterator[Scripted]:
    server = Scripted(answer)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", server.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        server.over.set()
        await runner.cleanup()


def error(status: int, code: str, **more: Any) -> Answer:
    return status, {"errcode": code, "error": "no", **more}
