"""Where something is said, and who says it. `bot.types` has these words too. Standard library only."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A slotted dataclass that the type checker treats as frozen. Freezing at run time makes construction five times as
    slow, and every message constructs several."""
    return dataclass(slots=True, unsafe_hash=True)(cls)


@record
class Room:
    """A Discord channel, a Matrix room, or a room of the local community. Its identity is platform, community and id;
    the names are for people and for matching rules. A missing part is "-"."""

    platform: str
    community: str
    id: str
    name: str = field(default="", compare=False)
    community_name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.platform}/{self.community}/{self.id}"


@record
class Thread:
    """One conversation in a room. `root` is the platform's thread id (local: the post's id, Discord: the
    thread's channel id, Matrix: the m.thread root event), or None for the room's own timeline."""

    room: Room
    root: str | None = None


@record
class Author:
    """Who wrote a message. `is_self` marks us, `is_bot` any other automated account. `name` is untrusted."""

    id: str
    name: str
    is_bot: bool = False
    is_self: bool = False
