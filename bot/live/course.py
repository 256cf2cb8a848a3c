"""The course of one turn: wait -> decide again -> (judge) -> write -> still wanted? -> send.

An unprompted draft that is ready after quiet hours have begun is dropped, and the turn waits until they end. A draft
that certainly was not sent is kept: an answer to a call is retried until its deadline, an unprompted draft is decided
again first.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from bot.decide.budget import NEARLY
from bot.decide.care import Care
from bot.decide.deadlines import LATE, owes_apology
from bot.decide.open_turns import Open
from bot.decide.reasons import SIGNS, Reason
from bot.live.bursts import LONGEST_BURST
from bot.live.delivery import BLOCKED, LONGEST_PAUSE, Delivery
from bot.live.rooms import Rooms
from bot.live.transitions import Transitions
from bot.live.write_queue import WriteQueue
from bot.types import Adapter, Clock, Message, State, Thread, Turn, Usage, Verdict
from bot.write.judge import Ruling
from bot.write.lines import Written
from bot.write.writer import Spending, Writer

log = structlog.get_logger()

WRITERS = 4  # turns that ask a model at the same time; more would only queue at the provider
LOOK_SECONDS = 0.25  # between looks at whether a burst has ended sooner: a quarter of the shortest wait

DANGER: Mapping[Reason | None, str] = {
    None: "danger",
    Reason.WATCHING: "danger.watched",
    Reason.MUTED: "danger.muted",
}  # what is logged, by why nothing may be said


class Course:
    """Runs turns, one call of `run` each. `busy` holds the ids of the turns that are being written or sent; a shutdown
    waits for these."""

    def __init__(
        self,
        transitions: Transitions,
        rooms: Rooms,
        writer: Writer,
        adapters: Mapping[str, Adapter],
        clock: Clock,
    ):
        self._transitions, self._rooms, self._writer, self._clock = transitions, rooms, writer, clock
        self._adapters = adapters
        self._delivery = Delivery(transitions, rooms, adapters, clock, writer.lines.notice)
        self._queue = WriteQueue(WRITERS)
        self.busy: set[str] = set()

    async def run(self, turn: Turn) -> None:
        """Runs the turn until it has ended. Raises StoreError; the turn is then still in the store and can be run
        again."""
        pause = 1.0
        while (opened := await self._decided(turn)) is not None:
            self.busy.add(turn.id)
            try:
                is_first_try = opened.turn.state is not State.SENDING
                goes_on = await self._write(opened) if is_first_try else opened.turn
                if goes_on is not None and goes_on.state is State.SENDING:
                    goes_on = await self._deliver(goes_on, opened.message, is_first_try, pause)
                    pause = min(LONGEST_PAUSE, pause * 2)
            finally:
                self.busy.discard(turn.id)
                await self._remove_preview(turn)
            if goes_on is None:
                return
            turn = goes_on  # quiet hours have begun, or the reply certainly was not sent
        if turn.state is State.SENDING:  # interrupted by a restart, and the trigger is deleted: no retry
            await self._transitions.move(turn, State.FAILED, error="undeliverable")

    async def _deliver(self, turn: Turn, answered: Message, is_first_try: bool, pause: float) -> Turn | None:
        """Sends the reply. Returns None when the turn has ended; otherwise the reply is not on the platform and the
        turn is retried, or ends as too late, after `pause` seconds."""
        instead = partial(self._instead, turn, answered)
        if await self._delivery.send(turn, is_first_try, partial(self._idle, turn.id), instead):
            return None
        until = self._clock.now() + timedelta(seconds=pause)
        return await self._delivery.until_stored(turn, lambda: self._transitions.put_back(turn, answered, until))

    def _instead(self, turn: Turn, answered: Message) -> str:
        """What a caller gets whose answer the community's own filter has refused."""
        return self._writer.lines.apologise(turn, answered.text, BLOCKED, always=True).text

    async def _remove_preview(self, turn: Turn) -> None:
        """Removes a preview that sending has not finalised, because the turn ended in another way."""
        adapter = self._adapters[turn.thread.room.platform]
        if adapter.capabilities.live_preview:
            await adapter.preview(turn.thread, turn.trigger, turn.key, None)

    def _idle(self, key: str, is_idle: bool) -> None:
        (self.busy.discard if is_idle else self.busy.add)(key)

    # --- decide --------------------------------------------------------------------------------

    async def _decided(self, turn: Turn) -> Open | None:
        """Waits until the turn is due, and decides again if it has waited. None if the turn has ended."""
        await self._wait(turn)
        while turn.state is State.WAITING:
            ticked = await self._transitions.tick(turn)
            if ticked is None:
                break
            turn = ticked
            if turn.state is State.WAITING:  # the author is still writing, or quiet hours have begun
                await self._wait(turn)
        return (await self._rooms.floor(turn.thread.room)).wanted(turn.id)

    async def _wait(self, turn: Turn) -> None:
        if turn.state in (State.WAITING, State.DUE) and turn.decision.due is not None:
            since = max(turn.at, self._clock.now())  # earlier only if the clock was set back, for example at a restart
            await self._clock.sleep((turn.decision.due - since).total_seconds())

    # --- write ---------------------------------------------------------------------------------

    async def _write(self, opened: Open) -> Turn | None:
        """Moves the turn from due to sending, or back to waiting if quiet hours have begun. None if the turn has
        ended."""
        turn, trigger = opened.turn, opened.message
        is_answer = turn.addressed and turn.decision.reason not in SIGNS
        care = await self._rooms.care(turn.thread.room, trigger) if is_answer else None
        if care is not None:
            self._tell_managers(turn, care)
        if (silenced := self._silenced(turn)) is not None:
            await self._withhold(turn, trigger, silenced)
            return None
        if care is not None:
            return await self._say(turn, self._writer.lines.careful(care))
        if turn.decision.reason in SIGNS and (care := await self._rooms.care_lately(turn.thread.room, trigger)):
            return await self._sign_carefully(turn, trigger, care)
        if (turn.text or turn.sign) and await self._stands(turn):  # kept from an attempt that certainly was not sent
            return await self._conclude(turn, trigger, _kept(turn))
        if turn.decision.reason in SIGNS:
            return await self._conclude(turn, trigger, self._writer.lines.sign(turn, trigger.text))
        if turn.decision.due and turn.decision.due > turn.at:
            await self._end_of_burst(trigger)  # the author has already sent a second message, so a third is likely
        adapter = self._adapters[turn.thread.room.platform]
        spending = Spending(self._rooms.budget, turn, self._clock, partial(self._keep_cost, turn))
        try:
            return await self._write_all(turn, trigger, adapter, spending)
        except asyncio.CancelledError:
            if spending.usage != Usage():
                await self._transitions.charge(turn, spending.usage, spending.model)
            raise
        finally:
            spending.close()

    def _silenced(self, turn: Turn) -> Reason | None:
        """Why nothing may be said in the turn's room by now."""
        return self._rooms.silenced(turn.thread.room)

    async def _withhold(self, turn: Turn, trigger: Message, reason: Reason) -> None:
        """Ends the turn when it would have been written. No model is asked, and nothing is shown."""
        if reason is Reason.WATCHING and turn.decision.reason not in SIGNS:
            await self._end_of_burst(trigger)
        await self._transitions.withhold(turn, reason, turn.usage)

    async def _sign_carefully(self, turn: Turn, trigger: Message, care: Care) -> Turn | None:
        """Somebody who called in danger within the hour gets the careful text in place of a limit's line, and no emoji
        after it."""
        if not turn.sign:
            return await self._conclude(turn, trigger, self._writer.lines.careful(care))
        silent = replace(turn.decision, verdict=Verdict.SILENT)
        await self._transitions.move(turn, State.STOPPED, decision=silent, sign="")
        return None

    def _tell_managers(self, turn: Turn, care: Care) -> None:
        """Tells the managers at the first call where to look after somebody, without a name and only on the terminal:
        what is kept would label a person. From a direct conversation nobody is told."""
        link = self._adapters[turn.thread.room.platform].link(turn.thread, turn.trigger)
        if not link or care.again:
            return
        log.warning(DANGER[self._silenced(turn)], link=link, unkept=True)

    async def _write_all(self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending) -> Turn | None:
        """Writes while the burst may still go on, and again if it did. Concludes once the burst is over."""
        while True:
            patience = partial(self._until_late, turn)
            async with self._queue.enter(
                turn.thread, turn.member, first=turn.addressed, patience=patience
            ) as has_place:
                if not has_place or self._rooms.is_late(turn):
                    unwritten = Written(model=spending.model, usage=spending.usage)
                    return await self._conclude(turn, trigger, self._too_late(turn, trigger, unwritten))
                writing = await self._transitions.move(turn, State.WRITING)
                if writing is None:
                    return None
                begun, withdrawn = self._clock.now(), self._rooms.withdrawn[turn.thread.room.platform]
                before = replace(writing, usage=turn.usage)  # `written` has the cost of all drafts
                turn, written = await self._draft(before, trigger, adapter, spending)
            await self._end_of_burst(trigger)
            is_fresh = self._rooms.withdrawn[turn.thread.room.platform] == withdrawn  # else it may repeat who is gone
            goes_on = self._rooms.bursts.went_on(trigger, begun)
            if is_fresh and not goes_on and await self._stands(turn, written.points_at):
                return await self._conclude(turn, trigger, written)

    async def _until_late(self, turn: Turn) -> None:
        """Waits until the turn's deadline. A turn still queued then ends: no line of calls keeps it for ever."""
        until = self._rooms.deadline(turn)
        if until is None:
            await asyncio.Event().wait()
        else:
            await self._clock.sleep((until - self._clock.now()).total_seconds())

    async def _end_of_burst(self, trigger: Message) -> None:
        """Waits until the burst is over. The author's typing puts the end off, and their next message brings it
        forward, so the wait looks again every LOOK_SECONDS. It never lasts longer than a burst can: the clock may have
        been set back."""
        longest = LONGEST_BURST.total_seconds()
        while 0 < (left := (self._rooms.bursts.until(trigger) - self._clock.now()).total_seconds()) <= longest:
            await self._clock.sleep(min(left, LOOK_SECONDS))

    async def _draft(self, turn: Turn, trigger: Message, adapter: Adapter, spending: Spending) -> tuple[Turn, Written]:
        """Judges and writes one draft. Returns the turn, with the facts that decided about the draft, and the draft."""
        rule, member = self._rooms.rule(turn.thread.room), turn.member if turn.addressed else ""
        used = self._rooms.budget.used(member, turn.thread.room, self._clock.now(), besides=turn.id)
        economy = rule.economy if used >= NEARLY else None
        if economy is not None:
            turn = _with_fact(turn, "limit", {"used": round(used, 4), "economy": economy})
        if rule.judge is not None and not turn.addressed:
            is_read = (await self._rooms.floor(turn.thread.room)).state.reads(trigger)
            answer = await self._writer.judge(turn, trigger, rule.judge, spending, is_read=is_read)
            turn = _with_fact(turn, "judge", {"model": rule.judge, "answer": str(answer)})
            if answer is Ruling.NO or (not is_read and answer is not Ruling.YES):
                declined = Reason.JUDGED if answer is Ruling.NO else Reason.UNREAD
                return turn, Written(model=spending.model, usage=spending.usage, declined=declined)
        plain = await self._rooms.is_plain(turn.thread.room)
        written = await self._writer.write(turn, trigger, adapter, spending, economy, plain=plain)
        return turn if written.pointer is None else _with_fact(turn, "pointer", written.pointer), written

    async def _stands(self, turn: Turn, points_at: str | None = None) -> bool:
        """Whether the message that a draft points at, if any, still stands; a quotation goes with what it quotes."""
        pointed = turn.points_at if points_at is None else points_at
        return not pointed or await self._rooms.knows(turn.thread.room, pointed)

    async def _conclude(self, turn: Turn, trigger: Message, written: Written) -> Turn | None:
        return await self._say(turn, self._too_late(turn, trigger, written) if self._rooms.is_late(turn) else written)

    async def _say(self, turn: Turn, written: Written) -> Turn | None:
        """Stores what is to be sent, or that nothing is."""
        decision, move, usage = turn.decision, self._transitions.move, turn.usage + written.usage
        spent: dict[str, Any] = {"usage": usage, "model": written.model, "error": written.error}
        waits = await self._rooms.paused(turn.thread.room, decision.facts) if not turn.addressed else None
        if written.text and waits is not None:
            return await move(turn, State.WAITING, decision=waits, text="", points_at="", tried=None, **spent)
        if not written.text and not written.sign:
            decision = replace(decision, verdict=Verdict.SILENT, reason=written.error or written.declined)
            await move(turn, _end_of(written), decision=decision, text="", sign="", **spent)
            return None
        if (silenced := self._silenced(turn)) is not None:  # since the draft was begun
            await self._transitions.withhold(turn, silenced, usage)
            return None
        said: dict[str, Any] = {"text": written.text, "sign": written.sign, "points_at": written.points_at}
        said["tried"] = turn.tried or self._clock.now()
        if written.text and decision.reason not in SIGNS:
            said["thread"] = self._place(turn)
        return await move(turn, State.SENDING, decision=decision, **said, **spent)

    def _place(self, turn: Turn) -> Thread:
        """Where the answer goes: with `place: thread`, a message in the timeline is answered in a thread of its own. A
        conversation with one member has no name, and needs no threads."""
        room, adapter = turn.thread.room, self._adapters[turn.thread.room.platform]
        is_direct = room.community == "-" and not room.name
        opens = turn.thread.root is None and adapter.capabilities.threads and not is_direct
        return Thread(room, turn.trigger) if opens and self._rooms.rule(room).place == "thread" else turn.thread

    def _too_late(self, turn: Turn, trigger: Message, written: Written) -> Written:
        """Replaces a draft that is too late: by an apology if a member called us, otherwise by nothing."""
        if owes_apology(turn, self._clock.now()):
            apology = self._writer.lines.apologise(turn, trigger.text, LATE)
            return replace(apology, model=written.model, usage=written.usage)
        return Written(model=written.model, usage=written.usage, declined=Reason.TOO_LATE)

    async def _keep_cost(self, turn: Turn, usage: Usage) -> None:
        """Stores what a call may cost before it is made; `_conclude` replaces that with the real cost."""
        await self._transitions.move(replace(turn, state=State.WRITING), State.WRITING, usage=usage)


def _kept(turn: Turn) -> Written:
    """What a turn that certainly was not sent was about to say."""
    return Written(turn.text, turn.sign, turn.model, error=turn.error, points_at=turn.points_at)


def _end_of(written: Written) -> State:
    """The final state of a turn without a reply."""
    if written.error:
        return State.FAILED
    return State.STOPPED if written.declined is Reason.TOO_LATE else State.PASSED


def _with_fact(turn: Turn, name: str, fact: Mapping[str, Any]) -> Turn:
    return replace(turn, decision=replace(turn.decision, facts={**turn.decision.facts, name: fact}))
