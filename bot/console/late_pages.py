"""The pages that are made with NiceGUI, as an ASGI app that is built when the first of them is asked for.

Importing NiceGUI and the pages takes 0.3 s and 20 MB, which a console whose pages nobody opens saves.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

Mount = Callable[[], None]
"""Adds a page to NiceGUI, under a path of its own."""
Pages = Callable[[], Sequence[Mount]]
"""Imports the pages and returns what mounts each. Called once, in a thread."""


class LatePages:
    """Requests that come while the pages are being built wait for them. A process has only one NiceGUI, so only one
    console can have pages."""

    def __init__(self, pages: Pages):
        self._pages = pages
        self._building: asyncio.Task[ASGIApp] | None = None
        self._running = AsyncExitStack()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises what importing or mounting the pages has raised, at every request."""
        if self._building is None:
            self._building = asyncio.create_task(self._build(), name="pages")
        app = await asyncio.shield(self._building)  # a request that is cancelled cancels no other
        await app(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """Of the app that these pages are mounted in. At its end NiceGUI is stopped, if it runs; an import under way
        ends first, because nothing can interrupt it."""
        yield
        if self._building is not None:
            await asyncio.wait((self._building,))
        await self._running.aclose()

    async def _build(self) -> FastAPI:
        mounts, mounted = await asyncio.to_thread(self._imported)  # other requests are answered meanwhile
        app = mounted(mounts)
        # NiceGUI searches all objects of the garbage collector for its server, which would load every lazy part of
        # openai. Besides, what was made for the pages lives until the end.
        gc.freeze()
        await self._running.enter_async_context(app.router.lifespan_context(app))
        return app

    def _imported(self) -> tuple[Sequence[Mount], Callable[[Sequence[Mount]], FastAPI]]:
        from bot.console.pages.mounted import mounted

        return self._pages(), mounted
