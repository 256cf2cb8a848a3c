"""State changes of turns: each is checked by the room's floor and committed here.

A reply takes five commits, or six if its model has a price: heard (with the decision), writing, (the possible cost),
sending, told who we are, sent. Two or three of them are durable, since a power cut must not undo them: heard, because
the platform does not repeat the message; the cost, before the model is called; sending, with the text, before it is
sent. The others need not wait for the disk:

- decided again, or *writing* without a cost: after a power cut the turn is due again, and nobody has seen anything.
- *told who we are*: after a power cut somebody may be told twice.
- *sent*: after a power cut the turn is *sending* again, with `tried`; the adapter then finds the reply on the platform.

They reach the disk with the next durable commit. Killing the process undoes none of them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.config.policy import OUR_NAME
from bot.decide.floor import SIGN
from bot.decide.pseudonyms import without_person
from bot.decide.reasons import Reason
from bot.decide.watching import unsaid, withheld
from bot.live.limit_alerts import LimitAlerts
from bot.live.mute import MuteAlert
from bot.live.rooms import Floors, Rooms
from bot.remember.contacts import spoken_to
from bot.remember.lookup import turn_with
from bot.remember.store import Store, Transaction
from bot.types import Audience, Author, Clock, Message, State, StoreError, Turn, Usage, Verdict
from bot.write.writer import Writer

log = structlog.get_logger()

LOOP_TOLD = timedelta(hours=1)  # as long as such an author gets no answer
ROOMS_TOLD = 1000  # rooms that were told about: more than anybody reads
REPEATABLE = (State.WRITING, State.SENT)  # a power cut may undo these: they are reached again with the same result


class Transitions:
    """Changes turns in the same serial order as events are heard: a turn that a member's answer has ended is not sent,
    and a turn that is being sent is not ended. All methods but `charge` and `note` raise StoreError."""

    def __init__(self, store: Store, rooms: Rooms, writer: Writer, alerts: LimitAlerts, mute: MuteAlert, clock: Clock):
        self._store, self._rooms, self._writer, self._clock = store, rooms, writer, clock
        self._alerts, self._mute = alerts, mute
        self._loops: dict[str, datetime] = {}
        self._watchers: list[Callable[[Turn], None]] = []

    def watch(self, watcher: Callable[[Turn], None]) -> None:
        """Calls `watcher` with each new or changed turn, once that is committed. It must not raise."""
        self._watchers.append(watcher)

    async def tick(self, turn: Turn) -> Turn | None:
        """Decides again about a waiting turn that is due. None if it no longer waits. If the turn was considered in
        what is now the future (the clock was set back), the moment is when it was due: it has waited as long."""
        room, now = turn.thread.room, self._clock.now()
        moment = now if now >= turn.at else turn.decision.due or now

        async def decide(tx: Transaction, floors: Floors) -> Turn | None:
            ticked = floors[room].tick(turn.id, moment)
            if ticked is not None:
                await tx.put_turns(self._rooms.spend([ticked]))
            return ticked

        return self._noted(await self._rooms.change([room], decide, durable=False))

    async def is_told(self, turn: Turn) -> bool:
        """Notes that the turn speaks to its member; whether it tells them who we are."""
        wishes, now = self._rooms.wishes, self._clock.now()
        return await self._store.write(lambda tx: spoken_to(tx, wishes, turn, now), durable=False)

    async def hourglasses(self, turn: Turn, since: datetime) -> list[str]:
        """A few of the member's messages there, heard since then, that still carry our hourglass."""
        return await self._store.own_signs(turn.thread.room, turn.member, SIGN, since, limit=5)

    async def move(self, turn: Turn, state: State, *, from_any: bool = False, **changes: Any) -> Turn | None:
        """Moves `turn` to `state` and commits; `changes` are fields of the turn. None if the turn has ended or was
        restarted in the meantime, unless `from_any`: then from any open state."""
        room = turn.thread.room

        async def move(tx: Transaction, floors: Floors) -> Turn | None:
            opened = floors[room].wanted(turn.id)
            if opened is None and turn.state is State.SENDING:  # the trigger was deleted after sending had begun
                moved = without_person(replace(turn, state=state, **changes))
            elif opened is None or not (from_any or opened.turn.state is turn.state):
                return None
            else:
                moved = floors[room].move(replace(opened.turn, state=state, **changes))
            await tx.put_turns(self._rooms.spend([moved]))
            self._rooms.pointed.look(moved)
            if state is State.SENT and moved.reply_id is not None:
                audience = opened.message.audience if opened else Audience.PRESENT
                await self._rooms.add(tx, floors, [self._own_words(moved, turn.trigger, audience)])
                if not moved.text:  # the trigger was edited or deleted, and the platform may have echoed the reply
                    await tx.forget_reply(room, moved.reply_id)
            return moved

        durable = state not in REPEATABLE or "usage" in changes
        return self._noted(await self._rooms.change([room], move, durable=durable))

    async def withhold(self, turn: Turn, reason: Reason, usage: Usage) -> None:
        """Ends a turn that is due or written, at the last gate; where we only watch, its word counts as said. Does
        nothing if the turn has ended or was restarted in the meantime. `usage` is what its draft has cost, if there is
        one."""
        room, now = turn.thread.room, self._clock.now()

        async def withhold(tx: Transaction, floors: Floors) -> Turn | None:
            opened = floors[room].wanted(turn.id)
            if opened is None or opened.turn.state is not turn.state:
                return None
            ended = floors[room].move(replace(withheld(opened.turn, reason, now, floors[room].rule.judge), usage=usage))
            await tx.put_turns(self._rooms.spend([ended]))
            if reason is Reason.WATCHING and (word := unsaid(opened.turn, now)) is not None:
                await self._rooms.add_unsaid(tx, floors, word)
            return ended

        self._noted(await self._rooms.change([room], withhold, durable=usage != Usage()))

    async def put_back(self, turn: Turn, answered: Message, until: datetime) -> Turn | None:
        """Moves a turn that certainly was not sent from sending back: due, or decided again, at `until`. `answered` is
        the trigger in the version that the draft answers. The turn ends if the trigger was deleted meanwhile."""
        room = turn.thread.room

        async def put_back(tx: Transaction, floors: Floors) -> Turn:
            back = floors[room].put_back(turn.id, answered.text, until) or _deleted(turn)
            await tx.put_turns(self._rooms.spend([back]))
            return back

        return self._noted(await self._rooms.change([room], put_back))

    async def charge(self, turn: Turn, usage: Usage, model: str) -> None:
        """Adds the cost of a turn that was ended while a model wrote. A failure is logged."""

        async def charge(tx: Transaction) -> None:
            ended = await tx.ask(turn_with(turn.id))
            if ended is None or ended.state.is_open:
                return  # restarted, or to be resumed after a restart: the turn has the reserved cost
            await tx.put_turns(self._rooms.spend([replace(ended, usage=turn.usage + usage, model=model)]))

        try:
            await self._store.write(charge)
        except StoreError as error:
            log.error("turn.cost_not_stored", turn=turn.id, error=str(error))

    def note(self, turn: Turn) -> None:
        """Logs the turn's current state, without text, names or the message's id, and alerts the manager if it has used
        up a limit. Silence is not logged: it is the decision about nearly every message, and the store has it."""
        self._alerts.look(turn)
        self._mute.look(turn)
        for watcher in self._watchers:
            watcher(turn)
        if turn.decision.reason == Reason.LOOP:
            self._warn_of_loop(turn)
        if turn.state is State.SILENT:
            return
        log.info(
            "turn",
            turn=turn.id,
            room=str(turn.thread.room),
            verdict=str(turn.decision.verdict),
            reason=str(turn.decision.reason),
            state=str(turn.state),
            model=turn.model or None,
            cost_usd=round(turn.usage.cost_usd, 6) or None,
            error=turn.error or None,
        )

    def _warn_of_loop(self, turn: Turn) -> None:
        """Tells the manager once an hour and room that an exchange as between programs was ended."""
        room, before = str(turn.thread.room), self._loops.get(str(turn.thread.room))
        if before is None or turn.at - before >= LOOP_TOLD:
            self._loops.pop(room, None)
            self._loops[room] = turn.at
            log.warning("loop", room=room)
        if len(self._loops) > ROOMS_TOLD:
            del self._loops[next(iter(self._loops))]

    def _noted(self, turn: Turn | None) -> Turn | None:
        if turn is not None:
            self.note(turn)
        return turn

    def _own_words(self, turn: Turn, answered: str, audience: Audience) -> Message:
        """Our reply to the message `answered`, so that it is remembered before the platform echoes it. `audience` is
        that message's, until the echo tells more."""
        assert turn.reply_id is not None
        now = self._clock.now()
        me = Author(OUR_NAME, self._writer.name(turn), is_bot=True, is_self=True)
        return Message(turn.reply_id, turn.thread, me, turn.text, now, now, reply_to=answered, audience=audience)


def _deleted(turn: Turn) -> Turn:
    """The turn, ended because its trigger was deleted."""
    decision = replace(turn.decision, verdict=Verdict.SILENT, reason=Reason.DELETED)
    return without_person(replace(turn, state=State.STOPPED, decision=decision, sign=""))
