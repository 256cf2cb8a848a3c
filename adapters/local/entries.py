"""The state of a message in the local community, and its JSON form in a mark."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.local.heading import heading_of, heading_row
from bot.types import Author, Message, Room, Thread

PREFIX = "message/"  # of the keys of our marks: one per message

Reactions = Mapping[str, tuple[Author, ...]]  # emoji -> who added it, in order


@dataclass(frozen=True, slots=True)
class Entry:
    """`order` increases through the whole community. `message` is None once deleted: the entry is kept, so that the
    same key can't be sent again and readers who stopped at it can continue. A seed message is for the readers of one
    `language` ("en"); if it shows how we take part, `example` is the reason (`decide/reasons.py`). `notice` is a line
    of ours under our words."""

    id: str
    order: int
    room_id: str
    thread_id: str
    at: datetime
    message: Message | None
    edited: bool = False
    reactions: Reactions = field(default_factory=dict)
    language: str = ""
    example: str = ""
    notice: str = ""

    @property
    def is_post(self) -> bool:
        return self.thread_id == self.id


def entry_of(message: Message, order: int) -> Entry:
    root = message.thread.root or message.id
    return Entry(message.id, order, message.room.id, root, message.at, message)


def to_json(entry: Entry) -> str:
    """The entry as JSON, without the room's names, which belong to the community."""
    row: dict[str, Any] = {
        "order": entry.order,
        "room": entry.room_id,
        "thread": entry.thread_id,
        "at": entry.at.isoformat(),
    }
    if entry.message:
        row |= _message_row(entry.message) | {
            "edited": entry.edited,
            "reactions": {emoji: [_author_row(who) for who in people] for emoji, people in entry.reactions.items()},
        }
    row |= {name: value for name in SEED_FIELDS if (value := getattr(entry, name))}
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def from_json(key: str, text: str, rooms: Mapping[str, Room]) -> Entry | None:
    """The entry from JSON; None if its room is no longer part of the community. Raises ValueError, LookupError,
    TypeError or AttributeError if it is damaged."""
    row: dict[str, Any] = json.loads(text)
    _check(row)
    if row["room"] not in rooms:
        return None
    id_ = key.removeprefix(PREFIX)
    at = datetime.fromisoformat(row["at"])
    place = Thread(rooms[row["room"]], row["thread"])
    return Entry(
        id=id_,
        order=row["order"],
        room_id=row["room"],
        thread_id=row["thread"],
        at=at,
        message=_message(id_, place, at, row) if "text" in row else None,
        edited=row.get("edited", False),
        reactions={emoji: tuple(map(_author, people)) for emoji, people in row.get("reactions", {}).items()},
        **{name: row.get(name, "") for name in SEED_FIELDS},
    )


SEED_FIELDS = ("language", "example", "notice")
KINDS: dict[str, type] = {
    **dict.fromkeys(("room", "thread", "at", "text", "heard", "id", "name", "title", "tags", *SEED_FIELDS), str),
    **dict.fromkeys(("addressed", "history", "edited", "self"), bool),
    "order": int,
    "mentions": list,
    "author": dict,
    "reactions": dict,
}


def _check(row: Mapping[str, Any]) -> None:
    """Raises ValueError if a value is of another type than `to_json` writes."""
    people = [who for some in row.get("reactions", {}).values() for who in some]
    for part in (row, row.get("author", {}), *people):
        for name, value in part.items():
            if not isinstance(value, KINDS.get(name, object)):
                raise ValueError(f"{name} is a {type(value).__name__}")
    moments = [datetime.fromisoformat(row[name]) for name in ("at", "heard") if name in row]
    if not isinstance(row.get("reply_to"), str | None) or not all(one.tzinfo for one in moments):
        raise ValueError("reply_to or a time is not as it was written")


def _message_row(message: Message) -> dict[str, Any]:
    return {
        "author": _author_row(message.author),
        "text": message.text,
        "heard": message.heard.isoformat(),
        "reply_to": message.reply_to,
        "mentions": list(message.mentions),
        "addressed": message.addressed,
        "history": message.history,
        **heading_row(message),
    }


def _message(id_: str, place: Thread, at: datetime, row: dict[str, Any]) -> Message:
    return Message(
        id=id_,
        thread=place,
        author=_author(row["author"]),
        text=row["text"],
        at=at,
        heard=datetime.fromisoformat(row["heard"]),
        reply_to=row["reply_to"],
        mentions=tuple(row["mentions"]),
        addressed=row["addressed"],
        starts_thread=place.root == id_,
        parts=heading_of(row),
        history=row["history"],
    )


def _author_row(author: Author) -> dict[str, Any]:
    return {"id": author.id, "name": author.name, **({"self": True} if author.is_self else {})}


def _author(row: dict[str, Any]) -> Author:
    return Author(id=row["id"], name=row["name"], is_self=row.get("self", False))
