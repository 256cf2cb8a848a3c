"""Reads the seed messages of a new community: the same posts for the readers of each language."""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from adapters.local.entries import Entry, Reactions, entry_of
from adapters.local.members import member, ourselves
from bot.types import Message, Room, Thread

SEED_FILES = Path(__file__).with_name("seeds")  # one file per language: en.toml

Voice = Callable[[Room], str]
"""The name under which we speak in a room."""


def seeded_entries(rooms: Mapping[str, Room], now: datetime, voice: Voice, first_order: int = 1) -> list[Entry]:
    """The seed posts and comments with times relative to `now`, oldest first; all are `history`.

    Lines of ours are examples, which the core must not hear: nobody asked for them, and no limit counts them. They are
    left out where another persona speaks than the one that they were written for.
    """
    said = [
        entry
        for path in sorted(SEED_FILES.glob("*.toml"))
        for number, post in enumerate(_posts(path), 1)
        for entry in _thread(post, number, path.stem, rooms[post["room"]], voice, now)
    ]
    said.sort(key=lambda entry: entry.at)
    return [replace(entry, order=order) for order, entry in enumerate(said, first_order)]


@cache
def _posts(path: Path) -> list[dict[str, Any]]:
    posts: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["post"]
    return posts


def _thread(
    post: dict[str, Any], number: int, language: str, room: Room, voice: Voice, now: datetime
) -> Iterator[Entry]:
    """A post and its comments. The post of an example, and our lines in it, say that they are one."""
    post_id = f"seed{number:02}" if language == "en" else f"seed-{language}{number:02}"
    lines = [{**post, "minutes": 0}, *post["comments"]]
    is_another = any(line.get("persona") not in (None, voice(room)) for line in lines)
    example = "" if is_another else post.get("example", "")
    for n, line in enumerate(lines):
        ours = "persona" in line
        if ours and is_another:
            continue
        message = Message(
            id=f"{post_id}-{n}" if n else post_id,
            thread=Thread(room, post_id),
            author=ourselves(line["persona"]) if ours else member(line["author"]),
            text=line["text"].strip(),
            at=now - timedelta(hours=post["hours"]) + timedelta(minutes=line["minutes"]),
            heard=now,
            reply_to=post_id if ours else None,
            starts_thread=not n,
            history=True,
        )
        shown = example if ours or not n else ""
        entry = entry_of(message, n)
        yield replace(entry, reactions=_reactions(line), language=language, example=shown)


def _reactions(line: dict[str, Any]) -> Reactions:
    return {one["emoji"]: tuple(map(member, one["authors"])) for one in line.get("reactions", [])}
