"""Shows a draft while it grows, on platforms that can."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.types import Adapter, Clock, Turn
from bot.write.guard import look
from bot.write.models.endpoint import OnText
from bot.write.persona import Persona

EVERY_SECONDS = 0.25  # the guard reads the whole text each time; for every chunk of a long reply that took 1.2 s of CPU


@asynccontextmanager
async def live_preview(adapter: Adapter, turn: Turn, persona: Persona, clock: Clock) -> AsyncIterator[OnText | None]:
    """Gives a function that takes the text so far. The newest text is shown, as the guard would let it pass: at once,
    but at most every EVERY_SECONDS. Gives None where the platform shows no unfinished texts: then a model that hangs up
    in mid-stream is asked again, since nobody has seen a beginning."""
    if not adapter.capabilities.live_preview:
        yield None
        return
    newest, changed = "", asyncio.Event()

    async def take(text: str) -> None:
        nonlocal newest
        newest = text
        changed.set()

    async def keep_showing() -> None:
        while True:
            await changed.wait()
            changed.clear()
            seen = look(newest, persona, addressed=True)
            await adapter.preview(turn.thread, turn.trigger, turn.key, seen.text or "")
            await clock.sleep(EVERY_SECONDS)

    showing = asyncio.create_task(keep_showing())
    try:
        yield take
    finally:
        showing.cancel()
        await asyncio.wait([showing])
