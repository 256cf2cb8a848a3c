"""A proxy to a server that forwards every request, and can lose the responses."""

import asyncio
from types import TracebackType
from typing import Self

import aiohttp
import yarl
from aiohttp import web

from tests.fakes.waiting import PATIENCE

LONGEST = 16 * 2**20  # bytes of a request; the servers behind it set their own, lower limits


class Cable:
    """`url` leads to `target`. While `loses` is set, requests whose path contains it arrive there, but their responses
    are lost; `lost()` waits for the first. While the cable is `cut`, nothing arrives."""

    def __init__(self, target: str):
        self._target = target
        self.url = ""
        self.loses: str | None = None
        self.cut = False
        self._lost = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=LONGEST)
        app.router.add_route("*", "/{path:.*}", self._carry)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()
        await self._client.close()

    async def lost(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._lost.wait()

    async def _carry(self, request: web.Request) -> web.Response:
        if self.cut:
            assert request.transport
            request.transport.abort()
            return web.Response()
        address = yarl.URL(self._target + request.raw_path, encoded=True)
        kept = ("Authorization", "Content-Type", "Accept", "Accept-Encoding")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        try:
            body = await request.read()
            async with self._client.request(request.method, address, headers=headers, data=body) as answer:
                returned = {name: value for name, value in answer.headers.items() if name.startswith("Content-")}
                returned.pop("Content-Length", None)
                carried = web.Response(body=await answer.read(), status=answer.status, headers=returned)
        except aiohttp.ClientError:
            return web.Response(status=502)
        if self.loses and self.loses in request.path:
            self._lost.set()
            await asyncio.Event().wait()
        return carried
