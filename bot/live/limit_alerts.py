"""What a manager is told of limits: once in each window when one is nearly used up, and once when it is, also where the
process was started anew in between: like what was spent, what was told is read from the turns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import structlog

from bot.decide.budget import NEARLY, REPLY_WINDOW, Budget, Use
from bot.decide.reasons import Reason
from bot.decide.spent import Key, when
from bot.explain.words import Words
from bot.types import Clock, Turn, Verdict

log = structlog.get_logger()

ALERTS_KEPT = 1000  # notices to keep before those that have lapsed are dropped

Level = Literal["near", "over"]


@dataclass(frozen=True, slots=True)
class LimitAlert:
    """About a limit, for as long as its window lasts. It names no room and no member: `/healthz` is open to all."""

    limit: Reason
    level: Level
    until: datetime
    text: str


class LimitAlerts:
    def __init__(self, budget: Budget, words: Words, clock: Clock):
        self._budget, self._words, self._clock = budget, words, clock
        self._given: dict[tuple[Key, Level], LimitAlert] = {}

    def look(self, turn: Turn) -> None:
        """To be called when a turn has changed: tells what that has used up, as one line of the log each."""
        for use, notice in self._look(turn, self._budget, self._clock.now()):
            log.warning(
                "limit", limit=str(use.reason), level=notice.level, used=round(use.used, 4), of=use.limit,
                room=str(turn.thread.room), turn=turn.id, told=notice.text,
            )  # fmt: skip

    def recall(self, turns: Iterable[Turn]) -> None:
        """What was told of the turns of the last day, before the process was started anew: as it was told then, by what
        was used up after each of them. Nothing is told again."""
        budget = Budget(self._budget.limits, self._budget.zone)
        for turn in sorted(turns, key=when):
            budget.fold(turn)
            for _ in self._look(turn, budget, when(turn)):
                pass

    def _look(self, turn: Turn, budget: Budget, now: datetime) -> Iterator[tuple[Use, LimitAlert]]:
        """What there is to tell of a turn, which counts as told."""
        if turn.decision.verdict is not Verdict.SPEAK and not turn.usage.cost_usd and not turn.error:
            return  # most turns: silence uses nothing
        for use in budget.uses(turn.member, turn.thread.room, now):
            level = _level(use, turn)
            if level and not self._was_given(use.key, level, now):
                yield use, self._give(use, level, now)

    def current(self) -> list[LimitAlert]:
        """Those whose window has not passed, newest last."""
        return list(self._lasting(self._clock.now()))

    def _lasting(self, now: datetime) -> Iterator[LimitAlert]:
        return (notice for notice in self._given.values() if notice.until > now)

    def _was_given(self, key: Key, level: Level, now: datetime) -> bool:
        """Who was told that a limit is used up need not hear that it is nearly so."""
        levels: tuple[Level, ...] = ("near", "over") if level == "near" else ("over",)
        given = (self._given.get((key, one)) for one in levels)
        return any(notice is not None and notice.until > now for notice in given)

    def _give(self, use: Use, level: Level, now: datetime) -> LimitAlert:
        until = use.until if use.reason is Reason.BUDGET else now + REPLY_WINDOW
        text = self._words.say(f"told.{use.reason}_{level}", used=f"{use.used:.4g}", limit=f"{use.limit:g}")
        if len(self._given) > ALERTS_KEPT:
            self._given = {key: notice for key, notice in self._given.items() if notice.until > now}
        self._given.pop((use.key, level), None)  # the newest stands last
        self._given[use.key, level] = notice = LimitAlert(use.reason, level, until, text)
        return notice


def _level(use: Use, turn: Turn) -> Level | None:
    """A limit of 0 is what the manager wants, and no news. The money can be too little for one more reply before the
    last cent is gone."""
    if use.limit == 0:
        return None
    if use.share >= 1.0 or (use.reason is Reason.BUDGET and turn.error == Reason.BUDGET):
        return "over"
    return "near" if use.share >= NEARLY else None
