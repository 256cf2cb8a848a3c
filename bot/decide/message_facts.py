"""The facts about a message that deciding needs."""

import re
from dataclasses import dataclass

from bot.decide.reading import Reading
from bot.types import Message

WORD = re.compile(r"[^\W\d_]{3,}|\d{2,}")
HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}")
# A name as people type it before what they say; no space follows a Chinese colon
LEADING_NAME = re.compile(r"\s*+[@＠]?([^\s:,，：@][^:,，：\n]{0,30}+)(?:[:,](?:\s|$)|[：，])")
ANOTHER = 4  # new words that make it another question; "any ideas?" or "and for rye?" has fewer
BEGINNING = 100  # characters; enough words to tell a language
READ = 600  # only this many characters are searched for words: what comes later is a log or a poem


@dataclass(slots=True)  # not frozen: that takes three times as long to make, and every message makes one
class MessageFacts:
    """The facts about one message.

    `by_person`: neither by us nor by another bot. `at` is in seconds, by our own clock, or by the platform's for
    messages from before we joined. `calls` are the people whom the message addresses.
    `begins`: a person's first words, by which the language of a room is told; `reading` is
    what they are, once that was asked.
    """

    id: str
    root: str | None
    author: str
    is_self: bool
    by_person: bool
    reply_to: str | None
    unprompted: bool
    at: float
    calls: frozenset[str] = frozenset()
    asks: bool = False
    length: int = 0
    words: frozenset[str] = frozenset()
    begins: str = ""
    reading: Reading | None = None


def words_of(text: str) -> frozenset[str]:
    """The words by which two messages can be compared; pairs of characters in scripts without spaces."""
    text = text[:READ].casefold()
    words = WORD.findall(text)
    if not text.isascii():
        words += [text[n : n + 2] for n in range(len(text) - 1) if HAN.match(text, n)]
    return frozenset(words)


def asks_again(words: frozenset[str], before: frozenset[str]) -> bool:
    """Whether a person asks the same thing again, judged by the words of both messages. Half of the shorter message's
    words are enough, since people add or leave out something when they ask again; on annotated chat, a third or three
    quarters judge alike."""
    return len(words - before) < ANOTHER or 2 * len(words & before) >= min(len(words), len(before))


def leading_name(text: str) -> str | None:
    """The name that a text begins with, as in "Ana: have you tried it?", in lower case; it need not be a member's
    name."""
    found = LEADING_NAME.match(text)
    return found.group(1).casefold() if found else None


def said_at(message: Message) -> float:
    """When the message was said, in seconds. The platform's time can be forged, so it is used only for history, and
    never beyond the time at which we heard the message."""
    return (min(message.at, message.heard) if message.history else message.heard).timestamp()
