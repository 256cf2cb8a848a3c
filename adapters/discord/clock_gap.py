"""Notices when Discord's clock and ours are apart: what arrives live was said just now, whatever its id says."""

from datetime import datetime, timedelta

import structlog

APART = timedelta(minutes=2)  # more than any delay on the way
NOTICED = timedelta(hours=6)  # between two lines about it: enough for somebody to set the clock

log = structlog.get_logger()


class ClockGap:
    """Remembers when it was last told."""

    def __init__(self) -> None:
        self._told: datetime | None = None

    def moment(self, at: datetime, arrived: datetime | None) -> datetime:
        """When a live message was said, by our clock: at its own time, or when it arrived if that is far off."""
        if arrived is None or abs(arrived - at) <= APART:
            return at
        if self._told is None or arrived - self._told >= NOTICED:
            self._told = arrived
            log.warning("clock.apart", server="Discord", minutes=round(abs(arrived - at) / timedelta(minutes=1)))
        return arrived
