"""Shows an unfinished draft on platforms that support it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.types import Adapter, Clock, Turn
from bot.write.forbidden import BY_FORM, Forbidden
from bot.write.guard import look
from bot.write.models.endpoint import OnText
from bot.write.persona import Persona

EVERY_SECONDS = 0.25  # the guard reads the whole text each time: on every chunk, a long reply took 1.2 s of CPU

LONG_WORD = 16  # characters: few words are longer, and no key is given away by so many


@asynccontextmanager
async def live_preview(
    adapter: Adapter, turn: Turn, persona: Persona, clock: Clock, forbidden: Forbidden = BY_FORM
) -> AsyncIterator[OnText | None]:
    """Yields a function that takes the text so far. Shows the newest text, cleaned by the guard, at once but at most
    every EVERY_SECONDS. Yields None if the platform has no live preview; then a model that fails in mid-stream can be
    asked again, because nobody has seen the beginning."""
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
            seen = look(_without_long_word(newest), persona, addressed=True, forbidden=forbidden)
            await adapter.preview(turn.thread, turn.trigger, turn.key, seen.text or "")
            await clock.sleep(EVERY_SECONDS)

    showing = asyncio.create_task(keep_showing())
    try:
        yield take
    finally:
        showing.cancel()
        await asyncio.wait([showing])


def _without_long_word(text: str) -> str:
    """The text without a last word that is still growing into something long: what begins like a key is not shown
    before the guard can tell."""
    end = max(text.rfind(" "), text.rfind("\n")) + 1
    return text[:end] if len(text) - end > LONG_WORD and text[end:].isascii() else text
