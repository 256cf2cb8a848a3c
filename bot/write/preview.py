"""Shows an unfinished draft on platforms that support it."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from bot.language.asked_for import Wish
from bot.types import Adapter, Clock, Turn
from bot.write.forbidden import BY_FORM, Forbidden
from bot.write.guard import look
from bot.write.models.progress import OnText
from bot.write.persona import Persona
from bot.write.settled import settled

EVERY_SECONDS = 0.25  # the guard reads the whole text each time: on every chunk, a long reply took 1.2 s of CPU
QUICK_CHARACTERS = 500  # longer texts are read less often, in proportion to their length, so that the cost stays linear


@asynccontextmanager
async def live_preview(
    adapter: Adapter,
    turn: Turn,
    persona: Persona,
    clock: Clock,
    forbidden: Forbidden = BY_FORM,
    speakers: Collection[str] = (),
    wishes: frozenset[Wish] = frozenset(),
    asked: str = "",
) -> AsyncIterator[OnText | None]:
    """Yields a function that takes the text so far. Shows the newest text, cleaned by the guard, at once but at most
    every EVERY_SECONDS; `speakers` are the names of the others in the thread. Yields None if the platform has no live
    preview of such a turn; then a model that fails in mid-stream can be asked again, because nobody has seen the
    beginning."""
    able = adapter.capabilities
    if not able.live_preview or (able.preview_calls_only and not turn.addressed):
        yield None
        return
    newest, changed = "", asyncio.Event()

    async def take(text: str) -> None:
        nonlocal newest
        newest = text
        changed.set()

    async def keep_showing() -> None:
        if able.preview_after_seconds:
            await clock.sleep(able.preview_after_seconds)
            changed.set()
        while True:
            await changed.wait()
            changed.clear()
            sure = settled(newest, persona.called, speakers)
            seen = look(
                sure, persona, addressed=True, forbidden=forbidden, speakers=speakers, wishes=wishes, asked=asked
            )
            await adapter.preview(turn.thread, turn.trigger, turn.key, seen.text or "")
            await clock.sleep(EVERY_SECONDS * max(1.0, len(newest) / QUICK_CHARACTERS))

    showing = asyncio.create_task(keep_showing())
    try:
        yield take
    finally:
        showing.cancel()
        await asyncio.wait([showing])
