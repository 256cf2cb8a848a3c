"""How far each turn has come: every change of a turn's state is decided by its room's floor and committed here.

A reply takes four commits, five where it has a price: heard (with its decision), writing, (what it may cost), sending,
sent. Two, or three, of them wait for the disk, since a power cut must not undo them: heard, for the platform will not
say it again; the cost, before the call; sending, with the text, before it leaves. The others need not wait:

- decided again, or *writing*, without a cost: a power cut makes it due again, and nobody has seen anything of it.
- *sent*: a power cut makes it *sending* again, with `tried`; then the adapter finds the reply on the platform.

They share the disk's work with the next commit that waits (a kill of the process undoes none of them).
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from bot.config.policy import OUR_NAME
from bot.decide.reasons import Reason
from bot.live.limit_alerts import LimitAlerts
from bot.live.rooms import Floors, Rooms
from bot.remember.store import Store, Transaction
from bot.types import Author, Clock, Message, State, StoreError, Turn, Usage, Verdict
from bot.write.writer import Writer

log = structlog.get_logger()

REPEATABLE = (State.WRITING, State.SENT)  # a power cut may undo them: they are come to again, to the same end


class Transitions:
    """Changes turns in order with everything that is heard: a turn that a person's answer has ended can't be sent any
    more, and one that is being sent can't be ended any more. All methods but `charge` raise StoreError."""

    def __init__(self, store: Store, rooms: Rooms, writer: Writer, alerts: LimitAlerts, clock: Clock):
        self._store, self._rooms, self._writer, self._alerts, self._clock = store, rooms, writer, alerts, clock

    async def tick(self, turn: Turn) -> Turn | None:
        """The turn is due: it is decided again, on what is known by now. None if it no longer waits."""
        room = turn.thread.room

        async def decide(tx: Transaction, floors: Floors) -> Turn | None:
            ticked = floors[room].tick(turn.id, self._clock.now())
            if ticked is not None:
                await tx.put_turns(self._rooms.spend([ticked]))
            return ticked

        return self._noted(await self._rooms.change([room], decide, durable=False))

    async def move(self, turn: Turn, state: State, *, from_any: bool = False, **changes: Any) -> Turn | None:
        """Records how far `turn` has come; None if it was ended, or has begun anew, in the meantime."""
        room = turn.thread.room

        async def move(tx: Transaction, floors: Floors) -> Turn | None:
            opened = floors[room].wanted(turn.id)
            if opened is None and turn.state is State.SENDING:  # its trigger was deleted; what is sent is sent
                moved = replace(turn, state=state, **changes)
            elif opened is None or not (from_any or opened.turn.state is turn.state):
                return None
            else:
                moved = floors[room].move(replace(opened.turn, state=state, **changes))
            await tx.put_turns(self._rooms.spend([moved]))
            if state is State.SENT and moved.reply_id is not None:
                await self._rooms.add(tx, floors, [self._own_words(moved)])
            return moved

        durable = state not in REPEATABLE or "usage" in changes
        return self._noted(await self._rooms.change([room], move, durable=durable))

    async def put_back(self, turn: Turn, answered: Message, until: datetime) -> Turn | None:
        """What surely never left is not being sent any more: it is due, or decided again, at `until`. `answered` is
        its trigger as the words answer it. The turn ends if that was deleted in the meantime."""
        room = turn.thread.room

        async def put_back(tx: Transaction, floors: Floors) -> Turn:
            back = floors[room].put_back(turn.id, answered.text, until) or _deleted(turn)
            await tx.put_turns(self._rooms.spend([back]))
            return back

        return self._noted(await self._rooms.change([room], put_back))

    async def charge(self, turn: Turn, usage: Usage, model: str) -> None:
        """Adds the cost of a turn that was ended while a model wrote. A failure is logged."""

        async def charge(tx: Transaction) -> None:
            await tx.put_turns(self._rooms.spend([charged]))

        try:
            ended = await self._store.turn(turn.thread.room.platform, turn.trigger)
            if ended is None or ended.state.is_open:
                return  # begun anew, or to be taken up after a restart: the cost set aside stands in the turn
            charged = replace(ended, usage=turn.usage + usage, model=model)
            await self._store.write(charge)
        except StoreError as error:
            log.error("turn.cost_not_stored", turn=turn.id, error=str(error))

    def note(self, turn: Turn) -> None:
        """Logs a turn as it is now, and alerts the manager where it has used up a limit. No text, no names."""
        log.info(
            "turn",
            turn=turn.id,
            room=str(turn.thread.room),
            message=turn.trigger,
            verdict=str(turn.decision.verdict),
            reason=str(turn.decision.reason),
            state=str(turn.state),
            model=turn.model or None,
            cost_usd=round(turn.usage.cost_usd, 6) or None,
            error=turn.error or None,
        )
        self._alerts.look(turn)

    def _noted(self, turn: Turn | None) -> Turn | None:
        if turn is not None:
            self.note(turn)
        return turn

    def _own_words(self, turn: Turn) -> Message:
        """Our reply as a message: remembered at once, whenever the platform's echo comes."""
        assert turn.reply_id is not None
        now = self._clock.now()
        me = Author(OUR_NAME, self._writer.name(turn), is_bot=True, is_self=True)
        return Message(turn.reply_id, turn.thread, me, turn.text, now, now, reply_to=turn.trigger)


def _deleted(turn: Turn) -> Turn:
    """How a turn ends whose trigger is gone."""
    decision = replace(turn.decision, verdict=Verdict.SILENT, reason=Reason.DELETED)
    return replace(turn, state=State.STOPPED, decision=decision, text="", sign="")
