"""A made-up community, as rows of a recorded history: threads and talk, bots, mentions, replies and long silences."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
TEXTS = ("does it rise?", "yes, two days", "look at this", "`why?` is in the code", "u2, try it", "@cameo and you?")


def row(id: str, author: str = "ana", text: str = "does it rise?", seconds: float = 0.0, **more: Any) -> dict[str, Any]:
    """One row; `seconds` after noon."""
    at = (BEGIN + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    given: dict[str, Any] = {
        "room": "feed",
        "thread": None,
        "name": author.title(),
        "bot": False,
        "reply_to": None,
        "mentions": [],
    }
    return given | {"id": id, "author": author, "text": text, "at": at} | more


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return path


def community(seed: int, messages: int = 600, *, threaded: bool = True) -> list[dict[str, Any]]:
    """Rows in order of time. Posts get no answer, one or many; every tenth message is a bot's, a few call us."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    posts: dict[str, list[dict[str, Any]]] = {"feed": [], "kitchen": [], "garden": []}
    seconds = 0.0
    for number in range(messages):
        seconds += round(chance.expovariate(1 / 90), 3) if chance.random() < 0.9 else chance.choice((0.0, 1.0, 7200.0))
        room = chance.choice(list(posts))
        one = row(f"m{number}", f"u{chance.randrange(9)}", chance.choice(TEXTS), seconds, room=room)
        one["bot"] = one["author"] == "u0"
        one["mentions"] = [f"u{chance.randrange(9)}"] if chance.random() < 0.15 else []
        if "@cameo" in one["text"] and not one["bot"]:
            one["mentions"] = ["cameo"]
        _place(one, posts[room], chance, threaded=threaded)
        rows.append(one)
    return rows


def _place(one: dict[str, Any], posts: list[dict[str, Any]], chance: random.Random, *, threaded: bool) -> None:
    if posts and chance.random() < 0.6:
        first = chance.choice(posts[-6:])
        one.update({"thread": first["id"]} if threaded else {"reply_to": first["id"]})
    else:
        one["thread"] = one["id"] if threaded else None
        posts.append(one)


def truth_of(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The links as an annotator would have recorded them."""
    conversation: dict[str, str] = {}
    for one in rows:
        conversation[one["id"]] = one["thread"] or conversation.get(one["reply_to"]) or one["id"]
    return [{"id": id, "conversation": first, "reply_to": [], "scored": True} for id, first in conversation.items()]
