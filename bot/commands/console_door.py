"""Commands from the console: the JSON API and the command line, with the power of an operator."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from bot.commands.catalogue import WHERE
from bot.commands.door import CONSOLE
from bot.commands.parse import ReadCommand, parse
from bot.commands.scopes import ROOMS_LOOKED_THROUGH
from bot.config.room_rule import places_of
from bot.remember.known_rooms import known_rooms
from bot.remember.store import Store
from bot.types import Answer, Asked, Author, Clock, Event, Power, Room, Thread, Where

OPERATOR_ID = "operator"
COMMAND_SECONDS = 120.0  # the longest wait: a preview asks a model, which may load first
ANSWERS_KEPT_FOR_REPEATS = 100

HearFor = Callable[[str, Sequence[Event]], Awaitable[None]]
"""As `bot.live.participant.Participant.hear`."""


class NoAnswer(Exception):
    """No answer came in time, or the command was used before a restart."""


def is_about_a_room(text: str) -> bool:
    """Whether a command needs to be told which room it is about."""
    read = parse(text)
    return isinstance(read, ReadCommand) and (read.command.where is Where.ROOM or WHERE in read.command.options)


class ConsoleDoor:
    """`ask` uses a command and waits for its answer; `answer` is the outlet that gets it."""

    def __init__(self, store: Store, hear: HearFor, fixed: Callable[[], Sequence[Room]], clock: Clock):
        """`fixed` are the rooms that exist before anything was said there."""
        self._store, self._hear, self._fixed, self._clock = store, hear, fixed, clock
        self._answers: OrderedDict[str, asyncio.Future[Answer]] = OrderedDict()

    async def room(self, named: str) -> Room | None:
        """The room with this place, each part by its id or name, or with this name alone if there is only one; any room
        for "". None if there is none. Raises StoreError."""
        rooms = dict.fromkeys([*await self._store.ask(known_rooms(ROOMS_LOOKED_THROUGH)), *self._fixed()])
        if not named:
            return next(iter(rooms), None)
        wanted = named.strip().casefold()
        found = [room for room in rooms if wanted in map(str.casefold, places_of(room))]
        found = found or [room for room in rooms if wanted in (room.name.casefold(), room.id.casefold())]
        if len(found) == 1:
            return found[0]
        parts = named.strip().split("/", 2)
        is_place = not found and len(parts) == 3 and all(parts) and parts[0] in {room.platform for room in rooms}
        return Room(*parts) if is_place else None

    async def ask(self, text: str, room: Room, id_: str, locale: str) -> Answer:
        """Uses a command, once for each id. Raises NoAnswer, and StoreError if it could not be stored."""
        now = self._clock.now()
        author = Author(OPERATOR_ID, OPERATOR_ID)
        asked = Asked(
            id=id_,
            thread=Thread(room),
            author=author,
            at=now,
            heard=now,
            text=text,
            power=Power.OPERATOR,
            community_power=Power.OPERATOR,
            locale=locale,
            via=CONSOLE,
        )
        future = self._future(id_)
        await self._hear(room.platform, [asked])
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                return await asyncio.shield(future)
        except TimeoutError:
            raise NoAnswer(f"no answer came within {COMMAND_SECONDS:g} seconds; was this key used before?") from None

    async def answer(self, asked: Asked, answer: Answer, key: str) -> None:
        """Gives the answer to whoever waits for it. Whoever asked before a restart has gone."""
        future = self._answers.get(asked.id)
        if future is not None and not future.done():
            future.set_result(answer)

    def _future(self, id_: str) -> "asyncio.Future[Answer]":
        future = self._answers.pop(id_, None) or asyncio.get_running_loop().create_future()
        self._answers[id_] = future
        while len(self._answers) > ANSWERS_KEPT_FOR_REPEATS:
            self._answers.popitem(last=False)
        return future
