"""The hold: how long people get to answer before we may. Fixed by the manager, or learnt from how people answer
here."""

from datetime import datetime, timedelta
from typing import Any

from bot.config.room_rule import RoomRule
from bot.decide.answer_times import FROM_COMMUNITY, FROM_PRIOR, Curve, hold_for, still_answered
from bot.decide.message_facts import MessageFacts
from bot.decide.room import RoomState
from bot.decide.times import DAY
from bot.types import record

SETTLE, LONGEST = timedelta(seconds=2), timedelta(seconds=8)  # a post often comes in several messages, as bz-cogs found
ENOUGH = 20  # a room with this many posts of its own is said to have its own curve


@record
class Hold:
    """People go first until `until`: for `seconds`, which are `worked` worked seconds.

    `curve` is what the hold was learnt from (None: fixed by a rule); `at` says whether the rule's "floor" or "ceiling"
    set its length.
    """

    until: datetime
    seconds: float
    worked: float = 0.0
    curve: Curve | None = None
    at: str | None = None

    @property
    def share(self) -> float | None:
        """The share of posts unanswered by then that a person still answers; None if the hold is fixed."""
        return None if self.curve is None else still_answered(self.worked, self.curve)

    def facts(self, rule: RoomRule, state: RoomState, now: float) -> dict[str, Any]:
        """The hold as it is stored with a turn; `bot/explain/chain.py` has the words."""
        share = self.share
        facts: dict[str, Any] = {"seconds": round(self.seconds, 1), "how": "fixed" if share is None else "auto"}
        if share is None:
            return {"hold": facts}
        times, source = state.posts.here, "room"
        if len(times) < ENOUGH:
            times, source = state.posts.community, "community"
        posts, since = len(times), times.since
        if posts < ENOUGH:
            source = "prior"
        days = round((now - since) / DAY) if since is not None else 0
        facts |= {"risk": rule.displacement_risk, "share": round(share, 3), "posts": posts, "days": days}
        return {"hold": facts | {"from": source, "at": self.at}}


def hold(said: MessageFacts, heard: datetime, rule: RoomRule, state: RoomState) -> Hold:
    """The hold for a post. It starts when we heard the post, because the platform's time can be forged."""
    if rule.hold_minutes is not None:
        return Hold(heard + timedelta(minutes=rule.hold_minutes), rule.hold_minutes * 60)
    curve = learnt(state, said.at)
    worked = hold_for(rule.displacement_risk, curve)
    until = state.activity.until(said.at, worked)
    floor, ceiling = rule.hold_floor_minutes * 60, rule.hold_ceiling_minutes * 60
    seconds = min(max(until - said.at, floor), max(floor, ceiling))
    at = "floor" if seconds == floor > until - said.at else "ceiling" if seconds < until - said.at else None
    if at is not None:
        worked = state.activity.worked(said.at, said.at + seconds)
    return Hold(heard + timedelta(seconds=seconds), seconds, worked, curve, at)


def learnt_minutes(rule: RoomRule, state: RoomState, now: float) -> float:
    """The hold for a post made now, in usual minutes, within the rule's floor and ceiling."""
    minutes = hold_for(rule.displacement_risk, learnt(state, now)) / 60
    return min(max(minutes, rule.hold_floor_minutes), max(rule.hold_floor_minutes, rule.hold_ceiling_minutes))


def learnt(state: RoomState, now: float) -> Curve:
    """How long posts wait in this room by now, relying on the community where the room has few posts of its own."""
    worked, community = state.activity.worked_since, state.posts.community
    around = community.curve(now, worked, community.prior(FROM_PRIOR), FROM_COMMUNITY)
    return state.posts.here.curve(now, worked, around)


def settled(heard: datetime, last: datetime) -> datetime:
    """When the burst that began at `heard` is over, if its latest message was heard at `last`."""
    return min(last + SETTLE, heard + LONGEST)
