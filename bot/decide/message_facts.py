"""A message, as far as deciding needs it."""

import re
from dataclasses import dataclass

from bot.types import Message

WORD = re.compile(r"[^\W\d_]{3,}|\d{2,}")
HAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}")
# A name of up to three words, as people type it before what they say; after a Chinese colon stands no space
LEADING_NAME = re.compile(r"\s*+[@＠]?([^\s:,，：@][^:,，：\n]{0,30}+)(?:[:,](?:\s|$)|[：，])")
ANOTHER = 4  # new words that make another question: "any ideas?" or "and for rye?" is none
READ = 600  # characters in which words are looked for: what comes later is a log or a poem


@dataclass(slots=True)  # frozen ones take three times as long to make, and one is made of every message
class MessageFacts:
    """`by_person`: neither by us nor by another bot. `at` is in seconds, by our own clock, or by the platform's for
    what was said before we were here. `calls` are the people it is addressed to."""

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


def words_of(text: str) -> frozenset[str]:
    """The words by which two messages may speak of the same thing; pairs of characters where no spaces part them."""
    text = text[:READ].casefold()
    words = WORD.findall(text)
    if not text.isascii():
        words += [text[n : n + 2] for n in range(len(text) - 1) if HAN.match(text, n)]
    return frozenset(words)


def asks_again(words: frozenset[str], before: frozenset[str]) -> bool:
    """Is what one person asks, by its words, what they asked before? Half of the shorter one's are enough, since who
    asks again adds or leaves out something; on annotated chat a third or three quarters judge alike."""
    return len(words - before) < ANOTHER or 2 * len(words & before) >= min(len(words), len(before))


def leading_name(text: str) -> str | None:
    """The name that a text begins with, as in "Ana: have you tried it?"; whether anybody is called so, others know."""
    found = LEADING_NAME.match(text)
    return found.group(1).casefold() if found else None


def said_at(message: Message) -> float:
    """Seconds; the platform's time can be forged, so it is believed only for what we were not there to hear, and never
    that something comes from the future."""
    return (min(message.at, message.heard) if message.history else message.heard).timestamp()
