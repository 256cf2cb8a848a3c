"""Quiet hours: when a room sleeps, by its own clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[time, time]


def quiet_until(now: datetime, hours: Hours | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that run now are over; None if none do. The end may lie on the next day; where clocks are
    put forward over it, quiet ends with the hour that is left out."""
    if hours is None:
        return None
    begin, end = hours
    local = now.astimezone(zone)
    clock = local.time().replace(tzinfo=None)
    is_quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if clock >= end else 0)
    until = datetime.combine(day, end, zone).astimezone(UTC)
    return until if until > now else now + timedelta(minutes=1)  # the hour that clocks go through twice
