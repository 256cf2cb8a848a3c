"""We have come to a community: what its first word is made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.places import Room


@dataclass(frozen=True, slots=True)
class Arrival:
    """`room` is where the word is said. `open` are the rooms in which we may write, `closed` those in which we may not
    although everybody sees them; both with how the platform shows a room's name. `language` is the community's.
    `reads_all`: the platform shows us the text of every message, not only of those that call us."""

    room: Room
    open: Mapping[Room, str]
    closed: Mapping[Room, str]
    language: str = "en"
    reads_all: bool = True
