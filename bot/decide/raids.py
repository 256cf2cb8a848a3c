"""Is a room being raided? Nearly the same text by three people, or three times by one, within an hour.

A pure fold over the room's messages. It depends on the last `WINDOW` messages, and on as many before each of them, so
that a restart, which folds more than that again, comes to the same result. Copies are compared by their letters alone:
case, accents, emoji, numbers, spaces, look-alike letters and the ends of links do not count.
"""

import re
from collections import deque
from dataclasses import dataclass

from bot.decide.disguise import LETTERS_ALIKE
from bot.decide.signals import kinds
from bot.decide.times import HOUR
from bot.language.packs import MessageKind, Packs, words_of
from bot.types import Message

COPIES = 3  # by so many people, or so many by one, within an hour
OTHER_WORDS = 1  # messages that somebody who floods a room also writes, at most
ASKING = frozenset({MessageKind.QUESTION, MessageKind.REQUEST})
SCREEN = 20  # messages among which one person's copies must be: in a busy room, people repeat what got no answer
WINDOW = 200  # messages after which copies do not count any more: the room has gone on
ALIKE = 0.55  # share of three-letter sequences that two copies have in common; two changed words in ten leave more
LONGER = 1.25  # a copy is at most so many times as long: a text with as much again is another one
# Letters. "good morning everyone" (19), "same problem here too" (18) and "happy birthday ben" (16) are no copies.
LEAST, LEAST_WITH_LINK = 24, 16
OWN_WORDS = 8  # letters: a text with fewer is a bare link, and only the same link is a copy of that
LETTERS_PER_SIGN = 3  # letters that a character of a script such as Chinese counts for
READ_OF_COPY = 400  # characters: enough to tell texts apart
BITS = 1021  # of a signature; prime, so that sequences spread

LINK = re.compile(r"(?:https?://|www\.)(?:www\.)?([^\s/?#]+)(\S*)", re.IGNORECASE)
NO_LETTER = re.compile(r"[\W\d_]+")


@dataclass(slots=True)
class Imprint:
    """What is kept of a person's message: its place in the room, its time in seconds, how many letters it has (0 if too
    few to be a copy), and the three-letter sequences in them as bits."""

    id: str
    number: int
    author: str
    at: float
    length: int
    signature: int


class Raids:
    """Folds a room's messages."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._said: deque[Imprint] = deque()
        self._count = 0
        self._last: Imprint | None = None  # of the last raid

    def hear(self, message: Message, at: float, by_person: bool) -> list[str]:
        """Takes in a message. Returns the ids of the copies of a raid that it belongs to, its own first; empty if it
        belongs to none."""
        self._count += 1
        if not by_person:
            return []
        while self._said and self._said[0].number <= self._count - WINDOW:
            self._said.popleft()
        letters = letters_of(message.text)
        said = Imprint(message.id, self._count, message.author.id, at, len(letters), signature(letters))
        copies = self._copies(said) if letters else []
        self._said.append(said)
        if len(copies) < COPIES or not (_are_many(copies) or self._is_by_one(message, said, copies)):
            return []
        self._last = said
        return [one.id for one in copies]

    def _copies(self, said: Imprint) -> list[Imprint]:
        """The message and its copies in the last hour."""
        since, least, most = said.at - HOUR, said.length / LONGER, said.length * LONGER
        near = [one for one in self._said if least <= one.length <= most and one.at > since]
        return [said, *(one for one in near if is_alike(one.signature, said.signature))]

    def _is_by_one(self, message: Message, said: Imprint, copies: list[Imprint]) -> bool:
        """Whether one person floods the room: repeats a text, and hardly says anything else. Somebody who asks again
        does not, but with a link that may be advertising."""
        lately = [one for one in (*self._said, said) if one.number > said.number - SCREEN and one.at > said.at - HOUR]
        own = sum(one.author == said.author for one in lately)
        same = sum(one.author == said.author and one.number > said.number - SCREEN for one in copies)
        if same < COPIES or own > same + OTHER_WORDS:
            return False
        return bool(LINK.search(message.text)) or not kinds(message, self._packs) & ASKING

    def forget(self, message_id: str) -> None:
        """Removes a deleted message."""
        self._said = deque(one for one in self._said if one.id != message_id)

    def is_on(self, now: float) -> bool:
        """Whether a raid was on less than an hour before `now` (in seconds), and the room has not gone on since."""
        last = self._last
        return last is not None and now < last.at + HOUR and last.number > self._count - WINDOW


def _are_many(copies: list[Imprint]) -> bool:
    return len({one.author for one in copies}) >= COPIES


def letters_of(text: str) -> str:
    """The letters by which copies are told; empty if there are too few. Of a link, the host counts; of a bare link, all
    of it."""
    text = text[:READ_OF_COPY]
    links = LINK.findall(text) if "://" in text or "www." in text else []
    own = _letters(LINK.sub(" ", text) if links else text)
    if links and len(own) < OWN_WORDS:
        own = "".join(_letters(host) + path for host, path in links)
    else:
        own += "".join(_letters(host) for host, _ in links)
    weight = len(own) if own.isascii() else sum(LETTERS_PER_SIGN if one >= "\u2e80" else 1 for one in own)
    return own if weight >= (LEAST_WITH_LINK if links else LEAST) else ""


def _letters(text: str) -> str:
    letters = NO_LETTER.sub("", "".join(words_of(text, READ_OF_COPY)))
    return letters if letters.isascii() else letters.translate(LETTERS_ALIKE)


def signature(letters: str) -> int:
    """The three-letter sequences of the text, as bits."""
    codes = [ord(letter) for letter in letters]
    bits = 0
    for first, second, third in zip(codes, codes[1:], codes[2:], strict=False):
        bits |= 1 << (first * 961 + second * 31 + third) % BITS
    return bits


def is_alike(one: int, other: int) -> bool:
    """Whether two signatures are of nearly the same text."""
    return (one & other).bit_count() >= ALIKE * (one | other).bit_count()
