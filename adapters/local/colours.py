"""Colours of the people in a room, so that nobody looks like their neighbour. Pure."""

import zlib
from collections import Counter

from bot.types import Author

COLOURS = 24  # 12 hues, which most eyes tell apart, each light and deep


class Colours:
    """Gives each author of one room a number below COLOURS, in the order in which they first wrote: a different one
    until all are given, then one of the least used. Who has a colour keeps it when others come."""

    def __init__(self) -> None:
        self._given: dict[str, int] = {}
        self._used: Counter[int] = Counter()

    def add(self, author: Author) -> None:
        key = _key(author)
        if key not in self._given:
            first = zlib.crc32(key.encode())
            free = ((first + step) % COLOURS for step in range(COLOURS))
            self._given[key] = colour = min(free, key=lambda each: self._used[each])
            self._used[colour] += 1

    def of(self, author: Author) -> int:
        """The author's colour; 0 for somebody who has not written here."""
        return self._given.get(_key(author), 0)


def _key(author: Author) -> str:
    return f"persona {author.name}" if author.is_self else author.id
