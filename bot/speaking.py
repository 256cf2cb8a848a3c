"""The course of a turn: wait -> decide again -> (judge) -> write -> still wanted? -> send.

Every open turn is one task. Its state changes only through `Rooms.change`, in order with everything that is heard:
a turn that a person's answer has ended can't be sent any more, and one that is being sent can't be ended any more.
Unprompted words that are ready when quiet hours have begun are dropped, and the turn waits for its morning.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from bot.decide.budget import NEARLY
from bot.decide.floor import Open, settles
from bot.decide.gates import until_quiet_ends
from bot.decide.reasons import SIGNS, Reason
from bot.notices import Notices
from bot.remember.store import Store, Writing
from bot.rooms import OUR_NAME, Rooms
from bot.turnstile import Turnstile
from bot.types import (
    Adapter,
    Author,
    Clock,
    Message,
    PlatformError,
    Reply,
    State,
    StoreError,
    Turn,
    Undeliverable,
    Usage,
    Verdict,
)
from bot.write.judge import Answer
from bot.write.writer import Spending, Writer, Written

log = structlog.get_logger()

WRITERS = 4  # turns that ask a model at the same time; more would only queue at the provider
LONGEST_PAUSE = 60.0  # seconds between tries while a platform or the disk is away


class Speaking:
    """Lives the turns. `run` until cancelled."""

    def __init__(self, store: Store, rooms: Rooms, writer: Writer, adapters: Mapping[str, Adapter], clock: Clock):
        self._store, self._rooms, self._writer, self._clock = store, rooms, writer, clock
        self._adapters = adapters
        self.notices = Notices(rooms.budget, writer.words, clock)
        self._turnstile = Turnstile(WRITERS)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._underway: set[str] = set()
        self._group: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Takes up what a restart has interrupted, then follows turns until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            self.follow(
                [turn for turn in await self._store.open_turns() if turn.thread.room.platform in self._adapters]
            )
            await asyncio.Event().wait()

    async def drain(self, seconds: float) -> None:
        """Before a shutdown: begins nothing new and lets turns that are being written or sent finish. What is left
        after `seconds` stays in the store and is taken up at the next start."""
        self._group = None
        if busy := [task for key, task in self._tasks.items() if key in self._underway]:
            await asyncio.wait(busy, timeout=seconds)

    def follow(self, turns: Sequence[Turn]) -> None:
        """Gives each open turn its task, and takes it away from one that has ended or begins anew."""
        for turn in turns:
            self._tell(turn)
            before = self._tasks.pop(turn.id, None)
            if before is not None:
                before.cancel()
            if turn.state.is_open and self._group is not None:
                task = self._group.create_task(self._live(turn, before))
                self._tasks[turn.id] = task
                task.add_done_callback(lambda done, key=turn.id: self._ended(key, done))  # type: ignore[misc]

    def _ended(self, key: str, task: "asyncio.Task[None]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
            self._underway.discard(key)

    async def _live(self, turn: Turn, before: "asyncio.Task[None] | None") -> None:
        """The one boundary around a turn: whatever goes wrong in it ends this turn as failed, and no other."""
        if before is not None:
            await asyncio.wait([before])
        pause = 1.0
        while True:
            try:
                await self._pursue(turn)
                return
            except StoreError as error:  # the disk is full or locked; the turn is still in the store
                log.error("turn.not_stored", turn=turn.id, error=str(error))
            except Exception:
                log.exception("turn.failed", turn=turn.id)
                await self._fail(turn)
                return
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    async def _fail(self, turn: Turn) -> None:
        try:
            await self._move(turn, State.FAILED, from_any=True, error="internal")
        except StoreError as error:
            log.error("turn.not_stored", turn=turn.id, error=str(error))

    async def _pursue(self, turn: Turn) -> None:
        while (opened := await self._decided(turn)) is not None:
            self._underway.add(turn.id)
            is_first_try = opened.turn.state is not State.SENDING
            written = await self._write(opened) if is_first_try else opened.turn
            if written is None:
                return
            if written.state is State.SENDING:
                await self._send(written, is_first_try)
                return
            self._underway.discard(turn.id)
            turn = written  # quiet hours have begun

    async def _decided(self, turn: Turn) -> Open | None:
        """The turn when it is due, decided again if it has waited; None if it has ended."""
        await self._wait(turn)
        while turn.state is State.WAITING:
            ticked = await self._tick(turn)
            if ticked is None:
                break
            turn = ticked  # not yet, perhaps: its author is still writing, or the room is asleep
            await self._wait(turn)
        return (await self._rooms.floor(turn.thread.room)).wanted(turn.id)

    async def _wait(self, turn: Turn) -> None:
        if turn.state in (State.WAITING, State.DUE) and turn.decision.due is not None:
            await self._clock.sleep((turn.decision.due - self._clock.now()).total_seconds())

    # --- what becomes of a turn ----------------------------------------------------------------

    async def _tick(self, turn: Turn) -> Turn | None:
        """The hold is over: decide again, on what is known by now."""
        room = turn.thread.room

        async def decide(tx: Writing) -> Turn | None:
            ticked = self._rooms.known(room).tick(turn.id, self._clock.now())
            if ticked is not None:
                await tx.put_turns(self._rooms.spend([ticked]))
            return ticked

        ticked = await self._rooms.change([room], decide)
        if ticked is not None:
            self._tell(ticked)
        return ticked

    async def _move(self, turn: Turn, state: State, *, from_any: bool = False, **changes: Any) -> Turn | None:
        """Records how far `turn` has come; None if it was ended, or has begun anew, in the meantime."""
        room = turn.thread.room

        async def move(tx: Writing) -> Turn | None:
            floor = self._rooms.known(room)
            opened = floor.wanted(turn.id)
            if opened is None or not (from_any or opened.turn.state is turn.state):
                return None
            moved = floor.move(replace(opened.turn, state=state, **changes))
            await tx.put_turns(self._rooms.spend([moved]))
            if state is State.SENT and moved.reply_id is not None:
                await self._rooms.add(tx, [self._own_words(moved)])
            return moved

        moved = await self._rooms.change([room], move)
        if moved is not None:
            self._tell(moved)
        return moved

    def _tell(self, turn: Turn) -> None:
        _log(turn)
        self.notices.look(turn)

    def _own_words(self, turn: Turn) -> Message:
        """Our reply as a message: remembered at once, whenever the platform's echo comes."""
        assert turn.reply_id is not None
        now = self._clock.now()
        me = Author(OUR_NAME, self._writer.name(turn.persona), is_bot=True, is_self=True)
        return Message(turn.reply_id, turn.thread, me, turn.text, now, now, reply_to=turn.trigger)

    # --- write ---------------------------------------------------------------------------------

    async def _write(self, opened: Open) -> Turn | None:
        """From due to sending, or back to waiting where quiet hours have begun; None if the turn ended on the way."""
        if opened.turn.decision.reason in SIGNS:
            return await self._conclude(opened.turn, self._writer.sign(opened.turn))
        turn, trigger = opened.turn, opened.message
        adapter = self._adapters[turn.thread.room.platform]
        spending = Spending(self._rooms.budget, turn, self._clock, partial(self._keep_cost, turn))
        try:
            async with self._turnstile.enter(turn.thread, first=turn.addressed):
                writing = await self._move(turn, State.WRITING)
                if writing is None:
                    return None
                writing, written = await self._draft(writing, trigger, adapter, spending)
            # written while the burst may still go on; said when it is over
            await self._clock.sleep((settles(trigger) - self._clock.now()).total_seconds())
            return await self._conclude(writing, written)
        except asyncio.CancelledError:
            await self._charge_ended(turn, spending)
            raise
        finally:
            spending.close()
            await adapter.preview(turn.thread, turn.key, None)

    async def _draft(self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending) -> tuple[Turn, Written]:
        """What is written, and the turn with what that was decided by."""
        rule, member = self._rooms.rule(turn.thread.room), turn.member if turn.addressed else ""
        used = self._rooms.budget.used(member, turn.thread.room, self._clock.now(), besides=turn.id)
        economy = rule.economy if used >= NEARLY else None
        if economy is not None:
            turn = _with_fact(turn, "limit", {"used": round(used, 4), "economy": economy})
        if rule.judge is not None and not turn.addressed:
            answer = await self._writer.judge(turn, trigger, rule.judge, spending)
            turn = _with_fact(turn, "judge", {"model": rule.judge, "answer": str(answer)})
            if answer is Answer.NO:
                return turn, Written(model=spending.model, usage=spending.usage, declined=Reason.JUDGED)
        return turn, await self._writer.write(turn, trigger, adapter, spending, economy)

    async def _conclude(self, turn: Turn, written: Written) -> Turn | None:
        spent: dict[str, Any] = {"usage": turn.usage + written.usage, "model": written.model, "error": written.error}
        decision = turn.decision
        if not turn.addressed and written.text and (until := self._rooms.quiet_until(turn.thread.room)):
            return await self._move(turn, State.WAITING, decision=until_quiet_ends(until, decision.facts), **spent)
        if not written.text and not written.sign:
            decision = replace(decision, verdict=Verdict.SILENT, reason=written.error or written.declined)
            await self._move(turn, State.FAILED if written.error else State.PASSED, decision=decision, **spent)
            return None
        said: dict[str, Any] = {"text": written.text, "sign": written.sign, "tried": self._clock.now()}
        return await self._move(turn, State.SENDING, decision=decision, **said, **spent)

    async def _keep_cost(self, turn: Turn, usage: Usage) -> None:
        """What a call may cost is stored before it is made; `_conclude` puts the real figure in its place."""
        await self._move(replace(turn, state=State.WRITING), State.WRITING, usage=usage)

    async def _charge_ended(self, turn: Turn, spending: Spending) -> None:
        """A turn that was ended while a model wrote has cost money all the same."""
        if spending.usage.cost_usd == 0 and spending.usage.input_tokens == 0:
            return

        async def charge(tx: Writing) -> None:
            await tx.put_turns(self._rooms.spend([charged]))

        try:
            ended = await self._store.turn(turn.thread.room.platform, turn.trigger)
            if ended is None or ended.state.is_open:
                return  # begun anew, or to be taken up after a restart: the cost set aside stands in the turn
            charged = replace(ended, usage=turn.usage + spending.usage, model=spending.model)
            await self._store.write(charge)
        except StoreError as error:
            log.error("turn.cost_not_stored", turn=turn.id, error=str(error))

    # --- send ----------------------------------------------------------------------------------

    async def _send(self, turn: Turn, is_first_try: bool) -> None:
        """Until it stands on the platform. From the second attempt on, also after a restart, the adapter is told
        when the first one was: then it looks whether the reply already stands."""
        tried, pause = (None if is_first_try else turn.tried), 1.0
        while True:
            await self._wait_out_quiet_hours(turn)
            try:
                reply_id = await self._deliver(turn, tried)
                break
            except Undeliverable as error:
                log.warning("turn.undeliverable", turn=turn.id, room=str(turn.thread.room), error=str(error))
                await self._move(turn, State.FAILED, error="undeliverable")
                return
            except PlatformError as error:
                log.warning("turn.delayed", turn=turn.id, seconds=pause, error=str(error))
            await self._clock.sleep(pause)
            tried, pause = turn.tried, min(LONGEST_PAUSE, pause * 2)
        await self._until_stored(turn, reply_id)

    async def _wait_out_quiet_hours(self, turn: Turn) -> None:
        """Where the platform was away until they began. What was tried may stand, so it is not decided again."""
        while not turn.addressed and (until := self._rooms.quiet_until(turn.thread.room)):
            self._underway.discard(turn.id)  # a shutdown need not wait for the morning
            await self._clock.sleep((until - self._clock.now()).total_seconds())
            self._underway.add(turn.id)

    async def _deliver(self, turn: Turn, tried: datetime | None) -> str | None:
        adapter = self._adapters[turn.thread.room.platform]
        if turn.sign:
            await adapter.react(turn.thread.room, turn.trigger, turn.sign, turn.key)
            return None
        ids = await adapter.send(Reply(turn.thread, turn.text, turn.trigger), turn.key, tried)
        return ids[0] if ids else None

    async def _until_stored(self, turn: Turn, reply_id: str | None) -> None:
        """The reply stands; now that must be stored, however long the disk is full."""
        pause = 1.0
        while True:
            try:
                await self._move(turn, State.SENT, reply_id=reply_id)
                return
            except StoreError as error:
                log.error("turn.sent_not_stored", turn=turn.id, error=str(error))
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)


def _with_fact(turn: Turn, name: str, fact: Mapping[str, Any]) -> Turn:
    return replace(turn, decision=replace(turn.decision, facts={**turn.decision.facts, name: fact}))


def _log(turn: Turn) -> None:
    """One line for each step of a turn: what was decided and why. No text, no names."""
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
