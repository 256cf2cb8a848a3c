"""Creates messages and turns for tests, with defaults for irrelevant fields."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.remember.visibility import Viewer
from bot.types import (
    ALL_MEMBERS,
    Author,
    Decision,
    Deletion,
    Edit,
    Message,
    Reaction,
    Room,
    State,
    Thread,
    Turn,
    Verdict,
)

KITCHEN = Room("local", "home", "kitchen", "Kitchen", "Home")
WORKSHOP = Room("local", "home", "workshop", "Workshop", "Home")
ANN = Author("ann", "Ann")
NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def message(id: str, text: str = "hello", *, room: Room = KITCHEN, root: str | None = None, **rest: Any) -> Message:
    return Message(id, Thread(room, root), **{"author": ANN, "text": text, "at": NOON, "heard": NOON, **rest})


def turn(id: str, trigger: str, *, room: Room = KITCHEN, **rest: Any) -> Turn:
    values = {"decision": Decision(Verdict.SPEAK, "addressed"), "state": State.DUE, "at": NOON, **rest}
    return Turn(id, Thread(room), trigger, "ann", "mochi", **values)


def reaction(message_id: str, emoji: str = "👍", *, author: Author = ANN, removed: bool = False) -> Reaction:
    return Reaction(KITCHEN, message_id, author, emoji, NOON, removed)


def edit(message_id: str, text: str, *, room: Room = KITCHEN) -> Edit:
    return Edit(room, message_id, text, NOON)


def deletion(message_id: str, *, room: Room = KITCHEN) -> Deletion:
    return Deletion(room, message_id, NOON)


def everybody(room: Room = KITCHEN) -> Viewer:
    """A viewer for tests in which everybody may read everything."""
    return Viewer(room, ALL_MEMBERS)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def ids(messages: Iterable[Message]) -> list[str]:
    return [message.id for message in messages]
