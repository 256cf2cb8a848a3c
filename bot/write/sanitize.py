"""Cleans untrusted text (of members and models): removes what is invisible, stacked or reversed, and breaks chat
templates' tokens. Pure."""

import re
import unicodedata

from bot.write.invisible import without_unseen

MAX_STACK = 4  # combining marks on one letter; Vietnamese, Thai and Hebrew need up to three, "zalgo" uses dozens

_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>\n]{0,40}\|>|<｜[^｜<>\n]{0,40}｜>|</?s>|<(?:bos|eos|pad|unk)>"
    r"|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """The text with plain line ends, without invisible characters, and with at most MAX_STACK marks on a letter."""
    return _unstack(without_unseen(_NEWLINES.sub("\n", text)))


def _unstack(text: str) -> str:
    if text.isascii():
        return text
    kept: list[str] = []
    stack = 0
    for character in text:
        stack = stack + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if stack <= MAX_STACK:
            kept.append(character)
    return "".join(kept)


def one_line(text: str, most: int) -> str:
    """The tidied text on one line of at most `most` characters."""
    line = " ".join(tidy(text[: most * 4]).split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def defuse(text: str) -> str:
    """Breaks tokens that a chat template would read as the end of a message: "<|im_end|>" becomes "< |im_end|>"."""
    return TEMPLATE_TOKEN.sub(lambda match: f"{match[0][0]} {match[0][1:]}", text)
