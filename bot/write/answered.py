"""Finds the message that another one answers, however old it is, and the chain of replies above that."""

import asyncio

import structlog

from bot.remember.memory import Memory
from bot.remember.visibility import Viewer, is_shown_to
from bot.types import Adapter, Message, PartKind, PlatformError

log = structlog.get_logger()

MOST_ABOVE = 9  # with the answered message itself, ten: a longer chain is a conversation, and its beginning is past
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


async def chain_above(memory: Memory, adapter: Adapter, viewer: Viewer, answered: Message) -> list[Message]:
    """What `answered` answers, what that answers, and so on, oldest first: at most MOST_ABOVE messages, and as many as
    can be had in ASK_SECONDS. Raises StoreError."""
    found = [answered]
    try:
        async with asyncio.timeout(ASK_SECONDS):
            while len(found) <= MOST_ABOVE and (above := await answered_by(memory, adapter, viewer, found[-1])):
                if any(above.id == one.id for one in found):
                    break
                found.append(above)
    except TimeoutError:
        log.info("answered.chain_cut", platform=answered.room.platform, found=len(found))
    return found[:0:-1]
