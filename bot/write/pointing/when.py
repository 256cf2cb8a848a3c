"""How long ago something was said, as people say it: "three weeks ago", "三周前". Pure."""

from datetime import datetime, timedelta
from typing import Protocol

MOST_SPELT = 10  # "ten weeks ago", but "11 weeks ago"
MOMENT = timedelta(minutes=2)
SAME_SITTING = timedelta(hours=4)  # longer ago on the same day is "earlier today"
WEEKS_FROM, MONTHS_FROM, YEARS_FROM = 11, 53, 340  # days: from here on, people count in the longer unit


class Phrases(Protocol):
    """The catalogue of what Cameo itself says."""

    def say(self, key: str, language: str = "en", **values: object) -> str:
        """The text of `key` with its values filled in."""


def when(at: datetime, now: datetime, phrases: Phrases, language: str) -> str:
    """How long before `now` the moment `at` was. Both are in the room's time zone, whose days count."""
    ago, days = now - at, (now.date() - at.date()).days
    if ago < MOMENT:
        return phrases.say("pointer.when.now", language)
    if ago < timedelta(hours=1):
        return _counted("minute", int(ago.total_seconds() // 60), phrases, language)
    if days == 0 or ago < SAME_SITTING:
        if ago < SAME_SITTING:
            return _counted("hour", int(ago.total_seconds() // 3600), phrases, language)
        return phrases.say("pointer.when.today", language)
    if days == 1:
        return phrases.say("pointer.when.yesterday", language)
    return _counted(*_by_days(days), phrases, language)


def _by_days(days: int) -> tuple[str, int]:
    if days < WEEKS_FROM:
        return ("week", 1) if days == 7 else ("day", days)
    if days < MONTHS_FROM:
        return "week", round(days / 7)
    if days < YEARS_FROM:
        return "month", min(11, round(days / 30.4))
    return "year", max(1, round(days / 365.25))


def _counted(unit: str, count: int, phrases: Phrases, language: str) -> str:
    if count == 1:
        return phrases.say(f"pointer.when.{unit}", language)
    number = phrases.say(f"pointer.number.{count}", language) if count <= MOST_SPELT else str(count)
    return phrases.say(f"pointer.when.{unit}s", language, count=number)
