"""Finds the message that another one answers, however old it is."""

import asyncio

import structlog

from bot.remember.memory import Memory
from bot.remember.visibility import Viewer, is_shown_to
from bot.types import Adapter, Message, PartKind, PlatformError

log = structlog.get_logger()

ASK_SECONDS = 5.0  # for the platform's answer, while the caller waits; without it the reply is written all the same


async def answered_by(memory: Memory, adapter: Adapter, viewer: Viewer, message: Message) -> Message | None:
    """The message that `message` answers: ours, if we keep it, else the platform's, asked once.

    None if it answers nothing, if the other message was deleted, if the viewer may not read it, or if `message` itself
    carries its words with their author. Raises StoreError.
    """
    if message.reply_to is None:
        return None
    kept = await memory.find(viewer, message.reply_to)
    if kept.is_known or any(part.kind is PartKind.QUOTE and part.name for part in message.parts):
        return kept.message
    try:
        async with asyncio.timeout(ASK_SECONDS):
            found = await adapter.message(message.thread, message.reply_to)
    except (PlatformError, TimeoutError) as error:
        log.info("answered.unknown", platform=message.room.platform, error=type(error).__name__)
        return None
    if found is None or not memory.may_show(viewer.room.platform, found.author.id, found.at):
        return None
    return found if is_shown_to(viewer, found) else None
