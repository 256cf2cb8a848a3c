"""Which room a command is about, from what its option `where` says."""

import re
from difflib import get_close_matches
from typing import NamedTuple

from bot.commands.catalogue import COMMUNITY, HERE
from bot.commands.parse import LIKE
from bot.commands.values import folded
from bot.remember.known_rooms import known_rooms
from bot.remember.store import Store
from bot.types import Room

ROOMS_LOOKED_THROUGH = 2000  # of all communities, those heard last; as many as are kept in memory
HERE_WORDS = frozenset({HERE, "", "this", "room", "this room", "这里", "本房间", "这个房间"})
COMMUNITY_WORDS = frozenset({COMMUNITY, "everywhere", "all", "server", "space", "社区", "整个社区", "全部", "到处"})
_ID = re.compile(r"\d{15,20}|![^\s/]{1,250}")  # of a Discord channel, or a Matrix room


class Target(NamedTuple):
    """A room, or (`whole`) its whole community."""

    room: Room
    whole: bool = False


class NoRoom(NamedTuple):
    """No room has that name; `like` is the one that was probably meant, or ""."""

    said: str
    like: str


async def place(store: Store, here: Room, where: str) -> Target | NoRoom:
    """Raises StoreError."""
    said = folded(where).removeprefix("<#").removesuffix(">")
    if said in HERE_WORDS:
        return Target(here)
    if said in COMMUNITY_WORDS:
        return Target(here, whole=True)
    known = await community_rooms(store, here)
    found = next((room for room in known if said in (folded(room.name), folded(room.id))), None)
    if found is None and _ID.fullmatch(said):
        return Target(Room(here.platform, here.community, where.strip("<#> "), "", here.community_name))
    if found is None:
        like = get_close_matches(said, [folded(room.name) for room in known], 1, LIKE)
        return NoRoom(where, like[0] if like else "")
    return Target(here if found == here else found)


async def community_rooms(store: Store, here: Room) -> list[Room]:
    """The rooms of a community that messages are stored of, and the room itself. Raises StoreError."""
    known = await store.ask(known_rooms(ROOMS_LOOKED_THROUGH))
    theirs = [room for room in known if (room.platform, room.community) == (here.platform, here.community)]
    return theirs if here in theirs else [here, *theirs]
