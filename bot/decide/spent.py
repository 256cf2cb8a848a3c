"""What a turn counts for in the limits, and sorted times to count it in."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Hashable, Sequence
from datetime import datetime

from bot.decide.pseudonyms import mark_of
from bot.decide.reasons import SIGNS, Reason
from bot.types import Room, State, Turn, Usage, Verdict, record

NOT_SPENT = frozenset({State.SILENT, State.STOPPED, State.MERGED, State.PASSED, State.FAILED, State.WAITING})
REPLY_LIMITS = frozenset({Reason.MEMBER_LIMIT, Reason.ROOM_LIMIT, Reason.COMMUNITY_LIMIT})

Key = tuple[Hashable, ...]
"""Whose limit: the reason, and the member, room or community."""


@record
class Spent:
    """What a turn counts for.

    `replies` are the limits for which it counts as one reply, `line` the limit whose short line it gave instead of an
    answer, `nano_usd` its cost in billionths of a US dollar.
    """

    at: datetime
    replies: tuple[Key, ...]
    line: Key | None
    nano_usd: int


def nano(usd: float) -> int:
    """US dollars as whole billionths, so that sums are exact in any order and cancel to 0."""
    return round(usd * 1_000_000_000)


def member_key(member: str, room: Room) -> Key:
    """By the member's mark, which outlives a deleted call."""
    return (Reason.MEMBER_LIMIT, room.platform, mark_of(room.platform, member))


def room_key(room: Room) -> Key:
    return (Reason.ROOM_LIMIT, room)


def community_key(room: Room) -> Key | None:
    """None without a community: direct messages do not form one community of strangers."""
    return None if room.community in ("", "-") else (Reason.COMMUNITY_LIMIT, room.platform, room.community)


def spent_of(turn: Turn) -> Spent | None:
    """What the turn counts for; None if nothing."""
    reason = turn.decision.reason
    was_said = turn.state not in NOT_SPENT  # a turn stopped by a limit gave nobody its line
    # A call that was deleted after a model had been asked counts, or deleting calls would escape every limit.
    was_asked = turn.addressed and turn.state is State.STOPPED and turn.usage != Usage()
    replies = _limits_of(turn) if (was_said or was_asked) and reason not in SIGNS else ()
    line = _line_of(turn) if was_said and reason in REPLY_LIMITS and not turn.sign else None  # an emoji is no line
    cost = nano(turn.usage.cost_usd) if turn.usage.cost_usd else 0
    return Spent(when(turn), replies, line, cost) if replies or line or cost else None


def when(turn: Turn) -> datetime:
    """When we decided to speak, which may be hours after the message was heard."""
    decision = turn.decision
    return decision.due if decision.due and decision.verdict is not Verdict.WAIT else turn.at


def _limits_of(turn: Turn) -> tuple[Key, ...]:
    room = turn.thread.room
    member = member_key(turn.member, room) if turn.member else None
    keys = (member, room_key(room), community_key(room))
    return tuple(key for key in keys if key)


def _line_of(turn: Turn) -> Key:
    room = turn.thread.room
    reason = Reason(turn.decision.reason)
    return member_key(turn.member, room) if reason is Reason.MEMBER_LIMIT else (reason, room)


class Sorted:
    """Sorted times by key. Times mostly arrive in order, so adding one is cheap."""

    def __init__(self) -> None:
        self._times: dict[Key, list[datetime]] = {}

    def add(self, key: Key, at: datetime) -> None:
        times = self._times.setdefault(key, [])
        if times and at < times[-1]:
            insort(times, at)
        else:
            times.append(at)

    def remove(self, key: Key, at: datetime) -> None:
        times = self._times[key]
        del times[bisect_left(times, at)]
        if not times:
            del self._times[key]

    def since(self, key: Key, begin: datetime) -> tuple[Sequence[datetime], int]:
        """All times of the key, and the position of the first one after `begin`. Copying them would take longer than
        counting."""
        times = self._times.get(key, ())
        return times, bisect_right(times, begin)
