"""How many commands one member may use: a limit that no person reaches, and a program does."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from enum import StrEnum

RATE_WINDOW = timedelta(minutes=1)
COMMANDS_PER_WINDOW = 20  # one every three seconds, for a whole minute
ASKERS_COUNTED = 5000  # some 200 bytes each; more members than use commands within a minute


class Rate(StrEnum):
    FINE = "fine"
    TOLD = "told"  # the first one too many: its asker is told
    SILENT = "silent"  # told within the window


class Rates:
    """Counts the commands of each asker in the last RATE_WINDOW."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._told: dict[str, datetime] = {}

    def count(self, asker: str, now: datetime) -> Rate:
        times = self._times.pop(asker, None) or deque()
        self._times[asker] = times
        while len(self._times) > ASKERS_COUNTED:
            self._told.pop(self._times.popitem(last=False)[0], None)
        while times and times[0] <= now - RATE_WINDOW:
            times.popleft()
        if len(times) < COMMANDS_PER_WINDOW:
            times.append(now)
            return Rate.FINE
        if (told := self._told.get(asker)) is not None and told > now - RATE_WINDOW:
            return Rate.SILENT
        self._told[asker] = now
        return Rate.TOLD
