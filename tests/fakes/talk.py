"""Short constructors for messages, for tests that read like conversations."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.types import Author, Message, Room, Thread

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
FEED = Room("local", "home", "feed", "feed", "home")


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def person(name: str) -> Author:
    return Author(f"id-{name.casefold()}", name)


US = Author("cameo", "Mochi", is_bot=True, is_self=True)
BOT = Author("id-weatherbot", "WeatherBot", is_bot=True)


def post(id: str, who: str | Author, text: str = "hello", when: float = 0.0, room: Room = FEED, **more: Any) -> Message:
    """A message that starts a thread, `when` seconds after noon."""
    return _message(id, who, text, when, Thread(room, id), starts_thread=True, **more)


def comment(
    id: str, root: str, who: str | Author, text: str = "hm", when: float = 0.0, room: Room = FEED, **more: Any
) -> Message:
    """A message in the thread started by `root`."""
    return _message(id, who, text, when, Thread(room, root), **more)


def line(id: str, who: str | Author, text: str = "hm", when: float = 0.0, room: Room = FEED, **more: Any) -> Message:
    """A message in the room's timeline."""
    return _message(id, who, text, when, Thread(room), **more)


def said_in(thread: Thread, id: str, who: str | Author, text: str = "hm", when: float = 0.0, **more: Any) -> Message:
    """A message in a thread, or in the timeline."""
    return _message(id, who, text, when, thread, **more)


def _message(id: str, who: str | Author, text: str, when: float, thread: Thread, **more: Any) -> Message:
    author = person(who) if isinstance(who, str) else who
    return Message(id, thread, author, text, at=more.pop("sent", at(when)), heard=at(when), **more)
