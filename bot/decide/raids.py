"""Is a room being raided? Nearly the same text by three people, or three times by one, within an hour.

A pure fold over the room's messages. It depends on the last `WINDOW` messages, and on as many before each of them, so
that a restart, which folds more than that again, comes to the same result. Copies are found by their letters alone:
case, accents, emoji, numbers, spaces, look-alike letters and the ends of links do not count. What was found among
several people is then compared by words (`bot/decide/copies.py`).
"""

import re
from collections import deque
from dataclasses import dataclass

from bot.decide.copies import is_rare, says_the_same, voices
from bot.decide.signals import kinds, shows
from bot.decide.times import HOUR
from bot.language.disguise import LETTERS_ALIKE
from bot.language.packs import MessageKind, Packs, words_of
from bot.types import Message

COPIES = 3  # by so many people, or so many by one, within an hour
COMPARED = 10  # copies at most that are compared with each other, or by words: it bounds the time in a flood
A_WORD = 4  # characters: somebody who floods a room writes nothing else but messages that are shorter, such as "x"
ASKING = frozenset({MessageKind.QUESTION, MessageKind.REQUEST})
SAID_ALIKE = frozenset({MessageKind.THANKS, MessageKind.SMALL_TALK})  # people say these in the same words
# The very same text three times by one in so many seconds, with so few messages of others in between, is a flood, even
# if it asks. In 39,322 lines of #ubuntu, those who asked again so often and so soon saw two messages or more between.
AT_ONCE, OTHERS_BETWEEN = 300, 1
SCREEN = 20  # messages among which one person's copies must be: in a busy room, people repeat what got no answer
WINDOW = 200  # messages after which copies do not count any more: the room has gone on
ALIKE = 0.55  # share of three-letter sequences that two copies have in common; two changed words in ten leave more
LONGER = 1.25  # a copy is at most so many times as long: a text with as much again is another one
# Letters. "good morning everyone" (19), "same problem here too" (18) and "happy birthday ben" (16) are no copies.
LEAST, LEAST_WITH_LINK = 24, 16
LEAST_SAME = 12  # letters: a text shorter than the above is a copy only if it is exactly the same, and rare in a raid
OWN_WORDS = 8  # letters: a text with fewer is a bare link, and only the same link is a copy of that
LETTERS_PER_SIGN = 3  # letters that a character of a script such as Chinese counts for
READ_OF_COPY = 400  # characters: enough to tell texts apart
BITS = 1021  # of a signature; prime, so that sequences spread

LINK = re.compile(r"(?:https?://|www\.)(?:www\.)?([^\s/?#]+)(\S*)", re.IGNORECASE)
NO_LETTER = re.compile(r"[\W\d_]+")


