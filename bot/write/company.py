"""Who is who in a thread: for its few people, what helps to speak with them as one who knows the room. Pure.

Only how long and how often they have written here, and whether they have asked us before: no profile, and nothing that
the asker could not see by scrolling up.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from bot.remember.people import Acquaintance, Acquaintances
from bot.types import Author, Message
from bot.write.persona import PromptLanguage

PEOPLE = 6  # more are a crowd, and each costs a line
NEW_FOR = timedelta(days=1)  # after their first message; by then a member has been greeted, or never will be
KNOWN_FOR = timedelta(days=7)  # a room that we know for less: everybody would seem new
OFTEN = 20  # messages that are kept of a regular

_TEXTS = {
    "en": {
        "title": "Who is who (counted from the messages that are kept; do not bring it up):",
        "new": "new here",
        "often": "writes here often",
        "asked": "has asked you before",
        "comma": ", ",
        "line": "{} ({})",
    },
    "zh": {
        "title": "谁是谁（从保存着的消息里数出来的，不要主动提起）：",
        "new": "新来的",
        "often": "常在这里说话",
        "asked": "以前问过你",
        "comma": "，",
        "line": "{}（{}）",
    },
}


def speakers(said: Sequence[Message], trigger: Message) -> list[Author]:
    """The people of a thread: the trigger's author, then those who spoke last, PEOPLE at most."""
    authors = {message.author.id: message.author for message in (*said, trigger)}  # under their newest names
    order = dict.fromkeys([trigger.author.id, *(message.author.id for message in reversed(said))])
    people = (authors[id] for id in order)
    return [author for author in people if not (author.is_bot or author.is_self)][:PEOPLE]


def who_is_who(
    people: Iterable[tuple[str, Author]], known: Acquaintances, now: datetime, language: PromptLanguage
) -> tuple[str, list[str]]:
    """The title, and a line for each of the people (name in the prompt, author) of whom there is something to tell."""
    texts = _TEXTS[language]
    lines = []
    for name, author in people:
        if traits := _traits(known.people.get(author.id), known.since, now):
            lines.append(texts["line"].format(name, texts["comma"].join(texts[trait] for trait in traits)))
    return texts["title"], lines


def _traits(known: Acquaintance | None, since: datetime | None, now: datetime) -> list[str]:
    if known is None or since is None:
        return []
    is_new = known.first - since >= KNOWN_FOR and now - known.first < NEW_FOR and known.said < OFTEN
    is_regular = known.said >= OFTEN and now - known.first >= KNOWN_FOR
    told = {"new": is_new, "often": is_regular, "asked": known.has_asked}
    return [trait for trait, is_so in told.items() if is_so]
