"""The path of a message: hear -> record -> consider; `turns.py` then runs the turns that result.

A single task takes the adapters' events in slices, round-robin over the platforms. Each slice is recorded and decided
about in one commit. An adapter's call returns once its last event and its mark are committed.

An event that raises affects no other event: the slice is halved until the event is alone, and the event is then stored
without its room (`store_unheard`), a message with a failed turn.
"""

import asyncio
import itertools
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from bot.decide.open_turns import turn_id
from bot.live.rooms import Floors, Rooms
from bot.live.thanks import Thanks
from bot.live.turns import Turns
from bot.live.veil import Veil
from bot.remember.asked import recorded
from bot.remember.forgetting import carry
from bot.remember.lookup import are_ours
from bot.remember.removals import kept_removal
from bot.remember.store import Transaction
from bot.remember.thread_deletions import kept_deletion
from bot.remember.withdrawing import OWNER
from bot.types import (
    SOMEBODY,
    Asked,
    Decision,
    Deletion,
    Edit,
    Event,
    Hear,
    Mark,
    Membership,
    Message,
    NewParts,
    Presence,
    Reaction,
    Removal,
    Room,
    State,
    StoreError,
    ThreadDeletion,
    Turn,
    Verdict,
)

log = structlog.get_logger()

INTERNAL = "internal"  # a bug in Cameo

NO_FLOORS = (Membership, ThreadDeletion, Removal, Asked)  # events that no room takes in
SLICE_EVENTS = 500  # per commit: enough to spread its cost, few enough to answer a mention at once
SLICE_ROOMS = 50  # per commit: reading a cold room takes 17 ms, and other platforms wait for all of them


@dataclass(slots=True, eq=False)
class HearCall:
    """One call of `hear`, and the future that its caller awaits."""

    platform: str
    mark: Mark
    done: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def succeed(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: StoreError) -> None:
        if not self.done.done():
            self.done.set_exception(error)


@dataclass(slots=True)
class Item:
    """An event of a call, or None for the end of the call, where its mark is committed."""

    call: HearCall
    event: Event | None


