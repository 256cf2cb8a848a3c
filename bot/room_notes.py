"""What a platform shows at the head of a room. `bot.types` has these types, too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pinned:
    """A pinned message; both texts are untrusted. `member` is the id of its author, "" if unknown."""

    id: str
    author: str
    text: str
    member: str = ""


@dataclass(frozen=True, slots=True)
class RoomNotes:
    """A room's topic, and its pinned messages, newest first. Untrusted: some members may write both."""

    topic: str = ""
    pinned: tuple[Pinned, ...] = ()


PINNED_MOST = 3  # messages that are asked for; rules and a few links are what most rooms pin
NO_NOTES = RoomNotes()
