"""Names of members: each belongs to the browser that first wrote under it.

A browser keeps a random secret; we keep its hash with the name. Names count by how they look, so "Аna" with a Cyrillic
"А" is Ana's. The names of the first messages' authors belong to nobody. A name under which only the JSON API has
written is free: whoever can call the API has the token, and may write under any name.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count

from adapters.local.text import MAX_NAME, Unacceptable, skeleton

NAME_MARK = "name/"  # of the keys of our marks: one per name


class NameInUse(Unacceptable):
    """Somebody else has the name; `free` is one like it that nobody has."""

    def __init__(self, name: str, free: str):
        super().__init__(f"author: {name!r} is somebody else here; {free!r} is free")
        self.name, self.free = name, free


@dataclass(frozen=True, slots=True)
class NameClaim:
    """`browser` is the hash of the secret; `at` an ISO time."""

    name: str
    browser: str
    at: str


class NameClaims:
    def __init__(self) -> None:
        self._held: dict[str, NameClaim] = {}  # by look
        self._nobodys: frozenset[str] = frozenset()  # looks

    def load(self, marks: Mapping[str, str]) -> None:
        """Reads marks; a damaged one holds no name."""
        for text in marks.values():
            try:
                row = json.loads(text)
                claim = NameClaim(str(row["name"]), str(row["browser"]), datetime.fromisoformat(row["at"]).isoformat())
            except (ValueError, TypeError, LookupError, RecursionError):
                continue
            self._held[_look(claim.name)] = claim

    def keep_for_nobody(self, names: Iterable[str]) -> None:
        self._nobodys = frozenset(map(_look, names))

    def is_free(self, name: str, secret: str) -> bool:
        """Whether the browser with this secret may write under the name."""
        look = _look(name)
        held = self._held.get(look)
        return held.browser == hashed(secret) if held else look not in self._nobodys

    def holds(self, name: str) -> bool:
        return _look(name) in self._held

    def put(self, claim: NameClaim) -> None:
        self._held[_look(claim.name)] = claim

    def unused(self, before: datetime, names: Iterable[str]) -> list[str]:
        """The names that were claimed before a time, unless they look like one of `names`."""
        left = set(map(_look, names))
        return [
            one.name for look, one in self._held.items() if look not in left and datetime.fromisoformat(one.at) < before
        ]

    def names(self) -> list[str]:
        return [claim.name for claim in self._held.values()]

    def drop(self, names: Iterable[str]) -> None:
        for name in names:
            self._held.pop(_look(name), None)


def free_name(name: str, is_free: Callable[[str], bool]) -> str:
    """The name with the lowest number behind it, from 2 on, that is free."""
    stem = (name.rstrip("0123456789 ") or name)[: MAX_NAME - 5]
    return next(numbered for number in count(2) if is_free(numbered := f"{stem} {number}"))


def mark_of(name: str) -> str:
    return NAME_MARK + hashlib.sha256(_look(name).encode()).hexdigest()[:24]


def to_mark(claim: NameClaim) -> str:
    return json.dumps(asdict(claim), ensure_ascii=False)


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _look(name: str) -> str:
    return skeleton(name) or name.casefold()
