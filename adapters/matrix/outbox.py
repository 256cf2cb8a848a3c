"""Sends messages: in order within a room, respecting rate limits, and never twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from adapters.matrix.backoff import within_limits
from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.raw import JSONObject, content_of, dicts, relation_of, string
from adapters.matrix.render import related, rendered, transaction
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.session import Session
from adapters.matrix.standing import standing
from bot.types import Clock, NotSent, PlatformError, Reply, Room, Thread, Undeliverable

T = TypeVar("T")

TYPING_NOTICE_SECONDS = (
    8.0  # long enough to last until the writer's next typing sign, short enough not to outlast the reply
)


class Outbox:
    """Sends for one session. `rooms` are those that we are in."""

    def __init__(self, server: Homeserver, session: Session, rooms: dict[str, RoomInfo], clock: Clock):
        self._server = server
        self._session = session
        self._rooms = rooms
        self._clock = clock
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def send(self, reply: Reply, key: str, tried: datetime | None) -> tuple[str, ...]:
        """See `bot.types.Adapter.send`."""
        return await self._say(reply.thread, reply.whole, key, reply.reply_to, tried)

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        """See `bot.types.Adapter.find`."""
        room = reply.thread.room.id
        return bool(await self._standing(room, _keys(key, rendered(reply.whole, key)), reply.reply_to, tried))

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        """See `bot.types.Adapter.tell`."""
        return await self._say(Thread(room), text, key)

    async def _say(
        self, thread: Thread, text: str, key: str, reply_to: str | None = None, tried: datetime | None = None
    ) -> tuple[str, ...]:
        contents = rendered(text, key)
        room = thread.room.id
        if not contents:
            raise Undeliverable("matrix: nothing to say")
        self._check(room)
        keys = _keys(key, contents)
        async with self._queue(room):
            sent = await self._standing(room, keys, reply_to, tried) if tried and reply_to else {}
            ids: list[str] = []
            for part, content in zip(keys, contents, strict=True):
                relation = related(thread, reply_to, ids[-1] if ids else None)
                whole = content | ({"m.relates_to": relation} if relation else {})
                ids.append(sent.get(part) or await self._put_next(room, part, whole, ids))
        return tuple(ids)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        self._check(room.id)
        relation = {"rel_type": "m.annotation", "event_id": message_id, "key": emoji}
        async with self._queue(room.id):
            await self._put(room.id, "m.reaction", f"{key}/reaction", {"m.relates_to": relation})

    async def delete(self, room: str, event_id: str) -> None:
        """See `bot.types.Adapter.delete`. Deleting an event again changes nothing."""
        async with self._queue(room):
            await self._asked(lambda: self._server.redact(room, event_id, transaction(f"redact {event_id}")))

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        """Redacts our latest such reaction, if it is among our last hundred in the room."""
        self._check(room.id)
        ours: JSONObject = {"senders": [self._session.user], "types": ["m.reaction"]}
        page = await self._asked(lambda: self._server.messages(room.id, None, None, ours))
        found = [string(one.get("event_id")) for one in dicts(page.get("chunk")) if _is_sign(one, message_id, emoji)]
        if found:
            await self._asked(lambda: self._server.redact(room.id, found[0], transaction(f"{found[0]}/off")))

    async def typing(self, room: str) -> None:
        await self._server.typing(room, self._session.user, TYPING_NOTICE_SECONDS)

    def _check(self, room: str) -> None:
        """Raises Undeliverable for a room where we must not speak: encrypted (we would send unencrypted text), a space,
        or replaced by another."""
        info = self._rooms.get(room)
        if info and info.silent:
            raise Undeliverable("matrix: the room is encrypted, a space, or replaced by another")

    def _queue(self, room: str) -> asyncio.Lock:
        """The room's lock, which is fair (first come, first served). It exists as long as anybody holds it."""
        return self._queues.setdefault(room, asyncio.Lock())

    async def _standing(self, room: str, keys: list[str], reply_to: str, tried: datetime) -> dict[str, str]:
        return await self._asked(lambda: standing(self._server, self._session.user, room, keys, reply_to, tried))

    async def _put_next(self, room: str, key: str, content: JSONObject, before: list[str]) -> str:
        """Sends a part. Once an earlier part is in the room, a failure is never NotSent."""
        try:
            return await self._put(room, "m.room.message", key, content)
        except NotSent as error:
            if before:
                raise PlatformError(str(error)) from error
            raise

    async def _put(self, room: str, kind: str, key: str, content: JSONObject) -> str:
        try:
            return await self._asked(lambda: self._server.send(room, kind, transaction(key), content))
        except Undeliverable as error:
            if _already_reacted(error):
                return ""
            raise

    async def _asked(self, call: Callable[[], Awaitable[T]]) -> T:
        """Makes a request within the rate limits. Raises Undeliverable for a refusal that a retry can't change."""
        try:
            return await within_limits(self._clock, call)
        except MatrixError as error:
            final = error.code.startswith("M_") or error.status == 413  # a proxy's own 403 may be a maintenance page
            if final and 400 <= error.status < 500 and error.status not in (401, 408, 429):
                raise Undeliverable(f"matrix: {error.code}") from error
            kind = NotSent if error.not_sent else PlatformError
            raise kind(f"matrix: {error.code} (HTTP {error.status})") from error


def _keys(key: str, contents: Sequence[JSONObject]) -> list[str]:
    """The keys of a message's parts."""
    return [f"{key}/{number}" for number in range(1, len(contents) + 1)]


def _is_sign(event: JSONObject, message_id: str, emoji: str) -> bool:
    """Whether the event is such a reaction; one that was redacted has no content."""
    relation = relation_of(content_of(event))
    return (relation.get("event_id"), relation.get("key")) == (message_id, emoji)


def _already_reacted(error: Undeliverable) -> bool:
    return isinstance(error.__cause__, MatrixError) and error.__cause__.code == "M_DUPLICATE_ANNOTATION"
