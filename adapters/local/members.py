"""Members of the local community: ids derived from names, reserved names, and "@name" mentions in a text."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from adapters.local.text import DENSE, Unacceptable, skeleton
from bot.types import Author

OUR_ID = "cameo"  # members' ids begin with "member-", so nobody can have this one
DISPLAY_NAME = "Cameo"
MAX_CALLS = 500  # "@" examined per message: one with more mentions addresses nobody in particular

_LETTER = re.compile(rf"[^\W{DENSE}]")
_CALL = re.compile(rf"(?<![^\W{DENSE}])(?<!@)@(?=[^\s@])")  # not inside an e-mail address


class NameTaken(Unacceptable):
    """The name is ours, or looks like ours."""


def member(name: str) -> Author:
    """The author with a clean name: the same name in any case is the same member."""
    folded = unicodedata.normalize("NFC", name.casefold())
    return Author(id="member-" + hashlib.sha256(folded.encode()).hexdigest()[:16], name=name)


def ourselves(name: str) -> Author:
    """Us, under the name that a room's persona has."""
    return Author(id=OUR_ID, name=name, is_self=True)


class ReservedNames:
    """Our names and everything that looks like one of them."""

    def __init__(self, names: Callable[[], Iterable[str]]):
        """`names` is called for each check, since personas may change while we run."""
        self.names = names

    def has(self, name: str) -> bool:
        """Whether people could take the name for one of ours."""
        return skeleton(name) in {skeleton(each) for each in (DISPLAY_NAME, *self.names())} - {""}

    def refuse(self, name: str) -> None:
        """Raises NameTaken for a name that people could take for ours."""
        if self.has(name):
            raise NameTaken(f"author: {name!r} is a name of the AI in this community; choose another one")


class Named(NamedTuple):
    """Where a text names somebody, with the "@"."""

    start: int
    end: int
    member_id: str


class Roll:
    """Names, to find mentions of them in a text."""

    def __init__(self, authors: Iterable[Author] = ()) -> None:
        self._by_beginning: dict[str, dict[str, Author]] = {}  # one or two first characters -> whole name -> member
        for author in authors:
            self.add(author)

    def add(self, author: Author) -> None:
        name = author.name.casefold()
        self._by_beginning.setdefault(name[:2], {})[name] = author

    def drop(self, member_id: str) -> None:
        for begun in self._by_beginning.values():
            for name in [name for name, author in begun.items() if author.id == member_id]:
                del begun[name]

    def called(self, text: str) -> tuple[str, ...]:
        """The ids of the members whose "@name" occurs in the text, in order, each once."""
        return tuple(dict.fromkeys(named.member_id for named in self.named(text)))

    def named(self, text: str) -> Iterator[Named]:
        """Each "@name" in the text, in order: the longest name that fits, in any case."""
        for call in islice(_CALL.finditer(text), MAX_CALLS):
            begun = text[call.end() : call.end() + 2].casefold()
            known = self._by_beginning.get(begun[:2], {}) | self._by_beginning.get(begun[:1], {})
            for name, author in sorted(known.items(), key=lambda one: len(one[0]), reverse=True):
                end = call.end() + len(author.name)
                if text[call.end() : end].casefold() == name and not _goes_on(text[end - 1 : end + 1]):
                    yield Named(call.start(), end, author.id)
                    break


def is_bare(name: str, text: str) -> bool:
    """Whether a name stands in a text as a word of its own, and nowhere with an "@"."""
    named, said = re.escape(name.casefold()), text.casefold()
    return f"@{name.casefold()}" not in said and any(
        not _goes_on(said[max(0, one.start() - 1) : one.start() + 1] if one.start() else "")
        and not _goes_on(said[one.end() - 1 : one.end() + 1])
        for one in re.finditer(named, said)
    )


def _goes_on(pair: str) -> bool:
    """Whether the second of two characters goes on with the word of the first, as far as a script with spaces tells."""
    return len(pair) == 2 and all(_LETTER.match(sign) for sign in pair)
