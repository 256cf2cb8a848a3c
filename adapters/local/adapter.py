"""The adapter of the local community, which lives in this process."""

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import quote

from adapters.local.board import Unfinished
from adapters.local.community import Community, NotThere
from adapters.local.settings import PLATFORM, LocalSettings
from adapters.local.text import Unacceptable, printable
from bot.types import (
    Adapter,
    AdapterState,
    Answer,
    Arrival,
    Asked,
    Capabilities,
    Clock,
    CommitMark,
    Hear,
    Message,
    NotSent,
    Power,
    Reply,
    Room,
    RoomNotes,
    Status,
    Thread,
    TypingSign,
    Unavailable,
    Undeliverable,
)

TYPING_SHOWN_SECONDS = 8.0  # as on the big platforms: about the time between two typing signs of ours


class LocalAdapter:
    """Implements `bot.types.Adapter`."""

    name = PLATFORM
    capabilities = Capabilities(
        live_preview=True, reactions=True, private_answers=True, typing_signs=True, commands=True
    )

    def __init__(self, community: Community, clock: Clock):
        self.status = Status.STARTING
        self.community, self.clock = community, clock
        self._typing: dict[str, datetime] = {}  # key of the typing sign -> when it was last renewed

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        """Opens the community, then runs until cancelled. Raises StoreError if the first messages can't be
        committed."""
        await self.community.open(hear, typing)
        self.status = Status.UP
        try:
            while True:
                await self.clock.sleep(TYPING_SHOWN_SECONDS / 4)
                self._fade()
        finally:
            self.status = Status.DOWN
            self.community.close()

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        """Sends one message of any length. The same key never gives a second message, however much later."""
        id_ = _id_of(key)
        async with _undeliverable():
            await self.community.say(id_, reply.thread, reply.text, reply.reply_to, reply.notice)
        self.community.set_unfinished(key, None)
        self._stop_typing(reply.thread)
        return (id_,)

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        return _id_of(key) in self.community.entries or _id_of(key) in self.community.unreadable

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """Sends the text as a new post; otherwise as `send`."""
        id_ = _id_of(key)
        async with _undeliverable():
            await self.community.say(id_, Thread(room), text)
        return (id_,)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Shows an answer to the asker only, whether it is private or not: the page has no other place for it."""
        if self.status is not Status.UP:
            raise NotSent("the local community is not up")
        if asked.room.id not in self.community.rooms:
            raise Undeliverable(f"there is no room {asked.room.id!r}")
        if self.community.answers.give(asked, answer, key):
            self.community.turn_changed(asked.thread)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        async with _undeliverable():
            await self.community.react(room, message_id, emoji)

    async def delete(self, thread: Thread, message_id: str) -> None:
        if self.status is not Status.UP:
            raise NotSent("the local community is not up")
        entry = self.community.standing(message_id)
        if entry is not None and entry.message is not None and entry.message.author.is_self:
            await self.community.delete(message_id)

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        async with _undeliverable():
            await self.community.react(room, message_id, emoji, removed=True)

    async def typing(self, thread: Thread) -> None:
        if self.status is not Status.UP:
            return
        key = _typing_key(thread)
        self._typing[key] = self.clock.now()
        self.community.set_unfinished(key, Unfinished(thread, key, self.community.voice(thread.room), ""))

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        if self.status is not Status.UP:
            return
        name = self.community.voice(thread.room)
        self.community.set_unfinished(key, None if text is None else Unfinished(thread, key, name, printable(text)))
        self._stop_typing(thread)

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        raise Unavailable("messages of the local community carry no files")

    async def notes(self, room: Room) -> RoomNotes:
        return RoomNotes()  # rooms of the local community have no topic, and nothing is pinned there

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        entry = self.community.standing(message_id)
        return entry.message if entry and entry.room_id == thread.room.id else None

    async def forget(self, member: str, commit: CommitMark) -> None:
        await self.community.forget(member, commit)

    def link(self, thread: Thread, message_id: str) -> str:
        return f"/?room={quote(thread.room.id)}#{quote(message_id)}"

    def _stop_typing(self, thread: Thread) -> None:
        key = _typing_key(thread)
        self._typing.pop(key, None)
        self.community.set_unfinished(key, None)

    def _fade(self) -> None:
        """Removes typing signs that were not renewed."""
        now = self.clock.now()
        for key, since in list(self._typing.items()):
            if (now - since).total_seconds() >= TYPING_SHOWN_SECONDS:
                del self._typing[key]
                self.community.set_unfinished(key, None)


def open(
    settings: LocalSettings,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
    greet: Callable[[Arrival], str],
) -> Adapter:
    power = Power.MANAGER if settings.everyone_manages else Power.MEMBER
    return LocalAdapter(Community(state, clock, voice=voice, our_names=our_names, power=power), clock)


@asynccontextmanager
async def _undeliverable() -> AsyncIterator[None]:
    """Raises Undeliverable for what the community rejects, since retrying would not help."""
    try:
        yield
    except (NotThere, Unacceptable) as error:
        raise Undeliverable(str(error)) from error


def _id_of(key: str) -> str:
    return "r" + hashlib.sha256(key.encode()).hexdigest()[:24]


def _typing_key(thread: Thread) -> str:
    return f"typing {thread.room.id} {thread.root}"
