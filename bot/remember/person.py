"""One person of one platform: where the tables hold something about them, and what.

`HELD_BY_TABLE` says for each table of the register (`members.py`) that holds people which rows are a person's, how they
are counted for `show`, and what of them goes into an export; `erasing.py` removes them.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, Table, false, func, or_, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.pseudonyms import mark_of
from bot.parts import REPEATING, Part
from bot.remember.columns import storable
from bot.remember.reader import Question
from bot.remember.schema import (
    adapter_state,
    asked,
    choice_changes,
    choices,
    feedback,
    messages,
    posts,
    reactions,
    stays,
    turns,
)
from bot.remember.stays import member_token
from bot.types import SOMEBODY, Room, record

WHERE_SAID = ("community", "community_name", "room_id", "room_name", "thread_root")


@record
class Person:
    """A member, by the platform's id. `names`: names of theirs by which texts of ours may call them; what the tables
    know is added (`known_as`)."""

    platform: str
    id: str
    names: tuple[str, ...] = ()


class Holding(NamedTuple):
    """How a table holds a person. `whose`: the rows that are about them. `exported`: the columns of these rows that
    are their own data, or what we said to them. `called`: the key of the words for the count."""

    table: Table
    whose: Callable[[Person], ColumnElement[bool]]
    exported: tuple[str, ...]
    called: str


def author_of(table: Table) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: (table.c.platform == person.platform) & (table.c.author_id == person.id)


def _turns_of(person: Person) -> ColumnElement[bool]:
    return (turns.c.platform == person.platform) & (turns.c.member == person.id)


def marked(person: Person) -> ColumnElement[bool]:
    """Turns that have only a one-way mark of the person left."""
    return (turns.c.platform == person.platform) & (turns.c.member == mark_of(person.platform, person.id))


def _posts_of(person: Person) -> ColumnElement[bool]:
    return (posts.c.platform == person.platform) & (posts.c.author == person.id)


def commands_of(person: Person) -> ColumnElement[bool]:
    """Those that are answered: who uses one at this moment knows it."""
    return author_of(asked)(person) & (asked.c.state == "answered")


def feedback_of(person: Person) -> ColumnElement[bool]:
    return (feedback.c.platform == person.platform) & (feedback.c.member == person.id)


def chooser_in(table: Table) -> Callable[[Person], ColumnElement[bool]]:
    return lambda person: (table.c.platform == person.platform) & (table.c.by == person.id)


def mentions_of(person: Person) -> ColumnElement[bool]:
    """Messages of others that mention the person: the column is a list in JSON."""
    listed = type_coerce(messages.c.mentions, String)
    found = listed.contains(json.dumps(storable(person.id)), autoescape=True)
    return (messages.c.platform == person.platform) & found & (messages.c.author_id != person.id)


HELD_BY_TABLE: Mapping[str, tuple[Holding, ...]] = {
    "messages": (
        Holding(
            messages, author_of(messages),
            ("id", *WHERE_SAID, "author_name", "text", "parts", "mentions", "reply_to", "at", "heard"), "messages",
        ),
        Holding(messages, mentions_of, ("id", *WHERE_SAID, "at"), "mentions"),
    ),
    "reactions": (Holding(reactions, author_of(reactions), ("message_id", "emoji", "author_name", "at"), "reactions"),),
    "turns": (
        Holding(turns, _turns_of,
            ("id", *WHERE_SAID, "trigger", "at", "verdict", "reason", "state", "text", "sign"), "turns"),
        Holding(turns, marked, ("id", *WHERE_SAID, "at"), "marks"),
    ),
    "asked": (
        Holding(asked, commands_of, ("id", *WHERE_SAID, "author_name", "path", "at", "outcome"), "commands"),
    ),
    "feedback": (
        Holding(feedback, feedback_of, ("turn_id", *WHERE_SAID[:-1], "verdict", "text", "at"), "feedback"),
    ),
    "posts": (Holding(posts, _posts_of, ("id", "community", "room_id", "at", "waited"), "posts"),),
    "choices": (
        Holding(choices, chooser_in(choices), ("community", "room", "key", "value", "at", "until"), "choices"),
    ),
    "choice_changes": (
        Holding(choice_changes, chooser_in(choice_changes), ("community", "room", "at", "after"), "choice_changes"),
    ),
}  # fmt: skip
"""By table. `message_words` has the words of `messages`, and nothing else; `stays`, `contacts` and `adapter_state`
hold people in other ways (`stays_of`, `contacts.py`, `state_of`)."""

OTHERWISE_HELD = ("message_words", "stays", "contacts", "adapter_state")


async def known_as(connection: AsyncConnection, person: Person) -> Person:
    """The person with all names of theirs that are stored."""
    names = dict.fromkeys(person.names)
    for table in (messages, reactions):
        found = select(table.c.author_name).where(author_of(table)(person)).distinct()
        names |= dict.fromkeys(row.author_name for row in await connection.execute(found))
    return Person(person.platform, person.id, tuple(name for name in names if name))


async def rooms_of(connection: AsyncConnection, person: Person) -> list[Room]:
    """The rooms in which they have said something, are mentioned, have reacted, or were considered, by their newest
    names."""
    reacted = (messages.c.platform == reactions.c.platform) & (messages.c.id == reactions.c.message_id)
    theirs = [
        _rooms(messages).where(or_(author_of(messages)(person), mentions_of(person))),
        _rooms(turns).where(or_(_turns_of(person), marked(person))),
        _rooms(messages).join(reactions, reacted).where(author_of(reactions)(person)),
    ]
    found: dict[Room, None] = {}
    for query in theirs:
        rows = await connection.execute(query)
        found |= {room: None for row in rows if (room := Room(person.platform, *row[:4])) not in found}
    return [*found]


def _rooms(table: Table) -> Select[Any]:
    names = [table.c[name] for name in ("community", "room_id", "room_name", "community_name")]
    return select(*names, func.max(table.c.seq)).group_by(*names).order_by(func.max(table.c.seq).desc())


async def stays_of(connection: AsyncConnection, person: Person) -> ColumnElement[bool]:
    """The person's stays: the token of a member is another one in each room."""
    rooms = select(stays.c.community, stays.c.room_id).where(stays.c.platform == person.platform).distinct()
    tokens = [
        member_token(Room(person.platform, row.community, row.room_id), person.id)
        for row in await connection.execute(rooms)
    ]
    return (stays.c.platform == person.platform) & stays.c.member.in_(tokens) if tokens else false()