class Participant:
    """Records what all adapters hear. Each adapter calls its `ear`; `listen` runs until cancelled."""

    def __init__(self, rooms: Rooms, turns: Turns, thanks: Thanks, notices: Sequence[tuple[str, str]] = ()):
        """`notices`: see `Veil`."""
        self._rooms, self._turns, self._thanks = rooms, turns, thanks
        self.asked = asyncio.Event()  # set once a command is committed
        self._veil = Veil(rooms.wishes, notices)
        self._heard: dict[str, deque[Item]] = defaultdict(deque)  # by platform, in order
        self._next: asyncio.Queue[str] = asyncio.Queue()  # the platforms that have items left, each once
        self._waiting: set[str] = set()  # those in `_next`

    async def hear(self, platform: str, events: Sequence[Event], mark: Mark | None = None) -> None:
        """Returns once the events of `platform` and the mark are committed. Raises StoreError: then the mark is not
        committed, and some of the events may be. Hearing the same event twice is harmless."""
        call = HearCall(platform, mark or {})
        self._heard[platform].extend([*(Item(call, event) for event in events), Item(call, None)])
        self._wait_in_line(platform)
        await call.done

    def _wait_in_line(self, platform: str) -> None:
        if platform not in self._waiting:
            self._waiting.add(platform)
            self._next.put_nowait(platform)

    def ear(self, platform: str) -> Hear:
        """`hear` bound to one platform, for its adapter."""
        return partial(self.hear, platform)

    async def listen(self) -> None:
        """Takes slices off the platforms' queues until cancelled."""
        while True:
            platform = await self._next.get()
            self._waiting.discard(platform)
            if items := _cut(self._heard[platform]):  # none left where a failed commit has taken them all back
                await self._take(items)
            if self._heard[platform]:
                self._wait_in_line(platform)  # the others go first

    async def _take(self, items: Sequence[Item]) -> None:
        """Commits a slice, split into as many parts as it takes to isolate an event that raises."""
        parts = [items]
        while parts:
            part = parts.pop()
            try:
                turns = await self._recorded(part)
            except StoreError as error:
                log.error("store.failed", error=str(error))
                self._give_up([part, *parts], error)
                return
            if turns is None:
                parts += [part[len(part) // 2 :], part[: len(part) // 2]]  # the first half goes first
                continue
            if any(isinstance(item.event, Deletion) for item in part):
                self._rooms.deleted.set()
                self._thanks.forget()
            if any(isinstance(item.event, ThreadDeletion) for item in part):
                self._rooms.thread_deleted.set()
            if any(isinstance(item.event, Asked) for item in part):
                self.asked.set()
            self._thanks.committed()
            self._follow(turns)
            for item in part:
                if item.event is None:
                    item.call.succeed()

    async def _recorded(self, part: Sequence[Item]) -> list[Turn] | None:
        """The turns of a part; None if it raises and has to be halved. Raises StoreError."""
        try:
            return await self._record(part)
        except StoreError:
            raise
        except Exception as error:
            return None if len(part) > 1 else await self._take_alone(part[0], error)

    def _follow(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            try:
                self._turns.follow([turn])
            except Exception:  # it is stored, and taken up at the next start
                log.exception("turn.not_followed", turn=turn.id)

    def _give_up(self, parts: Sequence[Sequence[Item]], error: StoreError) -> None:
        """Fails the calls that these parts belong to and drops their other items. Their adapters will retry them."""
        failed = {id(item.call): item.call for part in parts for item in part}
        for call in failed.values():
            call.fail(error)
        platform = parts[0][0].call.platform
        self._heard[platform] = deque(item for item in self._heard[platform] if id(item.call) not in failed)

    # --- one commit ----------------------------------------------------------------------------

    async def _record(self, part: Sequence[Item]) -> list[Turn]:
        events = [item.event for item in part if item.event is not None and self._concerns_us(item.event)]
        ended = [item.call for item in part if item.event is None]
        rooms = [event.room for event in events if not isinstance(event, NO_FLOORS)]
        return await self._rooms.change(rooms, lambda tx, floors: self._consider(tx, floors, events, ended))

    def _concerns_us(self, event: Event) -> bool:
        """In a room that is `off` nothing new is considered or stored. What was stored before is still edited and
        deleted, and not shown to those who have left."""
        if isinstance(event, Membership) and event.presence is Presence.LEFT:
            return True
        if isinstance(event, Asked):
            return not (event.author.is_bot or event.author.is_self)  # programs command nothing
        return (
            isinstance(event, Edit | NewParts | Deletion | ThreadDeletion | Removal)
            or self._rooms.rule(event.room).join != "off"
        )

    async def _consider(
        self, tx: Transaction, floors: Floors, events: Sequence[Event], ended: Sequence[HearCall]
    ) -> list[Turn]:
        """Puts events, decisions and marks into one commit. Returns the new and changed turns."""
        changed: dict[str, Turn] = {}
        said = await self._veil.over(tx, [event for event in events if isinstance(event, Message)])
        messages = iter(await self._recognise(tx, floors, said))
        for is_message, run in itertools.groupby(events, key=lambda event: isinstance(event, Message)):
            if is_message:
                heard = [next(messages) for _ in run]
                turns = await self._rooms.add(tx, floors, heard)
                await self._thanks.hear_all(tx, floors, [one for one in heard if one.text], turns)
            else:
                turns = [turn for event in run for turn in await self._change(tx, floors, event)]
            await tx.put_turns(turns)  # before a later event of the slice may change or forget them
            changed.update((turn.id, turn) for turn in turns)
        for call in ended:
            if call.mark:
                await tx.put_state(call.platform, call.mark)
        return list(changed.values())

    async def _recognise(self, tx: Transaction, floors: Floors, messages: Sequence[Message]) -> list[Message]:
        """The messages with `addressed` final. Replies to messages older than a room's window are looked up in a single
        query."""
        recognised = [floors[message.room].recognise(message) for message in messages]
        unknown = [
            (message.room.platform, message.reply_to)
            for message in recognised
            if message.reply_to is not None
            and not message.addressed
            and floors[message.room].state.is_ours(message.reply_to) is None
        ]
        ours = await tx.ask(are_ours(unknown)) if unknown else set()
        return [
            replace(message, addressed=True) if (message.room.platform, message.reply_to) in ours else message
            for message in recognised
        ]

    async def _change(self, tx: Transaction, floors: Floors, event: Event) -> list[Turn]:
        if isinstance(event, Edit | NewParts | Deletion):
            event = await self._veil.change(tx, event)
        if isinstance(event, Edit):
            return await self._rooms.edit(tx, floors, event)
        if isinstance(event, NewParts):
            return self._rooms.spend(floors[event.room].edit(event)) if await carry(tx, event) else []
        if isinstance(event, Deletion):
            return await self._rooms.delete(tx, floors, event)
        await self._note(tx, event)
        return []

    async def _note(self, tx: Transaction, event: Event) -> None:
        """Stores an event that no room takes in."""
        if isinstance(event, Reaction):
            if self._veil.may_react(event):
                await tx.react(event)
                await self._thanks.react(tx, event)
        elif isinstance(event, Membership):
            await tx.attend(event)
        elif isinstance(event, ThreadDeletion):
            await tx.put_state(OWNER, kept_deletion(event))
        elif isinstance(event, Asked):
            await tx.run(recorded(event))
        elif isinstance(event, Removal):
            await tx.put_state(OWNER, kept_removal(event))

    # --- what raises ---------------------------------------------------------------------------

    async def _take_alone(self, item: Item, error: Exception) -> list[Turn]:
        """Handles a single event, or mark, that has raised `error`. Raises StoreError."""
        event, call = item.event, item.call
        log.error("hear.failed", platform=call.platform, kind=type(event).__name__, exc_info=error)
        if event is None:
            call.fail(StoreError(f"could not store a mark: {type(error).__name__}"))
            return []
        try:
            return await self._rooms.store_unheard(event.room, lambda tx: self._keep(tx, event))
        except StoreError:
            raise
        except Exception as another:
            log.error("hear.lost", platform=call.platform, kind=type(event).__name__, exc_info=another)
            return []

    async def _keep(self, tx: Transaction, event: Event) -> list[Turn]:
        """Stores an event without considering it; a message also gets a failed turn."""
        if isinstance(event, Edit | NewParts | Deletion):
            event = await self._veil.change(tx, event)
        if isinstance(event, Message):
            [event] = await self._veil.over(tx, [event])
            is_new = await tx.add_unheard(event)
            turns = [self._failed(event)] if is_new and event.author.id != SOMEBODY else []
            await tx.put_turns(turns)
            return turns
        if isinstance(event, Edit):
            await tx.edit(event)
        elif isinstance(event, NewParts):
            await carry(tx, event)
        elif isinstance(event, Deletion):
            await tx.delete(event)
        else:
            await self._note(tx, event)
        return []

    def _failed(self, message: Message) -> Turn:
        return Turn(
            id=turn_id(message),
            thread=message.thread,
            trigger=message.id,
            member=message.author.id,
            persona=self._rooms.rule(message.room).persona,
            decision=Decision(Verdict.SILENT, INTERNAL),
            state=State.FAILED,
            at=message.heard,
            addressed=message.addressed,
            error=INTERNAL,
        )


def _cut(heard: deque[Item]) -> list[Item]:
    """Takes the next slice off."""
    items: list[Item] = []
    rooms: set[Room] = set()
    while heard and len(items) < SLICE_EVENTS:
        room = getattr(heard[0].event, "room", None)  # None: the end of a call, or an invalid event
        if room is not None:
            if len(rooms) == SLICE_ROOMS and room not in rooms:
                break
            rooms.add(room)
        items.append(heard.popleft())
    return items
