"""How much of each limit is used up: a fold over turns.

Queries use running sums and sorted times and never scan the day's turns, because a replay asks at every decision.
`spent.py` works out what a turn counts for.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.config.settings import Limits
from bot.decide.reasons import Reason
from bot.decide.spent import Key, Sorted, Spent, community_key, member_key, nano, room_key, spent_of, when
from bot.types import Room, State, Turn, record

REPLY_WINDOW = timedelta(hours=1)
# No limit looks further back: a local day has up to 25 hours, and a replay may lag a little.
BUDGET_LOOKBACK = timedelta(hours=26)
APOLOGY = timedelta(minutes=5)  # one line about a fault of ours per room in this time; after that only an emoji
NEARLY = 0.8  # share of a limit from which the room's economy model writes, so that the rest lasts longer
TURNS_KEPT = 5000  # turns kept (a few MB) before old ones are dropped


@record
class Limited:
    """Which limit prevents an answer, until when, and whether its line was already given in this window."""

    reason: Reason
    until: datetime
    line_given: bool


@record
class Use:
    """How far one limit is used up. `key` says whose limit it is; `until` is when it restarts or has room again."""

    reason: Reason
    key: Key
    used: float
    limit: float
    until: datetime

    @property
    def share(self) -> float:
        """1.0 when all of it is used. A limit of zero replies is always used up; a day without money never is: then
        only models without a price write, and they need none."""
        if self.limit:
            return self.used / self.limit
        return 0.0 if self.reason is Reason.BUDGET else 1.0


class Budget:
    """Limits, and use so far. Days begin at midnight in `zone`.

    The turns of the last `BUDGET_LOOKBACK` are folded in when the process starts, so spending survives a restart.
    """

    def __init__(self, limits: Limits, zone: tzinfo = UTC):
        self._adopt(limits, zone)
        self._reserved: dict[str, int] = {}  # nano-dollars by turn
        self._silent_until: dict[tuple[bool, Room], datetime] = {}  # (about money?, room) -> no line before this time
        self._begin()

    def _adopt(self, limits: Limits, zone: tzinfo) -> None:
        self.limits, self.zone = limits, zone
        self._usd_per_day = nano(limits.usd_per_day)

    def change(self, limits: Limits, zone: tzinfo) -> None:
        """Other limits hold from now on, for what was spent so far too, and days begin at midnight in `zone`."""
        spent = list(self._spent.items())
        self._adopt(limits, zone)
        self._begin()
        for key, each in spent:
            self._spent[key] = each
            self._add(each, 1)

    def _begin(self) -> None:
        self._spent: dict[str, Spent] = {}  # by turn
        self._replies = Sorted()
        self._lines = Sorted()
        self._days: dict[date, int] = {}  # nano-dollars
        self._many = TURNS_KEPT

    def restart(self, turns: Iterable[Turn]) -> None:
        """Recounts everything from the turns of the last `BUDGET_LOOKBACK`. Reservations are kept."""
        self._begin()
        for turn in turns:
            self.fold(turn)

    def fold(self, turn: Turn) -> None:
        """Takes in the newest form of a turn in place of an earlier one; call it for each change.

        Turns that count for nothing (most are silent) are not kept.
        """
        if turn.error and turn.text and turn.state is State.SENT:
            self._said(turn.error, turn.thread.room, when(turn))
        self.count(turn.id, spent_of(turn))

    def counted(self, turn_id: str) -> Spent | None:
        """What a turn counts for by now; None if nothing."""
        return self._spent.get(turn_id)

    def count(self, turn_id: str, spent: Spent | None) -> None:
        """Counts `spent` for a turn, in place of what it counted for. With what `counted` gave before a fold, this
        undoes the fold (but for a line about a trouble, which counts as given)."""
        before = self._spent.get(turn_id)
        if spent == before:
            return
        if before is not None:
            self._add(before, -1)
            del self._spent[turn_id]
        if spent is not None:
            self._add(spent, 1)
            self._spent[turn_id] = spent
            self._forget_old(spent.at)

    def _add(self, spent: Spent, sign: int) -> None:
        """Counts what was spent, or with sign -1 takes it back."""
        change = self._replies.add if sign > 0 else self._replies.remove
        for key in spent.replies:
            change(key, spent.at)
        if spent.line:
            (self._lines.add if sign > 0 else self._lines.remove)(spent.line, spent.at)
        if spent.nano_usd:
            day = self.day_of(spent.at)
            self._days[day] = self._days.get(day, 0) + sign * spent.nano_usd
            if not self._days[day]:
                del self._days[day]

    def _forget_old(self, now: datetime) -> None:
        if len(self._spent) <= self._many:
            return
        for key in [key for key, spent in self._spent.items() if spent.at <= now - BUDGET_LOOKBACK]:
            self._add(self._spent.pop(key), -1)
        self._many = max(TURNS_KEPT, 2 * len(self._spent))  # so that a busy day is not scanned again and again

    # --- replies -------------------------------------------------------------------------------

    def against(self, member: str, room: Room, now: datetime) -> Limited | None:
        """The limit, if any, that prevents an answer to `member` ("": nobody in particular) in `room` now."""
        for reason, key, limit in self._limits_on(member, room):
            times, first = self._replies.since(key, now - REPLY_WINDOW)
            if len(times) - first >= limit:
                until = (times[len(times) - limit] if limit else now) + REPLY_WINDOW
                # A line in the room has been read by everybody there; a member's own line is for that member alone.
                lines, last = self._lines.since(
                    key if reason is Reason.MEMBER_LIMIT else (reason, room), now - REPLY_WINDOW
                )
                return Limited(reason, until, line_given=len(lines) > last)
        return None

    def used(self, member: str, room: Room, now: datetime, *, besides: str = "") -> float:
        """The largest used share of all limits that concern a turn for `member` in `room`; 1.0 is all of it. Leaves out
        the turn `besides`."""
        return max(use.share for use in self.uses(member, room, now, besides=besides))

    def uses(self, member: str, room: Room, now: datetime, *, besides: str = "") -> Iterator[Use]:
        """Every limit that concerns a turn for `member` in `room`, money last. Leaves out the turn `besides`."""
        own = self._spent.get(besides)
        for reason, key, limit in self._limits_on(member, room):
            times, first = self._replies.since(key, now - REPLY_WINDOW)
            count = len(times) - first - (own is not None and key in own.replies and own.at > now - REPLY_WINDOW)
            until = (times[first] if first < len(times) else now) + REPLY_WINDOW
            yield Use(reason, key, count, limit, until)
        usd = self.usd_today(now, besides=besides)
        yield Use(Reason.BUDGET, (Reason.BUDGET,), usd, self.limits.usd_per_day, self.day_ends(now))

    def _limits_on(self, member: str, room: Room) -> Iterator[tuple[Reason, Key, int]]:
        if member:
            yield Reason.MEMBER_LIMIT, member_key(member, room), self.limits.replies_per_member_hour
        yield Reason.ROOM_LIMIT, room_key(room), self.limits.replies_per_room_hour
        if community := community_key(room):
            yield Reason.COMMUNITY_LIMIT, community, self.limits.replies_per_community_hour

    # --- lines about our faults ------------------------------------------------------------------

    def apologise(self, room: Room, trouble: str, now: datetime) -> bool:
        """Whether the room may get a line about a fault of ours now; if so, the line counts as given. That the day's
        money is used up is said once a day."""
        if self._silent_until.get(_about(trouble, room), now) > now:
            return False
        self._said(trouble, room, now)
        return True

    def _said(self, trouble: str, room: Room, at: datetime) -> None:
        until = self.day_ends(at) if trouble == Reason.BUDGET else at + APOLOGY
        if len(self._silent_until) > TURNS_KEPT:
            self._silent_until = {key: end for key, end in self._silent_until.items() if end > at}
        self._silent_until[_about(trouble, room)] = until

    # --- money ---------------------------------------------------------------------------------

    def day_of(self, now: datetime) -> date:
        """The date in the community's time zone."""
        return now.astimezone(self.zone).date()

    def day_ends(self, now: datetime) -> datetime:
        """The next midnight in the community's time zone, as UTC."""
        tomorrow = self.day_of(now) + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.zone).astimezone(UTC)

    def day_begins(self, now: datetime) -> datetime:
        """The last midnight in the community's time zone, as UTC."""
        return datetime.combine(self.day_of(now), time(), self.zone).astimezone(UTC)

    def usd_today(self, now: datetime, *, besides: str = "") -> float:
        """US dollars spent or reserved since midnight, without the turn `besides`."""
        return self._today(now, besides) / nano(1)

    def _today(self, now: datetime, besides: str) -> int:
        today = self.day_of(now)
        nanos = self._days.get(today, 0)
        for key in {besides, *self._reserved}:  # these count by their reservation, or not at all
            spent = self._spent.get(key)
            if spent and spent.nano_usd and self.day_of(spent.at) == today:
                nanos -= spent.nano_usd
        return nanos + sum(self._reserved.values()) - self._reserved.get(besides, 0)

    def reserve(self, turn_id: str, usd: float, now: datetime) -> bool:
        """Reserves the most a turn may cost, including what it has cost already. False if the day's money does not
        cover it."""
        if usd > 0 and self._today(now, besides=turn_id) + nano(usd) > self._usd_per_day:
            return False
        self._reserved[turn_id] = nano(usd)
        return True

    def release(self, turn_id: str) -> None:
        """Drops the reservation of a turn; its cost is now part of the turn itself."""
        self._reserved.pop(turn_id, None)


def _about(trouble: str, room: Room) -> tuple[bool, Room]:
    return trouble == Reason.BUDGET, room