def state_of(person: Person) -> ColumnElement[bool]:
    """Values of adapters in which the person's id or name stands."""
    named = [adapter_state.c.value.contains(one, autoescape=True) for one in (person.id, *person.names)]
    return (adapter_state.c.platform == person.platform) & or_(*named)


async def everybody(connection: AsyncConnection) -> list[tuple[Person, datetime]]:
    """Everybody of whom messages or reactions are stored, with the time of the oldest."""
    found: dict[Person, datetime] = {}
    for table, at in ((messages, messages.c.heard), (reactions, reactions.c.at)):
        by_person = select(table.c.platform, table.c.author_id, func.min(at)).where(table.c.author_is_self.is_(False))
        for platform, member, oldest in await connection.execute(by_person.group_by(*by_person.selected_columns[:2])):
            if member not in ("", SOMEBODY):
                person = Person(platform, member)
                found[person] = min(oldest, found.get(person, oldest))
    return list(found.items())


# --- show ----------------------------------------------------------------------------------------


def counted(person: Person) -> Question[dict[str, int]]:
    """How many of each kind are stored, by the key of their words; without those of which there are none."""

    async def question(connection: AsyncConnection) -> dict[str, int]:
        queries = {
            held.called: select(func.count()).select_from(held.table).where(held.whose(person), *_living(held))
            for some in HELD_BY_TABLE.values()
            for held in some
        }
        queries["stays"] = select(func.count()).select_from(stays).where(await stays_of(connection, person))
        found = {name: int((await connection.execute(query)).scalar() or 0) for name, query in queries.items()}
        return {name: number for name, number in found.items() if number}

    return question


def _living(held: Holding) -> tuple[ColumnElement[bool], ...]:
    return (messages.c.deleted.is_(False),) if held.table is messages else ()


# --- export --------------------------------------------------------------------------------------


def exported(person: Person) -> Question[list[dict[str, Any]]]:
    """What is stored of the person, table by table: each with its source and its rows, oldest first. No words of
    others: what they are quoted with is left out."""

    async def question(connection: AsyncConnection) -> list[dict[str, Any]]:
        known = await known_as(connection, person)
        sources = [
            _source(held.table.name, held.called, (await connection.execute(_rows(held, known))).all())
            for some in HELD_BY_TABLE.values()
            for held in some
        ]
        there = select(stays.c.community, stays.c.room_id, stays.c.since, stays.c.joined, stays.c.until)
        rows = (await connection.execute(there.where(await stays_of(connection, known)))).all()
        return [one for one in (*sources, _source("stays", "stays", rows)) if one["rows"]]

    return question


def _rows(held: Holding, person: Person) -> Select[Any]:
    columns = [held.table.c[name] for name in held.exported if name in held.table.c]
    order = held.table.c["seq" if "seq" in held.table.c else "at"]
    return select(*columns).where(held.whose(person), *_living(held)).order_by(order)


def _source(table: str, what: str, rows: Sequence[Any]) -> dict[str, Any]:
    return {"table": table, "what": what, "rows": [_plain_row(dict(row._mapping)) for row in rows]}


def _plain_row(row: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: _plain_value(value) for name, value in row.items()}
    if isinstance(values.get("at"), float):  # of a post, in seconds
        values["at"] = datetime.fromtimestamp(values["at"], UTC).isoformat()
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain_part(one) if isinstance(one, Part) else one for one in value if not _repeats(one)]
    return value


def _plain_part(part: Part) -> dict[str, Any]:
    fields = {"kind": str(part.kind), "text": part.text, "name": part.name, "media_type": part.media_type}
    return {name: value for name, value in fields.items() if value} | ({"size": part.size} if part.size else {})


def _repeats(value: object) -> bool:
    return isinstance(value, Part) and value.kind in REPEATING
