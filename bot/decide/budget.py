"""What was spent: a fold over turns that answers how much of each limit is used up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.decide.reasons import SIGNS, Reason
from bot.settings import Limits
from bot.types import Room, State, Turn, Verdict

HOUR = timedelta(hours=1)
APOLOGY = timedelta(minutes=5)  # one line about a trouble of ours for a room in this time, then only an emoji
MANY = 1000  # turns to keep before looking for those that can go
NOT_SPENT = frozenset({State.SILENT, State.STOPPED, State.MERGED, State.PASSED, State.FAILED, State.WAITING})


@dataclass(frozen=True, slots=True)
class Limited:
    """Which limit stands against an answer, until when, and whether its line was already given in this window."""

    reason: Reason
    until: datetime
    line_given: bool


class Budget:
    """Limits, and use so far. Turns of the last 24 hours are folded in when the process starts, so that what
    was spent survives a restart. The day of the money limit is the UTC day."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self._turns: dict[str, Turn] = {}
        self._many = MANY
        self._reserved: dict[str, float] = {}
        self._apologies: dict[str, datetime] = {}

    def restart(self, turns: Iterable[Turn]) -> None:
        """Begins anew from the turns of the last 24 hours. What is reserved stays so."""
        self._turns = {}
        for turn in turns:
            self.fold(turn)

    def fold(self, turn: Turn) -> None:
        """Takes in a turn's newest form; call it for each change. Silence costs nothing and is not kept, unless it
        is what became of a turn that was to speak."""
        if turn.id in self._turns or turn.decision.verdict is Verdict.SPEAK or turn.usage.cost_usd:
            self._turns[turn.id] = turn
        if turn.error and turn.text and turn.state is State.SENT:
            self._apologies[str(turn.thread.room)] = turn.at
        if len(self._turns) > self._many:
            yesterday = turn.at - timedelta(days=1)  # no limit looks further back
            self._turns = {key: each for key, each in self._turns.items() if each.at > yesterday}
            self._many = max(MANY, 2 * len(self._turns))  # so that a busy day is not gone through again and again

    # --- replies -------------------------------------------------------------------------------

    def against(self, member: str, room: Room, now: datetime) -> Limited | None:
        """The limit, if any, that stands against answering `member` ("" for nobody in particular) in `room` now."""
        recent = [turn for turn in self._turns.values() if turn.at > now - HOUR]
        spent = [turn for turn in recent if turn.state not in NOT_SPENT and not _is_sign(turn)]
        if over := _over([turn for turn in spent if turn.member == member], self.limits.replies_per_member_hour, now):
            return Limited(Reason.MEMBER_LIMIT, over, _line_given(Reason.MEMBER_LIMIT, recent, member=member))
        here = [turn for turn in spent if turn.thread.room == room]
        if over := _over(here, self.limits.replies_per_room_hour, now):
            return Limited(Reason.ROOM_LIMIT, over, _line_given(Reason.ROOM_LIMIT, recent, room=str(room)))
        return None

    def used(self, member: str, room: Room, now: datetime) -> float:
        """The largest share that is used up of any limit that a turn for `member` in `room` is under; 1.0: all of it."""
        recent = [turn for turn in self._turns.values() if turn.at > now - HOUR]
        spent = [turn for turn in recent if turn.state not in NOT_SPENT and not _is_sign(turn)]
        shares = [
            _share(sum(turn.member == member for turn in spent), self.limits.replies_per_member_hour),
            _share(sum(turn.thread.room == room for turn in spent), self.limits.replies_per_room_hour),
            _share(self.usd_today(now), self.limits.usd_per_day) if self.limits.usd_per_day else 0.0,
        ]
        return max(shares)

    def apologise(self, room: str, now: datetime) -> bool:
        """May the room be given a line about a trouble of ours now? If so, that counts as given."""
        given = self._apologies.get(room)
        if given is not None and given > now - APOLOGY:
            return False
        self._apologies[room] = now
        return True

    # --- money ---------------------------------------------------------------------------------

    def usd_today(self, now: datetime, *, besides: str = "") -> float:
        """US dollars spent or reserved since midnight UTC, but for the turn `besides`."""
        today = (turn for turn in self._turns.values() if turn.at.date() == now.date() and turn.id != besides)
        spent = sum(turn.usage.cost_usd for turn in today if turn.id not in self._reserved)
        return spent + sum(usd for key, usd in self._reserved.items() if key != besides)

    def reserve(self, turn_id: str, usd: float, now: datetime) -> bool:
        """Sets aside all that a turn may cost, with what it has cost already; False if the day's money does not
        cover it."""
        if usd > 0 and self.usd_today(now, besides=turn_id) + usd > self.limits.usd_per_day:
            return False
        self._reserved[turn_id] = usd
        return True

    def release(self, turn_id: str) -> None:
        """What the turn cost is in the turn itself now."""
        self._reserved.pop(turn_id, None)


def _over(spent: list[Turn], limit: int, now: datetime) -> datetime | None:
    """When there is room for another reply again; None if there is now."""
    if len(spent) < limit:
        return None
    first_to_go = sorted(turn.at for turn in spent)[len(spent) - limit] if limit else now
    return first_to_go + HOUR


def _line_given(reason: Reason, recent: list[Turn], *, member: str = "", room: str = "") -> bool:
    """Was the line about a limit given to that member, or in that room? An emoji is no line."""
    lines = (turn for turn in recent if turn.decision.reason == reason and not turn.sign)
    return any(turn.member == member if member else str(turn.thread.room) == room for turn in lines)


def _share(spent: float, limit: float) -> float:
    return spent / limit if limit else 1.0


def _is_sign(turn: Turn) -> bool:
    return turn.decision.reason in SIGNS
