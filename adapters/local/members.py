"""Members of the local community: ids derived from names, reserved names, and "@name" mentions in a text."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable

from adapters.local.text import Unacceptable, skeleton
from bot.types import Author

OUR_ID = "cameo"  # members' ids begin with "member-", so nobody can have this one
DISPLAY_NAME = "Cameo"
MAX_CALLS = 500  # "@" examined per message: one with more mentions addresses nobody in particular

_CALL = re.compile(r"(?<![\w@])@(?=\w)")  # not inside an e-mail address


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
        self._names = names

    def refuse(self, name: str) -> None:
        """Raises NameTaken for a name that people could take for ours."""
        taken = {skeleton(each) for each in (DISPLAY_NAME, *self._names())} - {""}
        if skeleton(name) in taken:
            raise NameTaken(f"author: {name!r} is a name of the AI in this community; choose another one")


class Roll:
    """The names of everybody who has written here, to find mentions in a text."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, dict[str, str]] = {}  # first word -> whole name -> member id

    def add(self, author: Author) -> None:
        name = author.name.casefold()
        self._by_first_word.setdefault(_first_word(name), {})[name] = author.id

    def called(self, text: str) -> tuple[str, ...]:
        """The ids of the members whose "@name" occurs in the text, in order, each once."""
        folded = text.casefold()
        found: dict[str, None] = {}
        for number, call in enumerate(_CALL.finditer(folded)):
            if number >= MAX_CALLS:
                break
            if member_id := self._named_at(folded, call.end()):
                found[member_id] = None
        return tuple(found)

    def _named_at(self, folded: str, start: int) -> str | None:
        """The member id of the longest known name at `start` that ends at a word boundary."""
        names = self._by_first_word.get(_first_word(folded[start : start + 100]), {})
        for name in sorted(names, key=len, reverse=True):
            end = start + len(name)
            if folded.startswith(name, start) and not folded[end : end + 1].isalnum():
                return names[name]
        return None


def _first_word(text: str) -> str:
    match = re.match(r"\w+", text)
    return match.group() if match else ""
