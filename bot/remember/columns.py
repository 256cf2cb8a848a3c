"""The types of columns: how values from outside are cleaned, and how times, lists and facts are kept."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, BigInteger, Dialect, Text, TypeDecorator

from bot.types import Part, PartKind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PART_FIELDS = tuple(field.name for field in fields(Part))
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The text without characters that a database refuses: NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(REPLACEMENT if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text


class CleanText(TypeDecorator[str]):
    """Text from outside. Cleaned when stored and also in conditions, so that an odd id still matches itself."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class WordList(TypeDecorator[tuple[str, ...]]):
    """A few short texts that are never searched for."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> list[str] | None:
        return None if value is None else [storable(text) for text in value]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


class PartList(TypeDecorator[tuple[Part, ...]]):
    """A message's parts besides its text: a list of objects, each without its empty fields."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Sequence[Part] | None, dialect: Dialect) -> Any:
        return [_part_row(part) for part in value or ()]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Part, ...]:
        return tuple(Part(**{**row, "kind": PartKind(row["kind"])}) for row in value or ())


def _part_row(part: Part) -> dict[str, Any]:
    values = ((name, getattr(part, name)) for name in PART_FIELDS)
    return {name: plain(value) for name, value in values if value not in ("", None) and value is not False}


class Facts(TypeDecorator[Mapping[str, Any]]):
    """The facts of a decision. Small and never searched for; the keys are those of the version that decided."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        return plain(value or {})


class PlainValue(TypeDecorator[Any]):
    """A text, a number, true or null."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return plain(value)


class Standings(TypeDecorator[Mapping[str, Sequence[Mapping[str, Any]]]]):
    """What stood under some keys: of each a list of objects with `value`, `at`, `until` (microseconds since 1970, or
    null) and `change`."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return plain(value)


def plain(value: Any) -> Any:
    """The value as every JSON parser can read it: texts cleaned, and no NaN or infinity (a curve's "never" is infinite,
    which browsers and PostgreSQL refuse)."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [plain(each) for each in value]
    return value


class Moment(TypeDecorator[datetime]):
    """A time as whole microseconds since 1970 UTC: exact, ordered, and the same in every database, where a
    column of dates would lose its zone (SQLite) or depend on the session's (PostgreSQL)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND
