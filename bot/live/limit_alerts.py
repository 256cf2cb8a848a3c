"""Alerts the manager about limits: once per window when a limit is nearly used up, and once when it is used up; and
about raids, once per room and hour. A restart does not repeat alerts: which ones were given is derived from the stored
turns, as the amounts spent are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import structlog

from bot.decide.budget import NEARLY, REPLY_WINDOW, Budget, Use
from bot.decide.reasons import Reason
from bot.decide.spent import Key, when
from bot.explain.words import Words
from bot.types import Clock, Room, Turn, Verdict

log = structlog.get_logger()

ALERTS_KEPT = 1000  # alerts in memory; above this, those whose window has passed are dropped

Level = Literal["near", "over", "failing"]


@dataclass(frozen=True, slots=True)
class LimitAlert:
    """An alert about a limit, valid until its window ends (None: until it is mended). Names no room and no member,
    since `/healthz` is public."""

    limit: Reason
    level: Level
    until: datetime | None
    text: str


class TellManagers(Protocol):
    """As `bot.live.notices.Notices.tell`."""

    def __call__(self, about: Room, key: str, **values: object) -> None: ...


def tell_nobody(about: Room, key: str, **values: object) -> None:
    """Where nobody is to be told."""


class LimitAlerts:
    """`tell` tells the managers of a room."""

    def __init__(self, budget: Budget, words: Words, clock: Clock, tell: TellManagers = tell_nobody):
        self._budget, self._words, self._clock, self._tell = budget, words, clock, tell
        self._given: dict[tuple[Key, Level], LimitAlert] = {}

    def look(self, turn: Turn) -> None:
        """Call this when a turn has changed. Logs one line for each limit that the turn has (nearly) used up, and one
        about a raid."""
        if turn.decision.reason == Reason.RAID and (raid := self._raid(turn, self._clock.now())):
            log.warning("raid", room=str(turn.thread.room), turn=turn.id, told=raid.text)
            self._tell(turn.thread.room, "told.raid")
        for use, notice in self._look(turn, self._budget, self._clock.now()):
            log.warning(
                "limit", limit=str(use.reason), level=notice.level, used=round(use.used, 4), of=use.limit,
                room=str(turn.thread.room), turn=turn.id, told=notice.text,
            )  # fmt: skip
            self._tell(turn.thread.room, f"told.{use.reason}_{notice.level}", **_figures(use))

    def recall(self, turns: Iterable[Turn]) -> None:
        """Restores the alerts that were given for the turns of the last day, before a restart, by replaying how much
        was used up after each turn. Logs nothing."""
        budget = Budget(self._budget.limits, self._budget.zone)
        for turn in sorted(turns, key=when):
            if turn.decision.reason == Reason.RAID:
                self._raid(turn, turn.at)
            budget.fold(turn)
            for _ in self._look(turn, budget, when(turn)):
                pass

    def _look(self, turn: Turn, budget: Budget, now: datetime) -> Iterator[tuple[Use, LimitAlert]]:
        """The new alerts that a turn causes; each is recorded as given."""
        if turn.decision.verdict is not Verdict.SPEAK and not turn.usage.cost_usd and not turn.error:
            return  # most turns: silence uses nothing
        for use in budget.uses(turn.member, turn.thread.room, now):
            level = _level(use, turn)
            if level and not self._was_given(use.key, level, now):
                yield use, self._give(use, level, now)

    def _raid(self, turn: Turn, now: datetime) -> LimitAlert | None:
        """The alert about the raid that silenced a turn, recorded as given; None if it was given within the hour."""
        key: Key = (Reason.RAID, turn.thread.room)
        if self._was_given(key, "over", now):
            return None
        alert = LimitAlert(Reason.RAID, "over", now + REPLY_WINDOW, self._words.say("told.raid"))
        return self._keep(key, alert, now)

    def current(self) -> list[LimitAlert]:
        """The alerts whose window has not passed, newest last."""
        return list(self._lasting(self._clock.now()))

    def _lasting(self, now: datetime) -> Iterator[LimitAlert]:
        return (notice for notice in self._given.values() if _lasts(notice, now))

    def _was_given(self, key: Key, level: Level, now: datetime) -> bool:
        """True if this alert, or the more serious one about the same limit, was given in this window."""
        levels: tuple[Level, ...] = ("near", "over") if level == "near" else ("over",)
        given = (self._given.get((key, one)) for one in levels)
        return any(notice is not None and _lasts(notice, now) for notice in given)

    def _give(self, use: Use, level: Level, now: datetime) -> LimitAlert:
        until = use.until if use.reason is Reason.BUDGET else now + REPLY_WINDOW
        text = self._words.say(f"told.{use.reason}_{level}", **_figures(use))
        return self._keep(use.key, LimitAlert(use.reason, level, until, text), now)

    def _keep(self, key: Key, alert: LimitAlert, now: datetime) -> LimitAlert:
        if len(self._given) > ALERTS_KEPT:
            self._given = {each: given for each, given in self._given.items() if _lasts(given, now)}
        self._given.pop((key, alert.level), None)  # keeps the newest last
        self._given[key, alert.level] = alert
        return alert


def _figures(use: Use) -> dict[str, str]:
    return {"used": f"{use.used:.4g}", "limit": f"{use.limit:g}"}


def _lasts(alert: LimitAlert, now: datetime) -> bool:
    return alert.until is None or alert.until > now


def _was_too_dear(turn: Turn) -> bool:
    """Whether the day's money did not cover an answer, so that a line about that, or a pointer, took its place."""
    return Reason.BUDGET in (turn.error, turn.decision.facts.get("pointer", {}).get("because"))


def _level(use: Use, turn: Turn) -> Level | None:
    """The level to alert about, if any. A limit of 0 never alerts: the manager chose it. The budget also counts as used
    up when the remaining money was too little for one more reply."""
    if use.limit == 0:
        return None
    if use.share >= 1.0 or (use.reason is Reason.BUDGET and _was_too_dear(turn)):
        return "over"
    return "near" if use.share >= NEARLY else None
