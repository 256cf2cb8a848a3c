"""How long something lasts, as people write it: "1h", "30 min", "2 days", "until 18:00", "off"; 半小时, 2天, 到18点."""

import re
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.types import record

LONGEST_DURATION = timedelta(days=365)  # for longer means for good, which is what `room join off` is for
SHORTEST_DURATION = timedelta(minutes=1)

TIME_UNITS = {
    "m": 1, "min": 1, "mins": 1, "minute": 1, "minutes": 1, "分": 1, "分钟": 1, "分鐘": 1,
    "h": 60, "hr": 60, "hrs": 60, "hour": 60, "hours": 60, "时": 60, "小时": 60, "小時": 60, "钟头": 60,
    "d": 1440, "day": 1440, "days": 1440, "天": 1440, "日": 1440,
    "w": 10080, "week": 10080, "weeks": 10080, "周": 10080, "星期": 10080, "礼拜": 10080,
}  # fmt: skip
"""Minutes of each unit."""
SPOKEN_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "half": 0.5, "半": 0.5, "一": 1, "两": 2, "二": 2, "三": 3,
    "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
OFF_WORDS = frozenset(["off", "end", "stop", "over", "none", "no", "0", "关", "关闭", "结束", "取消", "解除", "恢复"])

_UNIT = "|".join(sorted(TIME_UNITS, key=len, reverse=True))
_NUMBER = rf"\d{{1,5}}(?:[.,]\d{{1,3}})?|{'|'.join(sorted(SPOKEN_NUMBERS, key=len, reverse=True))}"
_PIECE = re.compile(rf"\s*({_NUMBER})\s*(?:an?\s+)?(?:个|個)?(半)?\s*({_UNIT})(半)?(?![a-z])\s*(?:and\s+|,\s*)?")
_FOR = re.compile(r"^(?:for|about)\s+")
_UNTIL = re.compile(r"^(?:until|till|til|to|直到|到)\s*(tomorrow|明天)?\s*(?:at\s+)?(.*)$")
_CLOCK = re.compile(
    r"^(上午|早上|下午|晚上)?\s*(\d{1,2})(?:\s*[:.点时]\s*(\d{2})?)?\s*(分)?\s*(半)?\s*(am|pm|h|o'clock)?$"
)


@record
class Span:
    """Lasts so long."""

    length: timedelta

    def end(self, now: datetime, zone: ZoneInfo) -> datetime:
        return now + self.length


@record
class UntilClock:
    """Lasts until the clock of the room shows `at`: the next time, or `tomorrow`."""

    at: time
    tomorrow: bool = False

    def end(self, now: datetime, zone: ZoneInfo) -> datetime:
        here = now.astimezone(zone)
        day = here.date() + timedelta(days=self.tomorrow)
        if not self.tomorrow and self.at <= here.timetz().replace(tzinfo=None):
            day += timedelta(days=1)
        return datetime.combine(day, self.at, zone).astimezone(now.tzinfo)


class Ended(NamedTuple):
    """It ends now."""


Duration = Span | UntilClock | Ended


def duration(text: str) -> Duration | None:
    """Reads a duration from SHORTEST_DURATION to LONGEST_DURATION, in folded text; None if it is none."""
    said = _FOR.sub("", text.strip())
    if said in OFF_WORDS:
        return Ended()
    if found := _UNTIL.match(said):
        at = clock(found[2]) if found[2] else time() if found[1] else None
        return UntilClock(at, tomorrow=bool(found[1])) if at is not None else None
    return _span(said)


def clock(text: str) -> time | None:
    """Reads a time of day: "18:00", "18", "6pm", "18点半", "下午6点"."""
    found = _CLOCK.match(text.strip())
    if not found or (text.strip().isdecimal() and len(text.strip()) > 2):
        return None
    part, hour, minute = found[1] or "", int(found[2]), int(found[3] or (30 if found[5] else 0))
    if found[6] in ("am", "pm") or part:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found[6] == "pm" or part in ("下午", "晚上"))
    if hour == 24 and minute == 0:
        hour = 0
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _span(said: str) -> Span | None:
    minutes, at = 0.0, 0
    while at < len(said):
        found = _PIECE.match(said, at)
        if not found:
            return None
        number, half_before, unit, half_after = found.groups()
        minutes += (_number(number) + 0.5 * bool(half_before or half_after)) * TIME_UNITS[unit]
        at = found.end()
    length = timedelta(minutes=min(minutes, LONGEST_DURATION / timedelta(minutes=1) + 1))
    return Span(length) if SHORTEST_DURATION <= length <= LONGEST_DURATION else None


def _number(text: str) -> float:
    return SPOKEN_NUMBERS[text] if text in SPOKEN_NUMBERS else float(text.replace(",", "."))
