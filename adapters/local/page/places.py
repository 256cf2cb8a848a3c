"""Where in the community a tab is: what an address names, and what Back and Forward return to."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.local.community import Community

LONGEST_NAME = 100  # characters of an unknown room's name that are repeated


class Spot(NamedTuple):
    """A message, and how far from the top of the window it was seen: in pixels, None: show it in the middle."""

    message_id: str
    top: float | None = None


class Place(NamedTuple):
    """A room, the spot in it, and a key under `page` in the catalogue if what was asked for is not there."""

    room: str
    spot: Spot | None = None
    problem: str = ""
    wanted: str = ""


def place_of(community: Community, room: str, message_id: str = "") -> Place:
    """The place that a link names. A message is found whatever room the link says; without it, or without the room, the
    place says so and gives the nearest one that exists."""
    if entry := community.standing(message_id):
        return Place(entry.room_id, Spot(message_id))
    shown = room if room in community.rooms else next(iter(community.rooms))
    if message_id:
        return Place(shown, problem="no_message")
    return Place(shown) if room in ("", shown) else Place(shown, problem="no_room", wanted=room[:LONGEST_NAME])


def place_seen(community: Community, seen: Mapping[str, Any]) -> Place:
    """The place that a browser remembers: `room`, and either `post` from the address, or the message `at` that it last
    showed at `top` pixels. Whatever is of another type counts as absent."""
    room, post, at = (value if isinstance(value := seen.get(key), str) else "" for key in ("room", "post", "at"))
    top = seen.get("top")
    entry = community.standing(at)
    if entry and entry.room_id == room and isinstance(top, int | float):
        return Place(room, Spot(at, float(top)))
    return place_of(community, room, "" if at else post)
