"""Ages of messages in everyday words."""

from datetime import datetime

AGO_STEPS = ((60, "now", 60), (3600, "minutes", 60), (86400, "hours", 3600), (7 * 86400, "days", 86400))


def ago(at: datetime, now: datetime) -> tuple[str, dict[str, str | int]]:
    """The key under `page.ago` in the catalogue and its values; for more than a week, the date itself."""
    seconds = max(0.0, (now - at).total_seconds())  # a clock that was set back says "now", never "in an hour"
    for below, key, unit in AGO_STEPS:
        if seconds < below:
            return key, {} if key == "now" else {"count": int(seconds // unit)}
    return "date", {"date": at.date().isoformat()}
