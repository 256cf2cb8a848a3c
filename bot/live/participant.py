"""The path of a message: hear -> record -> consider; from there a turn goes its own way (`speaking.py`).

One task listens. It takes what the adapters have heard, records it and decides about it in one commit, and only then
tells the adapters that it was heard.
"""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from bot.live.rooms import Floors, Rooms
from bot.live.turns import Turns
from bot.remember.store import Store, Transaction
from bot.types import Deletion, Edit, Event, Hear, Mark, Message, Reaction, Room, StoreError, Turn

log = structlog.get_logger()

BATCH_EVENTS = (
    500  # events in one commit: enough to make the commit's cost small, few enough to answer a mention at once
)


@dataclass(slots=True)
class HearCall:
    """One call of `hear`, and who waits for it."""

    platform: str
    events: Sequence[Event]
    mark: Mark
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Participant:
    """Cameo, as a member of all its rooms. `listen` until cancelled; each adapter gets its `ear`."""

    def __init__(self, store: Store, rooms: Rooms, turns: Turns):
        self._store, self._rooms, self._turns = store, rooms, turns
        self._inbox: asyncio.Queue[HearCall] = asyncio.Queue()

    async def hear(self, platform: str, events: Sequence[Event], mark: Mark | None = None) -> None:
        """Returns once the events of `platform` and the mark are committed. Raises StoreError; then nothing of them
        is. Hearing the same event twice is harmless."""
        call = HearCall(platform, events, mark or {})
        self._inbox.put_nowait(call)
        await call.done

    def ear(self, platform: str) -> Hear:
        """`hear` for one platform: what its adapter is given."""
        return partial(self.hear, platform)

    async def listen(self) -> None:
        while True:
            batch = [await self._inbox.get()]
            while not self._inbox.empty() and sum(len(heard.events) for heard in batch) < BATCH_EVENTS:
                batch.append(self._inbox.get_nowait())
            await self._take(batch)

    async def _take(self, batch: Sequence[HearCall]) -> None:
        """Commits a batch. If it fails and holds more than one call, each is tried alone: one adapter's bad batch
        is not another's."""
        try:
            turns = await self._record(batch)
        except StoreError as error:
            log.error("store.failed", error=str(error))
            _fail(batch, error)
        except Exception as error:
            if len(batch) > 1:
                for heard in batch:
                    await self._take([heard])
                return
            log.exception("hear.failed", platform=batch[0].platform)
            _fail(batch, StoreError(f"could not take in what was heard: {type(error).__name__}"))
        else:
            self._turns.follow(turns)
            for heard in batch:
                if not heard.done.done():
                    heard.done.set_result(None)

    async def _record(self, batch: Sequence[HearCall]) -> list[Turn]:
        events = [event for heard in batch for event in heard.events if self._is_open_to_us(event.room)]
        messages = [await self._recognise(event) for event in events if isinstance(event, Message)]
        rooms = [event.room for event in events]
        return await self._rooms.change(rooms, lambda tx, floors: self._consider(tx, floors, batch, events, messages))

    def _is_open_to_us(self, room: Room) -> bool:
        """In a room that is `off` nothing is heard and nothing stored."""
        return self._rooms.rule(room).join != "off"

    async def _recognise(self, message: Message) -> Message:
        floor = await self._rooms.floor(message.room)
        recognised = floor.recognise(message)
        if recognised.addressed or message.reply_to is None or floor.state.is_ours(message.reply_to) is not None:
            return recognised
        answered = await self._store.message(message.room.platform, message.reply_to)  # said before our window
        return replace(message, addressed=answered is not None and answered.author.is_self)

    async def _consider(
        self,
        tx: Transaction,
        floors: Floors,
        batch: Sequence[HearCall],
        events: Sequence[Event],
        recognised: Sequence[Message],
    ) -> list[Turn]:
        """Everything that one commit holds: events, decisions, marks."""
        changed: dict[str, Turn] = {}
        messages = iter(recognised)
        for is_message, run in itertools.groupby(events, key=lambda event: isinstance(event, Message)):
            if is_message:
                turns = await self._rooms.add(tx, floors, [next(messages) for _ in run])
            else:
                turns = [turn for event in run for turn in await self._change(tx, floors, event)]
            changed.update((turn.id, turn) for turn in turns)
        await tx.put_turns(list(changed.values()))
        for heard in batch:
            if heard.mark:
                await tx.put_state(heard.platform, heard.mark)
        return list(changed.values())

    async def _change(self, tx: Transaction, floors: Floors, event: Event) -> list[Turn]:
        if isinstance(event, Edit):
            return self._rooms.spend(floors[event.room].edit(event)) if await tx.edit(event) else []
        if isinstance(event, Deletion):
            return await self._rooms.delete(tx, floors, event)
        if isinstance(event, Reaction):
            await tx.react(event)
        return []


def _fail(batch: Sequence[HearCall], error: StoreError) -> None:
    for heard in batch:
        if not heard.done.done():
            heard.done.set_exception(error)
