"""Reads the seed messages of a new community."""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from adapters.local.entries import Entry
from adapters.local.members import member
from bot.types import Message, Room, Thread

SEED_FILE = Path(__file__).with_name("seed.toml")


def seeded_entries(rooms: Mapping[str, Room], now: datetime, first_order: int = 1) -> list[Entry]:
    """The seed posts and comments with times relative to `now`, oldest first; all are `history`."""
    said = sorted(
        (pair for number, post in enumerate(_posts(), 1) for pair in _thread(post, number, rooms, now)),
        key=lambda pair: pair[0].at,
    )
    order = count(first_order)
    return [_entry(message, reactions, next(order)) for message, reactions in said]


@cache
def _posts() -> list[dict[str, Any]]:
    posts: list[dict[str, Any]] = tomllib.loads(SEED_FILE.read_text(encoding="utf-8"))["post"]
    return posts


def _thread(
    post: dict[str, Any], number: int, rooms: Mapping[str, Room], now: datetime
) -> list[tuple[Message, dict[str, list[str]]]]:
    """A post and its comments, each with its reactions."""
    post_id = f"seed{number:02}"
    begun = now - timedelta(hours=post["hours"])
    place = Thread(rooms[post["room"]], post_id)
    first = _message(post_id, place, post, begun, now)
    comments = [
        _message(f"{post_id}-{n}", place, comment, begun + timedelta(minutes=comment["minutes"]), now)
        for n, comment in enumerate(post["comments"], 1)
    ]
    reactions = {one["emoji"]: one["authors"] for one in post.get("reactions", [])}
    return [(first, reactions), *((comment, {}) for comment in comments)]


def _message(id_: str, place: Thread, said: dict[str, Any], at: datetime, now: datetime) -> Message:
    return Message(
        id=id_,
        thread=place,
        author=member(said["author"]),
        text=said["text"].strip(),
        at=at,
        heard=now,
        starts_thread=place.root == id_,
        history=True,
    )


def _entry(message: Message, reactions: Mapping[str, list[str]], order: int) -> Entry:
    people = {emoji: tuple(member(name) for name in names) for emoji, names in reactions.items()}
    return Entry(message.id, order, message.room.id, str(message.thread.root), message.at, message, reactions=people)
