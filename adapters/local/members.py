"""Who is who in the local community: ids made from names, names nobody may take, and "@name" in a text."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable

from adapters.local.text import Unacceptable, skeleton
from bot.types import Author

OUR_ID = "cameo"  # the ids of people begin with "member-", so nobody can have this one
DISPLAY_NAME = "Cameo"
MAX_CALLS = 500  # "@" looked at per message; whoever calls more people than that calls nobody in particular

_CALL = re.compile(r"(?<![\w@])@(?=\w)")  # not inside an e-mail address


class NameTaken(Unacceptable):
    """The name is ours, or looks as if it were."""


def member(name: str) -> Author:
    """The author behind a clean name: the same name, in whatever case, is the same member."""
    folded = unicodedata.normalize("NFC", name.casefold())
    return Author(id="member-" + hashlib.sha256(folded.encode()).hexdigest()[:16], name=name)


class ReservedNames:
    """The names that are ours, and everything that looks like one of them; `names` are asked each time anew."""

    def __init__(self, names: Callable[[], Iterable[str]]):
        """`names` gives those of now: personas may change while we run."""
        self._names = names

    def refuse(self, name: str) -> None:
        """Raises NameTaken for a name that people could take for ours."""
        taken = {skeleton(each) for each in (DISPLAY_NAME, *self._names())} - {""}
        if skeleton(name) in taken:
            raise NameTaken(f"author: {name!r} is a name of the AI in this community; choose another one")


class Roll:
    """The names that have written here, to find who is called by a text."""

    def __init__(self) -> None:
        self._by_first_word: dict[str, dict[str, str]] = {}  # first word -> whole name -> member id

    def add(self, author: Author) -> None:
        name = author.name.casefold()
        self._by_first_word.setdefault(_first_word(name), {})[name] = author.id

    def called(self, text: str) -> tuple[str, ...]:
        """The ids of the members whose "@name" stands in the text, in order, each once."""
        folded = text.casefold()
        found: dict[str, None] = {}
        for number, call in enumerate(_CALL.finditer(folded)):
            if number >= MAX_CALLS:
                break
            if member_id := self._named_at(folded, call.end()):
                found[member_id] = None
        return tuple(found)

    def _named_at(self, folded: str, start: int) -> str | None:
        """The longest known name that stands at `start` and ends there as a word."""
        names = self._by_first_word.get(_first_word(folded[start : start + 100]), {})
        for name in sorted(names, key=len, reverse=True):
            end = start + len(name)
            if folded.startswith(name, start) and not folded[end : end + 1].isalnum():
                return names[name]
        return None


def _first_word(text: str) -> str:
    match = re.match(r"\w+", text)
    return match.group() if match else ""
