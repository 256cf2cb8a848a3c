"""The tables, in portable SQL: what runs on SQLite today must run on PostgreSQL later.

What only SQLite knows (full text, PRAGMAs, who may write) is in `sqlite.py`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from bot.types import Part, PartKind

HEAD = "0006"
"""The newest revision in `migrations/versions`; a test holds the two together. Known here so that a start on an
up-to-date file need not import Alembic (a third of a second)."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PART_FIELDS = tuple(field.name for field in fields(Part))
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable(text: str) -> str:
    """The text without what a database refuses: NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    if "\0" in text:
        text = text.replace("\0", REPLACEMENT)
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(REPLACEMENT if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    return text


class CleanText(TypeDecorator[str]):
    """Text from outside. Cleaned on the way in, in conditions too, so that an odd id still finds itself."""

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
    """What a message carries beside its words: a list of objects, each without the fields that are empty."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Sequence[Part] | None, dialect: Dialect) -> Any:
        return [_part_row(part) for part in value or ()]

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Part, ...]:
        return tuple(Part(**{**row, "kind": PartKind(row["kind"])}) for row in value or ())


def _part_row(part: Part) -> dict[str, Any]:
    return {name: plain(value) for name in PART_FIELDS if (value := getattr(part, name)) not in ("", None)}


class Facts(TypeDecorator[Mapping[str, Any]]):
    """What a decision was made by. Small, never searched for, and of whatever keys deciding knows by then."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, Any] | None, dialect: Dialect) -> Any:
        return plain(value or {})


def plain(value: Any) -> Any:
    """The value as every JSON reader takes it back: texts cleaned, and no number that is none (a curve's "never" is
    infinite, and browsers and PostgreSQL refuse that)."""
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


metadata = MetaData()

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts rows by itself only in a column that is called INTEGER."""


def _place() -> tuple[Column[str], ...]:
    """Where something was said. The names are stored with it, so that what comes out equals what went in."""
    return (
        Column("platform", CleanText, nullable=False),
        Column("community", CleanText, nullable=False),
        Column("room_id", CleanText, nullable=False),
        Column("room_name", CleanText, nullable=False),
        Column("community_name", CleanText, nullable=False),
    )


messages = Table(
    "messages",
    metadata,
    # In the order in which we heard: a room that is rebuilt from the store must see what the live one saw.
    Column("seq", RowNumber, primary_key=True),
    Column("id", CleanText, nullable=False),
    *_place(),
    Column("thread_root", CleanText),
    Column("author_id", CleanText, nullable=False),
    Column("author_name", CleanText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("author_is_self", Boolean, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("heard", Moment, nullable=False),
    Column("reply_to", CleanText),
    Column("mentions", WordList, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("starts_thread", Boolean, nullable=False),
    Column("parts", PartList, nullable=False, server_default="[]"),
    Column("history", Boolean, nullable=False),
    # A deleted message keeps an empty row: a copy that is played to us again must not come alive.
    Column("deleted", Boolean, nullable=False),
    # The room never took this in: it was deleted before we heard it (a copy that comes late must not come alive), or a
    # fault of ours kept it out (its room could not be rebuilt with it).
    Column("unheard", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("platform", "id", name="messages_id"),
    Index("messages_by_room", "platform", "community", "room_id", "seq"),
    Index("messages_by_thread", "platform", "community", "room_id", "thread_root", "seq"),
    Index("messages_by_author", "platform", "community", "room_id", "author_id", "seq"),
    Index("messages_by_age", "heard"),
    sqlite_autoincrement=True,  # a number is never used twice: the full text refers to it
)

reactions = Table(
    "reactions",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("message_id", CleanText, primary_key=True),
    Column("author_id", CleanText, primary_key=True),
    Column("emoji", CleanText, primary_key=True),
    Column("author_name", CleanText, nullable=False),
    Column("author_is_bot", Boolean, nullable=False),
    Column("author_is_self", Boolean, nullable=False),
    Column("at", Moment, nullable=False),
    Index("reactions_by_age", "at"),
)

turns = Table(
    "turns",
    metadata,
    Column("seq", RowNumber, primary_key=True),
    Column("id", CleanText, nullable=False),
    *_place(),
    Column("thread_root", CleanText),
    Column("trigger", CleanText, nullable=False),
    Column("member", CleanText, nullable=False),
    Column("persona", CleanText, nullable=False),
    Column("arm", CleanText, nullable=False),
    Column("verdict", CleanText, nullable=False),
    Column("reason", CleanText, nullable=False),
    Column("due", Moment),
    Column("facts", Facts, nullable=False, server_default="{}"),  # turns from before there were any
    Column("state", CleanText, nullable=False),
    Column("at", Moment, nullable=False),
    Column("addressed", Boolean, nullable=False),
    Column("text", CleanText, nullable=False),
    Column("sign", CleanText, nullable=False),
    Column("reply_id", CleanText),
    Column("tried", Moment),
    Column("model", CleanText, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float(53), nullable=False),
    Column("error", CleanText, nullable=False),
    Column("policy", CleanText, nullable=False, server_default=text("''")),  # turns from before policies had versions
    UniqueConstraint("id", name="turns_id"),
    UniqueConstraint("platform", "trigger", name="turns_trigger"),  # one turn per trigger
    Index("turns_by_state", "state"),
    Index("turns_by_age", "at"),
    Index("turns_by_due", "due"),
    Index("turns_by_reply", "platform", "reply_id"),
    sqlite_autoincrement=True,
)

# What a room has learnt of how its people answer. No text; `author` is a member's id.
posts = Table(
    "posts",
    metadata,
    # In the order in which they were opened: answer times are learnt from the newest, of a room and of a community.
    Column("seq", RowNumber, primary_key=True),
    Column("platform", CleanText, nullable=False),
    Column("community", CleanText, nullable=False),
    Column("room_id", CleanText, nullable=False),
    Column("id", CleanText, nullable=False),
    Column("author", CleanText, nullable=False),
    Column("root", CleanText),
    Column("at", Float(53), nullable=False),  # seconds; to the last bit, for decisions are compared after a restart
    Column("counts", Boolean, nullable=False),
    Column("waited", Float(53)),
    Column("answered_by", CleanText, nullable=False),
    Column("is_sure", Boolean, nullable=False),
    UniqueConstraint("platform", "id", name="posts_id"),
    Index("posts_by_room", "platform", "community", "room_id", "seq"),
    Index("posts_by_community", "platform", "community", "seq"),
    Index("posts_by_age", "at"),
    sqlite_autoincrement=True,
)

# How many messages people wrote in each hour of a room: added up when they are heard, for to count them all when a room
# is rebuilt would take most of a second in a big one; and it outlives them.
hours = Table(
    "hours",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("community", CleanText, primary_key=True),
    Column("room_id", CleanText, primary_key=True),
    Column("hour", BigInteger, primary_key=True),  # since 1970
    Column("said", BigInteger, nullable=False),
)

adapter_state = Table(
    "adapter_state",
    metadata,
    Column("platform", CleanText, primary_key=True),
    Column("key", CleanText, primary_key=True),
    Column("value", CleanText, nullable=False),
)
