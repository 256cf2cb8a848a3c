"""How long people get to answer before we may speak: fixed by the manager, or learnt from how people answer here."""

from datetime import datetime, timedelta
from typing import Any

from bot.config.settings import RoomRule
from bot.decide.answer_times import FROM_COMMUNITY, FROM_PRIOR, Curve, hold_for, still_answered
from bot.decide.message_facts import MessageFacts
from bot.decide.room import RoomState
from bot.decide.times import DAY
from bot.types import record

SETTLE, LONGEST = timedelta(seconds=2), timedelta(seconds=8)  # a post often comes in several messages, as bz-cogs found
ENOUGH = 20  # posts of its own from which on a room's curve is called its own


@record
class Hold:
    """Until when people go first: for `seconds`, in which they work for `worked`. `curve` is what it was learnt from
    (None where it is fixed); `at` says whether the floor or the ceiling of the rule decided."""

    until: datetime
    seconds: float
    worked: float = 0.0
    curve: Curve | None = None
    at: str | None = None

    @property
    def share(self) -> float | None:
        """So many of the posts that nobody has answered by then still get a person's answer; None where it is fixed."""
        return None if self.curve is None else still_answered(self.worked, self.curve)

    def facts(self, rule: RoomRule, state: RoomState, now: float) -> dict[str, Any]:
        """The hold as it is kept with a turn; see `explain.py` for the words."""
        share = self.share
        told: dict[str, Any] = {"seconds": round(self.seconds, 1), "how": "fixed" if share is None else "auto"}
        if share is None:
            return {"hold": told}
        times, source = state.posts.here, "room"
        if len(times) < ENOUGH:
            times, source = state.posts.community, "community"
        posts, since = len(times), times.since
        if posts < ENOUGH:
            source = "prior"
        days = round((now - since) / DAY) if since is not None else 0
        told |= {"risk": rule.displacement_risk, "share": round(share, 3), "posts": posts, "days": days}
        return {"hold": told | {"from": source, "at": self.at}}


def hold(said: MessageFacts, heard: datetime, rule: RoomRule, state: RoomState) -> Hold:
    """For a post, from when we heard it: the platform's time can be forged."""
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
    """What the hold would be for a post now, in usual minutes; within the rule's floor and ceiling."""
    minutes = hold_for(rule.displacement_risk, learnt(state, now)) / 60
    return min(max(minutes, rule.hold_floor_minutes), max(rule.hold_floor_minutes, rule.hold_ceiling_minutes))


def learnt(state: RoomState, now: float) -> Curve:
    """How long posts wait in the room by now, leaning on the community where it has little of its own."""
    worked, community = state.activity.worked_since, state.posts.community
    around = community.curve(now, worked, community.prior(FROM_PRIOR), FROM_COMMUNITY)
    return state.posts.here.curve(now, worked, around)


def settled(heard: datetime, last: datetime) -> datetime:
    """When the burst that began at `heard` is over, if its latest message was heard at `last`."""
    return min(last + SETTLE, heard + LONGEST)
