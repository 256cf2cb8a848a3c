"""The answers to members' commands: each is shown to its asker only, and kept in memory, never on disk."""

from typing import NamedTuple

from bot.types import Answer, Asked

ANSWERS_KEPT = 20  # of one asker; a page shows them below the composer, where more would push everything else away
ASKERS_KEPT = 500  # an answer may hold a member's whole export, so the memory must not grow with the members


class Given(NamedTuple):
    asked: Asked
    answer: Answer


class Answers:
    """The newest answers of each asker, by the key under which they were given."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Given]] = {}  # asker's id -> key -> answer; the asker who got one last is last

    def give(self, asked: Asked, answer: Answer, key: str) -> bool:
        """Keeps an answer; False if it was given before."""
        given = self._of.pop(asked.author.id, {})
        self._of[asked.author.id] = given
        is_new = key not in given
        if is_new:
            given[key] = Given(asked, answer)
        for old in list(given)[:-ANSWERS_KEPT]:
            del given[old]
        for asker in list(self._of)[:-ASKERS_KEPT]:
            del self._of[asker]
        return is_new

    def of(self, asker: str) -> list[Given]:
        """The answers that a member has got, oldest first."""
        return list(self._of.get(asker, {}).values())

    def dismiss(self, asker: str, asked_id: str) -> None:
        """Forgets what was answered to one command."""
        given = self._of.get(asker, {})
        for key in [key for key, one in given.items() if one.asked.id == asked_id]:
            del given[key]
