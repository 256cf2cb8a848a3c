"""Quiet hours: when a room sleeps, by its local time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = tuple[time, time]


def quiet_until(now: datetime, hours: Hours | None, zone: ZoneInfo) -> datetime | None:
    """When the current quiet hours end; None outside quiet hours. The end may be on the next day. If clocks are put
    forward over it, quiet hours end with the hour that is left out."""
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
    return until if until > now else now + timedelta(minutes=1)  # the hour that occurs twice when clocks are put back