@dataclass(slots=True)
class Imprint:
    """What is kept of a person's message: its place in the room, its time in seconds, its text, how many letters it has
    (0 if too few to be a copy), these letters (if only the same are a copy) or their three-letter sequences as
    bits, and whether it says again what its author said within the hour."""

    id: str
    number: int
    author: str
    at: float
    length: int
    signature: int
    text: str
    is_short: bool
    repeats: bool = False


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
        said = self._imprint(message, at)
        copies = self._copies(said) if said.length else []
        said.repeats = len(copies) > 1 and not shows(message) and self._was_said(said, copies[1:])
        self._said.append(said)
        if len(copies) < COPIES or not self._is_raid(message, said, copies):
            return []
        self._last = said
        return [one.id for one in copies]

    def _imprint(self, message: Message, at: float) -> Imprint:
        text = message.said[:READ_OF_COPY]
        letters, is_short = letters_of(text)
        bits = int.from_bytes(letters.encode()) if is_short else signature(letters)
        return Imprint(message.id, self._count, message.author.id, at, len(letters), bits, text, is_short)

    def _copies(self, said: Imprint) -> list[Imprint]:
        """The message, its copies in the last hour, and copies of these: two who each changed a word of a third."""
        longer = 1 if said.is_short else LONGER
        since, least, most = said.at - HOUR, said.length / longer, said.length * longer
        near = [one for one in self._said if least <= one.length <= most and one.at > since]
        copies = [one for one in near if _is_copy(one, said)]
        return [said, *(one for one in near if any(_is_copy(one, copy) for copy in copies[-COMPARED:]))]

    def _is_raid(self, message: Message, said: Imprint, copies: list[Imprint]) -> bool:
        """Whether the copies are a raid. `counts`: they need not be at once, since they ask nothing or have a link."""
        has_link, found = bool(LINK.search(said.text)), kinds(message, self._packs)
        counts = has_link or not found & ASKING
        if said.is_short and (has_link or not is_rare(said.text, self._packs)):
            return False
        if found and found <= SAID_ALIKE:
            return False
        return self._is_by_many(said, copies, has_link, counts) or self._is_by_one(said, copies, counts)

    def _is_by_many(self, said: Imprint, copies: list[Imprint], has_link: bool, counts: bool) -> bool:
        """Whether several people say the same. With a link, whatever the words around it are."""
        if said.is_short:
            copies = [one for one in copies if one.at > said.at - AT_ONCE]
        others = {one.author: one.text for one in copies if one.author != said.author}
        if 1 + len(others) < COPIES:
            return False
        return has_link or voices([said.text, *[*others.values()][1 - COMPARED :]], asks=not counts) >= COPIES

    def _is_by_one(self, said: Imprint, copies: list[Imprint], counts: bool) -> bool:
        """Whether one person floods the room: repeats a text, and says nothing else. Somebody who asks again does not,
        unless at once and in the very same words; but with a link, that may be advertising."""
        own = [one for one in copies if one.author == said.author and one.number > said.number - SCREEN]
        if len(own) < COPIES:
            return False
        if self._is_at_once(said, own):
            return True
        lately = [one for one in self._said if one.number > said.number - SCREEN and one.at > said.at - HOUR]
        spoke = sum(one.author == said.author and len(one.text) >= A_WORD for one in lately)
        return counts and spoke <= len(own)

    def _is_at_once(self, said: Imprint, own: list[Imprint]) -> bool:
        """Whether one person says the very same three times in a few minutes, and hardly anybody else speaks."""
        same = [one for one in own if one.signature == said.signature and one.at > said.at - AT_ONCE]
        if len(same) < COPIES:
            return False
        begun = same[1 - COPIES].number  # `said` comes first, then the oldest
        others = sum(one.author != said.author and one.number > begun for one in self._said)
        return others <= OTHERS_BETWEEN

    def _was_said(self, said: Imprint, copies: list[Imprint]) -> bool:
        own = [one for one in copies if one.author == said.author][-COMPARED:]
        return any(says_the_same(one.text, said.text, self._packs) for one in own)

    def repeats(self, message_id: str) -> bool:
        """Whether the message says again what its author said within the hour before it."""
        return any(one.repeats and one.id == message_id for one in reversed(self._said))

    def forget(self, message_id: str) -> None:
        """Removes a deleted message."""
        self._said = deque(one for one in self._said if one.id != message_id)

    def is_on(self, now: float) -> bool:
        """Whether a raid was on less than an hour before `now` (in seconds), and the room has not gone on since."""
        last = self._last
        return last is not None and now < last.at + HOUR and last.number > self._count - WINDOW


def _is_copy(one: Imprint, other: Imprint) -> bool:
    if one.is_short or other.is_short:
        return one.signature == other.signature
    return is_alike(one.signature, other.signature)


def letters_of(text: str) -> tuple[str, bool]:
    """The letters by which copies are told, none if there are too few; and whether they are so few that only the same
    letters are a copy. Of a link, the host counts; of a bare link, all of it."""
    text = text[:READ_OF_COPY]
    links = LINK.findall(text) if "://" in text or "www." in text else []
    own = _letters(LINK.sub(" ", text) if links else text)
    if links and len(own) < OWN_WORDS:
        own = "".join(_letters(host) + path for host, path in links)
    else:
        own += "".join(_letters(host) for host, _ in links)
    weight = len(own) if own.isascii() else sum(LETTERS_PER_SIGN if one >= "\u2e80" else 1 for one in own)
    is_short = weight < (LEAST_WITH_LINK if links else LEAST)
    return own if weight >= LEAST_SAME else "", is_short


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
