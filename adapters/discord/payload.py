"""Reads fields of Discord's JSON: a field of the wrong type counts as absent and never raises."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Payload = Mapping[str, Any]

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
ID_LIMIT = 2**63  # ids are signed 64-bit numbers and never negative


def id_of(value: object) -> str | None:
    """A snowflake as a string of digits without leading zeros, or None."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) <= 19 else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str(value) if 0 < value < ID_LIMIT else None


def moment_of(snowflake: str) -> datetime:
    """When an id was created: its upper 42 bits are milliseconds since 2015, by Discord's clock."""
    return DISCORD_EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def id_at(moment: datetime) -> int:
    """The lowest id that could be created at `moment`; 0 before 2015."""
    return max(0, int((moment - DISCORD_EPOCH) / timedelta(milliseconds=1))) << 22


def part(data: object, key: str) -> Payload:
    """The object under `key`, or an empty one."""
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def parts(data: Payload, key: str) -> list[Payload]:
    """The objects in the list under `key`; other items are left out."""
    return [item for item in _list(data, key) if isinstance(item, dict)]


def ids(data: Payload, key: str) -> list[str]:
    """The ids in the list under `key`."""
    return [snowflake for item in _list(data, key) if (snowflake := id_of(item))]


def text(data: Payload, key: str) -> str:
    """The text under `key`, or an empty one. Lone surrogates (valid in JSON, but not storable) are replaced."""
    value = data.get(key)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def time(data: Payload, key: str) -> datetime | None:
    """The ISO 8601 time under `key` in UTC, or None."""
    try:
        moment = datetime.fromisoformat(text(data, key))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _list(data: Payload, key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []
