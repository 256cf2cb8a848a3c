"""Notices servers whose clock is far from ours: what arrives live was said just now, whatever its server says."""

from collections import OrderedDict
from datetime import datetime, timedelta

import structlog

APART = timedelta(minutes=2)  # more than federation usually takes
NOTICED = timedelta(hours=6)  # between two lines about one server: enough for somebody to set the clock
SERVERS_KEPT = 100  # servers that were told about

log = structlog.get_logger()


class ClockGaps:
    """Remembers which servers were lately told about."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, datetime] = OrderedDict()

    def moment(self, sender: str, at: datetime, heard: datetime) -> datetime:
        """When a live message was said, by our clock: at its own time, or when it was heard if that is far off."""
        if abs(heard - at) <= APART:
            return at
        server = sender.partition(":")[2][:255] or "-"
        before = self._told.get(server)
        if before is None or heard - before >= NOTICED:
            self._told[server] = heard
            self._told.move_to_end(server)
            if len(self._told) > SERVERS_KEPT:
                self._told.popitem(last=False)
            log.warning("clock.apart", server=server, minutes=round(abs(heard - at) / timedelta(minutes=1)))
        return heard
