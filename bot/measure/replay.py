"""The speaking policy over recorded history: the same floor as live, driven by recorded time.

1. Events at a time come before turns due at that time. At the end the clock runs on until nothing waits.
2. A line is heard at its own time, or at its turn if it comes after a later one.
3. If the record has no messages of ours, a reply is heard as our own at the moment when it would have been sent.
4. If it has, these stand in for what we would have said, and no message of ours is made up.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.decide.answer_times import AnswerTimes
from bot.decide.budget import Budget
from bot.decide.burst import settles
from bot.decide.floor import Floor
from bot.decide.hold import learnt_minutes
from bot.decide.posts import Posts
from bot.decide.reasons import SIGNS, Reason
from bot.decide.reference import Reference
from bot.decide.room import RECENT
from bot.decide.watching import unsaid, withheld
from bot.measure.history import RecentIds
from bot.measure.lines import US
from bot.measure.price import Priced, Pricing
from bot.types import Author, Decision, Message, Room, State, Turn, Usage, Verdict, record
from bot.write.persona import Persona

ROOMS_KEPT = 10_000  # rooms; one that was silent while so many others spoke starts afresh
OWN_IDS_KEPT = 50_000  # ids of our recorded messages, by which replies to us are recognised
WRITING = timedelta(minutes=1)  # by then our recorded reply has come, or the writer has passed
END = datetime(9999, 1, 1, tzinfo=UTC)
ME = Author(US, US, is_bot=True, is_self=True)


@record
class Considered:
    """How a turn ended: `at` is when the reply would have been sent, or when silence was decided. `trigger` is set if
    we spoke, or would have in a watched room."""

    turn: Turn
    spoke: bool
    at: datetime
    trigger: Message | None = None

    @property
    def reason(self) -> str:
        return str(self.turn.decision.reason)

    @property
    def would(self) -> Mapping[str, str] | None:
        """Why and when we would have spoken in a watched room; None elsewhere."""
        return self.turn.decision.facts.get("would") if self.reason == Reason.WATCHING else None


Ended = Callable[[Considered], None]


@dataclass(slots=True)
class Seat:
    """Our place in one room; `heard` is the time of the last message there."""

    room: Room
    floor: Floor
    heard: datetime
    recent: deque[Message] = field(default_factory=lambda: deque(maxlen=RECENT))  # for prompts
    open: dict[str, str] = field(default_factory=dict)  # turn by trigger; our recorded messages may end these


SAID_AT_ONCE = (State.WRITING, State.SENDING, State.SENT)
"""The states of a turn from when it is due: a replay writes and sends in no time."""


class Replay:
    """Replays recorded messages. Calls `ended` with each turn as it ends, in order of time. `records_us`: the record
    holds our own messages."""

    def __init__(
        self,
        settings: Settings,
        personas: Mapping[str, Persona],
        reference: Reference,
        ended: Ended,
        *,
        records_us: bool = False,
        rule_of: Callable[[Room], RoomRule] | None = None,
        pricing: Priced | None = None,
    ):
        """Without `rule_of`, the rules are those of the settings; without `pricing`, every prompt is priced."""
        self._settings, self._reference, self._ended, self._records_us = settings, reference, ended, records_us
        self._communities: dict[tuple[str, str], AnswerTimes] = {}
        self._names = {key: (US, *persona.called) for key, persona in personas.items()}
        self._catch_up = timedelta(minutes=settings.catch_up_minutes)
        self._budget = Budget(settings.limits, settings.time_zone)
        self._pricing = pricing or Pricing(settings, personas)
        self._rule_of = rule_of or partial(rule_for, settings)
        self._seats: dict[Room, Seat] = {}
        self._due: list[tuple[datetime, int, Seat, str]] = []
        self._count = 0
        self._ours = RecentIds(OWN_IDS_KEPT)
        self.now = datetime(1, 1, 1, tzinfo=UTC)
        self.late = 0

    def hear(self, message: Message) -> None:
        """Takes the next message of the record."""
        if message.heard < self.now:
            self.late += 1
            message = replace(message, heard=self.now)
        else:
            self.run_until(message.heard)
        room = message.thread.room
        seat = self._seats.get(room) or self._sit_down(room)
        seat.heard = self.now
        if seat.floor.rule.join != "off":
            self._take(seat, message)

    def finish(self) -> None:
        """Lets the clock run on until nothing waits."""
        self.run_until(END)

    def hold_minutes(self, room: Room) -> float | None:
        """The hold of a room in minutes: fixed there, or as learnt by now; None if nothing is known of the room any
        more."""
        seat = self._seats.get(room)
        if seat is None:
            return None
        rule, state = seat.floor.rule, seat.floor.state
        return learnt_minutes(rule, state, self.now.timestamp()) if rule.hold_minutes is None else rule.hold_minutes

    def posts(self, room: Room) -> Posts | None:
        """The posts of a room as known by now; None if nothing is known of the room any more."""
        seat = self._seats.get(room)
        return None if seat is None else seat.floor.state.posts

    # --- taking in messages ----------------------------------------------------------------------

    def _take(self, seat: Seat, message: Message) -> None:
        if message.author.is_self:
            self._hear_ourselves(seat, message)
            return
        heard = seat.floor.recognise(message)
        if self._records_us and not heard.addressed and self._ours.knows(heard.reply_to):
            heard = replace(heard, addressed=True)  # said before the floor's window begins
        if not self._pricing.is_free:
            seat.recent.append(heard)
        for turn in seat.floor.hear(heard, self.now):
            self._follow(seat, turn)

    def _hear_ourselves(self, seat: Seat, message: Message) -> None:
        """Our recorded reply ends its turn. A waiting turn that is due at this very moment is decided first."""
        self._ours.has(message.id)
        key = seat.open.get(message.reply_to or "", "")
        opened = seat.floor.wanted(key)
        if opened and opened.turn.state is State.WAITING and (opened.turn.decision.due or END) <= self.now:
            self._act(seat, key)
            opened = seat.floor.wanted(key)
        if opened and opened.turn.state is State.DUE:
            self._speak(seat, key)
        self._hear_our_words(seat, message)

    def _hear_our_words(self, seat: Seat, message: Message) -> None:
        seat.floor.hear(message, self.now)
        if not self._pricing.is_free:
            seat.recent.append(message)

    def _sit_down(self, room: Room) -> Seat:
        rule = self._rule_of(room)
        if not self._records_us:  # nobody answers us, so no conversation with us can go on
            rule = rule.model_copy(update={"conversation_minutes": 0.0})
        community = self._communities.setdefault((room.platform, room.community), AnswerTimes())
        floor = Floor(
            room, rule, self._names[rule.persona], self._budget, self._catch_up, self._reference, community,
            self._settings.zone_of(rule),
        )  # fmt: skip
        if len(self._seats) >= ROOMS_KEPT:
            self._leave_idle()
        seat = self._seats[room] = Seat(room, floor, self.now)
        return seat

    def _leave_idle(self) -> None:
        idle = [seat for seat in self._seats.values() if seat.floor.is_idle]
        for seat in sorted(idle, key=lambda seat: seat.heard)[: ROOMS_KEPT // 10]:
            del self._seats[seat.room]

    # --- the course of a turn ------------------------------------------------------------------

    def run_until(self, moment: datetime) -> None:
        """Runs everything that is due before `moment`."""
        while self._due and self._due[0][0] < moment:
            self.now, _, seat, key = heapq.heappop(self._due)
            self._act(seat, key)
        self.now = max(self.now, moment) if moment != END else self.now

    def _follow(self, seat: Seat, turn: Turn) -> None:
        """Goes on with a new or changed turn."""
        if turn.state is State.SILENT:  # most are: silent turns use nothing up
            self._end(seat, turn)
            return
        self._budget.fold(turn)
        if turn.state.is_open:
            self._put_off(seat, turn)
        else:
            self._end(seat, turn)

    def _put_off(self, seat: Seat, turn: Turn) -> None:
        due = max(turn.decision.due or self.now, self.now)
        if self._records_us:
            seat.open[turn.trigger] = turn.id
        if turn.state is State.DUE:
            due = self._said_at(seat, turn, due)
            if due <= self.now and turn.decision.reason not in SIGNS and not turn.addressed:
                self._speak(seat, turn.id)
                return
        self._count += 1
        heapq.heappush(self._due, (due, self._count, seat, turn.id))

    def _said_at(self, seat: Seat, turn: Turn, due: datetime) -> datetime:
        """A reply is held until its burst is over; a short sign is not."""
        if self._records_us and seat.floor.rule.join != "watch":
            return due + WRITING
        opened = seat.floor.wanted(turn.id)
        if opened is None or turn.decision.reason in SIGNS:
            return due
        return max(due, settles(opened.message))

    def _act(self, seat: Seat, key: str) -> None:
        opened = seat.floor.wanted(key)
        if opened is None:
            return
        if opened.turn.state is State.DUE:
            self._speak(seat, key)
        elif (ticked := seat.floor.tick(key, self.now)) is not None:
            self._follow(seat, ticked)

    def _speak(self, seat: Seat, key: str) -> None:
        opened = seat.floor.wanted(key)
        assert opened is not None
        if seat.floor.rule.join == "watch":
            self._withhold(seat, opened.turn, opened.message)
            return
        usage = self._usage(seat, opened.turn, opened.message)
        if usage is None:
            decision = Decision(Verdict.SILENT, Reason.BUDGET)
            self._follow(seat, seat.floor.move(replace(opened.turn, state=State.FAILED, decision=decision)))
            return
        turn = replace(opened.turn, usage=usage)
        for state in SAID_AT_ONCE:
            turn = seat.floor.move(replace(turn, state=state))
        self._budget.fold(turn)
        self._end(seat, turn, opened.message)
        if not self._records_us and not turn.sign:
            self._hear_our_words(seat, self._own_words(turn))

    def _withhold(self, seat: Seat, turn: Turn, trigger: Message) -> None:
        self._end(seat, seat.floor.move(withheld(turn, Reason.WATCHING, self.now)), trigger)
        if (word := unsaid(turn, self.now)) is not None:
            seat.floor.hear(word, self.now)

    def _usage(self, seat: Seat, turn: Turn, trigger: Message) -> Usage | None:
        """The usage of a reply; None if the day's money does not cover an unprompted one. An addressed one then gets a
        line, which costs nothing."""
        if self._pricing.is_free or turn.decision.reason in SIGNS:
            return Usage()
        member = turn.member if turn.addressed else ""
        usage = self._pricing.usage(
            turn, trigger, list(seat.recent), self.now, rule=seat.floor.rule,
            used=self._budget.used(member, turn.thread.room, self.now, besides=turn.id),
        )  # fmt: skip
        spent = self._budget.usd_today(self.now) + usage.cost_usd
        if usage.cost_usd and spent > self._settings.limits.usd_per_day:
            return Usage() if turn.addressed else None
        return usage

    def _own_words(self, turn: Turn) -> Message:
        """A reply as we would have heard it ourselves. It has no text, because no model wrote one."""
        return Message(f"{US}/{turn.trigger}", turn.thread, ME, "", self.now, self.now, reply_to=turn.trigger)

    def _end(self, seat: Seat, turn: Turn, trigger: Message | None = None) -> None:
        if seat.open:
            seat.open.pop(turn.trigger, None)
        self._ended(Considered(turn, turn.state is not State.SILENT and trigger is not None, self.now, trigger))


def rule_for(settings: Settings, room: Room) -> RoomRule:
    """The first rule that fits the room, written either for replays (`replay/-/ROOM`) or by its real place."""
    replayed = Room("replay", "-", room.id, room.name)
    found = settings.rule_for(replayed), settings.rule_for(room)
    ranked = [settings.rooms.index(rule) for rule in found if rule in settings.rooms]
    return settings.rooms[min(ranked)] if ranked else found[0]


def replay(history: Iterator[Message], run: Replay) -> None:
    """Plays a history to its end."""
    for message in history:
        run.hear(message)
    run.finish()
