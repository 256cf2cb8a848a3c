"""Shows a draft while it grows, on platforms that can."""

from datetime import datetime

from bot.types import Adapter, Clock, Turn
from bot.write.guard import look
from bot.write.models.endpoint import OnText
from bot.write.persona import Persona

EVERY_SECONDS = 0.25  # the guard reads the whole text each time; for every chunk of a long reply that took 1.2 s of CPU


def live_preview(adapter: Adapter, turn: Turn, persona: Persona, clock: Clock) -> OnText | None:
    """Shows the text so far, as the guard would let it pass, at most every EVERY_SECONDS. None where the platform shows
    no unfinished texts: then a model that hangs up in mid-stream is asked again, since nobody has seen a beginning."""
    if not adapter.capabilities.live_preview:
        return None
    shown: datetime | None = None

    async def show(text: str) -> None:
        nonlocal shown
        now = clock.now()
        if shown is not None and (now - shown).total_seconds() < EVERY_SECONDS:
            return
        shown = now
        seen = look(text, persona, addressed=True)
        await adapter.preview(turn.thread, turn.trigger, turn.key, seen.text or "")

    return show
