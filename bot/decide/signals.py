"""What a message is: does it call us, does it ask something, is it meant for somebody else?"""

import re
from collections.abc import Iterable
from functools import lru_cache

from bot.types import Message

NOT_PROSE = re.compile(r"```.*?```|`[^`]*`|https?://\S+", re.DOTALL)
QUESTION = re.compile(r"[?？؟]")
# "Ana: have you tried it?" opens many answers on IRC and its heirs; a colon after one short word, nothing else
TO_SOMEBODY = re.compile(r"^\s*@?[\w.\-]{2,32}[:,]\s")


def prose(text: str) -> str:
    """The text without code and links, where marks mean something else."""
    return NOT_PROSE.sub(" ", text)


@lru_cache(maxsize=256)  # one entry for each persona; rooms share them
def _calling(names: tuple[str, ...]) -> re.Pattern[str]:
    # A name that ends in a Latin letter or digit must end there ("@pip" is not in "@pipeline");
    # Chinese has no spaces, so "@小满你好" calls 小满.
    ends = (re.escape(name) + (r"(?![\w])" if name[-1:].isascii() else "") for name in names if name)
    return re.compile(r"(?<![\w@/.])[@＠](?:" + "|".join(ends) + ")", re.IGNORECASE)


def calls(text: str, names: Iterable[str]) -> bool:
    """Does the text call one of `names` with an @? Code and links do not count."""
    names = tuple(names)
    return ("@" in text or "＠" in text) and bool(names) and bool(_calling(names).search(prose(text)))


def asks(text: str) -> bool:
    """Does the text hold a question mark outside code and links?"""
    return bool(QUESTION.search(prose(text)))


def is_post(message: Message) -> bool:
    """Is this said to the room as a whole? A thread's opener is; in a plain timeline, what answers nobody and
    calls nobody is."""
    if message.starts_thread:
        return True
    return message.thread.root is None and not for_others(message) and message.reply_to is None


def for_others(message: Message) -> bool:
    """Does the message call somebody else by name?"""
    return bool(message.mentions) or bool(TO_SOMEBODY.match(message.text))
