"""The adapter of the toy platform."""

import textwrap
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.types import (
    Adapter,
    AdapterState,
    Answer,
    Arrival,
    Asked,
    Author,
    Capabilities,
    Clock,
    CommitMark,
    Deletion,
    Edit,
    Event,
    Hear,
    Message,
    NotSent,
    Part,
    PartKind,
    PlatformError,
    PlatformRefused,
    Reaction,
    Reply,
    Room,
    RoomNotes,
    Status,
    Thread,
    TypingSign,
    Unavailable,
    Undeliverable,
)
from tests.adapters.toy.settings import ToySettings
from tests.adapters.toy.world import WORLDS, Away, Happening, World

LONGEST = 300


class ToyAdapter:
    """Implements `bot.types.Adapter`."""

    name = "toy"
    capabilities = Capabilities(
        live_preview=True,
        reactions=True,
        private_answers=True,
        longest_message=LONGEST,
        images_in=True,
        typing_signs=True,
        commands=True,
    )

    def __init__(self, settings: ToySettings, state: AdapterState, clock: Clock):
        self.status = Status.STARTING
        self._settings, self._state, self._clock = settings, state, clock

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        world = WORLDS[self._settings.world]
        if self._settings.token != world.token:
            self.status = Status.REFUSED
            raise PlatformRefused(f"toy: {self._settings.token_env} is wrong")

        def sign(room: str, who: str) -> None:
            typing(Thread(_room(room)), who)

        world.watchers.append(sign)
        try:
            await self._follow(world, hear)
        except Away:
            raise PlatformError("the world is away") from None
        finally:
            world.watchers.remove(sign)
            self.status = Status.DOWN

    async def _follow(self, world: World, hear: Hear) -> None:
        """Commits events together with the position in the world's log."""
        world.reach()
        self.status = Status.UP
        position = int(await self._state.get("position") or 0)
        while True:
            for happening in await world.after(position):
                position += 1
                await hear([translate(happening, self._clock.now())], {"position": str(position)})

    async def send(self, reply: Reply, key: str, tried: datetime | None = None) -> tuple[str, ...]:
        ids = await self.tell(reply.thread.room, reply.whole, key)
        self._world().previews.pop(key, None)
        return ids

    async def find(self, reply: Reply, key: str, tried: datetime) -> bool:
        return f"{key}/0" in self._world(reply.thread.room).ours

    async def tell(self, room: Room, text: str, key: str) -> tuple[str, ...]:
        world = self._world(room)
        parts = {f"{key}/{n}": part for n, part in enumerate(textwrap.wrap(text, LONGEST))}
        world.ours.update(parts)
        return tuple(parts)

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        self._world(asked.room).answers.setdefault(asked.author.id, {}).setdefault(key, answer.text)

    async def react(self, room: Room, message_id: str, emoji: str, key: str) -> None:
        self._world(room).signs.setdefault(message_id, set()).add(emoji)

    async def delete(self, thread: Thread, message_id: str) -> None:
        self._world(thread.room).ours.pop(message_id, None)

    async def unreact(self, room: Room, message_id: str, emoji: str) -> None:
        self._world(room).signs.get(message_id, set()).discard(emoji)

    async def typing(self, thread: Thread) -> None: ...

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        if self.status is Status.UP:
            previews = WORLDS[self._settings.world].previews
            previews.pop(key, None) if text is None else previews.update({key: text})

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        data = self._world(thread.room).files.get(message_id)
        if data is None or n != 0 or len(data) > most_bytes:
            raise Unavailable("there is no such file, or it is too large")
        return data

    async def notes(self, room: Room) -> RoomNotes:
        return RoomNotes()

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        told = [one for one in self._world(thread.room).log if one["id"] == message_id]
        if not told or any(one.get("deleted") for one in told):
            return None
        now = [one["edited"] for one in told if "edited" in one]
        found = translate(told[0] | ({"text": now[-1]} if now else {}), self._clock.now())
        return found if isinstance(found, Message) else None

    async def forget(self, member: str, commit: CommitMark) -> None:
        await commit({})

    def link(self, thread: Thread, message_id: str) -> str:
        return f"toy:{thread.room.id}/{message_id}"

    def _world(self, room: Room | None = None) -> World:
        if self.status is not Status.UP:
            raise NotSent("the toy is not connected")
        world = WORLDS[self._settings.world]
        if world.is_away:
            raise PlatformError("the world is away")
        if room and room.id not in world.rooms:
            raise Undeliverable(f"there is no room {room.id}")
        return world


def open(
    settings: ToySettings,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
    greet: Callable[[Arrival], str],
) -> Adapter:
    return ToyAdapter(settings, state, clock)


def translate(happening: Happening, now: datetime) -> Event:
    room, author = _room(happening["room"]), Author(happening["who"], happening["who"].title())
    match happening:
        case {"edited": text, "id": id_}:
            return Edit(room, id_, text, now)
        case {"deleted": True, "id": id_}:
            return Deletion(room, id_, now)
        case {"emoji": emoji, "id": id_, "removed": removed}:
            return Reaction(room, id_, author, emoji, now, removed)
    parts = (Part(PartKind.IMAGE, name=happening["image"]),) if "image" in happening else ()
    reply_to = happening.get("reply_to")
    return Message(happening["id"], Thread(room), author, happening["text"], now, now, reply_to, parts=parts)


def _room(name: str) -> Room:
    return Room("toy", "town", name, name, "Town")
