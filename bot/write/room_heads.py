"""What is told of a room at the beginning of its prompts: the manager's words, its topic, its pinned messages.

The platform is asked for topic and pinned messages at most every FRESH; the answer is kept in memory only. It stands at
the beginning of a prompt, which should stay the same, because providers charge less for what they have read before.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta

import structlog

from bot.remember.memory import Memory
from bot.types import NO_NOTES, PINNED_MOST, Adapter, Clock, Pinned, PlatformError, Room, RoomNotes
from bot.write.models.chat import estimate_tokens
from bot.write.names import readable, without_role
from bot.write.sanitize import one_line
from bot.write.transcript import body, marked

log = structlog.get_logger()

FRESH = timedelta(minutes=10)  # a changed topic is seen by then; more often would cost requests for nothing
ASKED_SECONDS = 2.0  # a reply waits no longer for a topic; a platform answers in a tenth of that
HEADS_KEPT = 500  # of a few hundred bytes each
TOPIC_LENGTH, PINNED_LENGTH = 300, 240  # characters; the beginning says what it is about
SHARE = 8  # one part in so many of the prompt's room: the thread is worth more than its room's sign

_TITLES = {
    "en": ("The people who run this room say about it:", "Its topic:", "Pinned here:", "The conversation:"),
    "zh": ("管理这个房间的人这样说：", "房间主题：", "置顶：", "对话："),
}


class RoomHeads:
    """Asks adapters for the notes of rooms, and keeps them for a while."""

    def __init__(self, memory: Memory, clock: Clock):
        self._memory, self._clock = memory, clock
        self._kept: OrderedDict[Room, tuple[datetime, RoomNotes]] = OrderedDict()

    async def notes(self, adapter: Adapter, room: Room) -> RoomNotes:
        """The room's notes without messages that were deleted since. Never raises; a platform that fails or is slow
        leaves what was known."""
        now = self._clock.now()
        at, notes = self._kept.pop(room, (None, NO_NOTES))
        if at is None or not now - FRESH < at <= now:
            at, notes = now, await _asked(adapter, room, notes)
        self._kept[room] = at, notes
        if len(self._kept) > HEADS_KEPT:
            self._kept.popitem(last=False)
        return await self._living(room, notes)

    async def _living(self, room: Room, notes: RoomNotes) -> RoomNotes:
        if not notes.pinned:
            return notes

        def shows(one: Pinned) -> bool:
            return not one.member or self._memory.may_show(room.platform, one.member)

        gone = await self._memory.known_deleted(room.platform, [one.id for one in notes.pinned])
        return RoomNotes(notes.topic, tuple(one for one in notes.pinned if one.id not in gone and shows(one)))


async def _asked(adapter: Adapter, room: Room, before: RoomNotes) -> RoomNotes:
    try:
        async with asyncio.timeout(ASKED_SECONDS):
            return await adapter.notes(room)
    except (PlatformError, TimeoutError) as error:
        log.info("room.notes_unknown", room=str(room), error=type(error).__name__)
    except Exception:
        log.exception("room.notes_failed", room=str(room))
    return before


def room_head(about: str | None, notes: RoomNotes, language: str, tokens: int) -> str:
    """Lines for the prompt, in about `tokens` tokens at most, and a title for the conversation that follows, which
    begins with a marked line, too; empty if there is nothing to tell. `about` is the manager's; topic and pinned
    messages are marked as members' words."""
    titles = _TITLES["zh" if language.casefold().startswith("zh") else "en"]
    shown = [
        f"{titles[0]} {' '.join(about.split())}" if about else "",
        f"{titles[1]}\n{_quoted(notes.topic, TOPIC_LENGTH)}" if notes.topic.strip() else "",
        "\n".join([titles[2], *_pinned(notes)]) if notes.pinned else "",
    ]
    kept: list[str] = []
    for part in filter(None, shown):
        tokens -= estimate_tokens(part)
        if tokens < 0:
            break
        kept.append(part)
    return "\n".join([*kept, "", titles[3]]) if kept else ""


def _pinned(notes: RoomNotes) -> list[str]:
    named = ((without_role(readable(each.author)), each.text) for each in notes.pinned[:PINNED_MOST])
    return [_quoted(f"{name}: {text}", PINNED_LENGTH) for name, text in named]


def _quoted(text: str, length: int) -> str:
    return marked(body(one_line(text, length), length))
