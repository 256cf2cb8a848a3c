"""Cleans untrusted text (of members and models): removes what is invisible, stacked or reversed, and breaks chat
templates' tokens. Pure."""

import re
import unicodedata

MAX_STACK = 4  # combining marks on one letter; Vietnamese, Thai and Hebrew need up to three, "zalgo" uses dozens

_NEWLINES = re.compile("\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_GONE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\u202a-\u202e\u2066-\u2069"  # text direction overrides: they change the order in which words are shown
    "\u00ad\u180e\u200b\u2060-\u2064\ufeff"  # invisible; joiners are kept, because emoji and Persian need them
    "\U000e0000-\U000e01ef"  # tags and variation selectors: they can hide a whole text
    "\U000f0000-\U0010ffff\ue000-\uf8ff"  # private use
    "\ud800-\udfff]"  # surrogates, which no encoder accepts
)
TEMPLATE_TOKEN = re.compile(
    r"<\|[^|<>\n]{0,40}\|>|<｜[^｜<>\n]{0,40}｜>|</?s>|<(?:bos|eos|pad|unk)>"
    r"|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>",
    re.IGNORECASE,
)


def tidy(text: str) -> str:
    """The text with plain line ends, without invisible characters, and with at most MAX_STACK marks on a letter."""
    return _unstack(_GONE.sub("", _NEWLINES.sub("\n", text)))


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
