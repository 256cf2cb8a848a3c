"""When a room is awake: how much people write there in each hour of the day, on weekdays and on weekends.

Waiting is measured in worked time: an hour with twice the usual traffic counts for two, an hour of the night for almost
nothing. So a question asked late in the evening waits until the morning, as a good guest would.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import accumulate, repeat
from zoneinfo import ZoneInfo

from bot.decide.times import HOUR

PACE_HOURS = 28 * 24  # hours: four of each weekday
HOURS_A_DAY = 24
# Strength of the two priors: an hour of weekdays (or weekends) starts out like the same hour of all days, and that one
# like any hour, as if this many hours with talk had been observed. The unit is hours, not messages: messages come in
# bursts, and twenty at once prove little.
DOUBT = 1.0
SLOWEST, FASTEST = 0.01, 4.0  # bounds of the pace: the dead of night, a rush
CELLS = 48


@lru_cache(maxsize=4096)  # enough for the last month of a few time zones
def _cell(hour: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(hour * HOUR, zone)
    return local.hour + (24 if local.weekday() >= 5 else 0)


def _mean(said: int, seen: int, believed: float, doubt: float) -> float:
    """Messages per hour, shrunk towards `believed` as if that had been observed for `doubt` hours."""
    return (said + doubt * believed) / (seen + doubt)


class Activity:
    """The pace of a room, learnt from the time of each message by a person, in seconds since 1970.

    Works in whole hours: messages of the current hour count once it is over.
    """

    def __init__(self, zone: ZoneInfo):
        self._zone = zone
        self._hours: deque[tuple[int, int]] = deque()
        self._said, self._seen = [0] * CELLS, [0] * CELLS
        self._begin = self._hour = 0  # the known hours are those from `_begin` until before `_hour`
        self._running = 0
        self._week: list[float] = []  # pace by hour of the week; empty until it is computed
        self._paces: list[float] = []  # pace of the current hour and those before it; empty until computed
        self._worked: list[float] = []  # worked seconds from the beginning of each of these hours to the current one

    def restore(self, hours: Iterable[tuple[int, int]]) -> None:
        """Restores the counts from (hour since 1970, messages in it) pairs, in order."""
        for hour, count in hours:
            self._advance(hour)
            self._running = count

    def hear(self, at: float) -> None:
        hour = int(at // HOUR)
        if hour != self._hour:
            self._advance(hour)
        self._running += hour == self._hour

    def _advance(self, hour: int) -> None:
        if not self._hour:
            self._begin, self._hour = hour + 1, hour  # we saw only part of the first hour
        if hour <= self._hour:
            return
        if self._hour >= self._begin and self._running:
            self._hours.append((self._hour, self._running))
            self._said[_cell(self._hour, self._zone)] += self._running
        self._running = 0
        self._forget(hour - PACE_HOURS)
        for passed in range(max(self._hour, self._begin), hour):
            self._seen[_cell(passed, self._zone)] += 1
        self._hour = hour
        self._week, self._paces = [], []

    def _forget(self, before: int) -> None:
        if before > self._hour:  # nothing was said for four weeks
            self._hours.clear()
            self._said, self._seen = [0] * CELLS, [0] * CELLS
        else:
            for gone in range(self._begin, before):
                self._seen[_cell(gone, self._zone)] -= 1
        self._begin = max(self._begin, before)
        while self._hours and self._hours[0][0] < before:
            hour, count = self._hours.popleft()
            self._said[_cell(hour, self._zone)] -= count

    def pace(self, hour: int) -> float:
        """How many usual hours the hour (counted since 1970) is worth; 1.0 is an average hour."""
        if not self._week:  # most hours nobody asks, so it is computed on demand
            self._week = self._paces_of_week()
        return self._week[_cell(hour, self._zone)]

    def _paces_of_week(self) -> list[float]:
        seen, said = self._seen, self._said
        if not self._hours:
            return [1.0] * CELLS
        usual, doubt = sum(said) / sum(seen), DOUBT * sum(seen) / len(self._hours)  # messages an hour; hours
        on_all_days = [
            _mean(said[hour] + said[hour + HOURS_A_DAY], seen[hour] + seen[hour + HOURS_A_DAY], usual, doubt)
            for hour in range(HOURS_A_DAY)
        ]
        means = map(_mean, said, seen, on_all_days * 2, repeat(doubt))
        return [min(FASTEST, max(SLOWEST, mean / usual)) for mean in means]

    def _add_up(self) -> list[float]:
        self._paces = [self.pace(self._hour - back) for back in range(HOURS_A_DAY + 2)]
        self._worked = [0.0, *accumulate(HOUR * pace for pace in self._paces[1:])]
        return self._paces

    def worked(self, begin: float, end: float) -> float:
        """Worked seconds between two times. Where `begin` is more than a day before `end`, plain seconds."""
        return self.worked_since([begin], end)[0]

    def worked_since(self, begins: Iterable[float], end: float) -> list[float]:
        """Worked seconds from each of `begins` until `end`, as `worked` counts them."""
        last, found = int(end // HOUR), []
        paces = self._paces or self._add_up()
        worked, running = self._worked, (end - last * HOUR) * paces[0]
        for begin in begins:
            first = int(begin // HOUR)
            hours = last - first
            if end <= begin or hours > HOURS_A_DAY:
                found.append(max(0.0, end - begin))
            elif last != self._hour:
                found.append(self._count(begin, end))
            else:
                found.append(worked[hours] - (begin - first * HOUR) * paces[hours] + running)
        return found

    def _count(self, begin: float, end: float) -> float:
        """Worked seconds, added up hour by hour."""
        total = 0.0
        while begin < end:
            hour = int(begin // HOUR)
            part = min(end, (hour + 1) * HOUR)
            total += (part - begin) * self.pace(hour)
            begin = part
        return total

    def until(self, begin: float, worked: float) -> float:
        """When `worked` worked seconds will have passed since `begin`; two weeks after `begin` at most."""
        now, left = begin, worked
        while now < begin + 14 * HOURS_A_DAY * HOUR:
            hour = int(now // HOUR)
            pace = self.pace(hour)
            rest = ((hour + 1) * HOUR - now) * pace
            if left <= rest:
                return now + left / pace
            now, left = (hour + 1) * HOUR, left - rest
        return now
