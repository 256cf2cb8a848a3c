"""Reads the value of an option from what was typed or chosen."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import time

from bot.commands.catalogue import OFF
from bot.commands.durations import OFF_WORDS, Duration, clock, duration
from bot.types import Option, OptionKind

Value = str | float | int | Duration
LONGEST_OPTION = 1000  # characters; `about`, the longest, has 600, and its own shape says so
LONGEST_NAMED = 255  # characters of an id, as Matrix bounds it, or a name

_SHARE = re.compile(r"(?:百分之)?(\d{1,3}(?:[.,]\d{1,4})?|[.,]\d{1,4})\s*(%|percent)?$")
_HOURS_SPLIT = re.compile(r"\s*(?:-|–|—|~|\bto\b|\buntil\b|到|至)\s*")


def folded(text: str) -> str:
    """The text as words are compared: one form of each letter, lower case, without invisible characters."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf").casefold().strip()


def value(option: Option, text: str) -> Value | None:
    """The value that `text` gives to an option; None if it can't be one."""
    return READ[option.kind](option, text.strip()) if len(text) <= LONGEST_OPTION else None


def _text(option: Option, text: str) -> str | None:
    return text or None


def _choice(option: Option, text: str) -> str | None:
    wanted = folded(text).replace("-", "_").replace(" ", "_")
    return next((one for one in option.choices if one.replace("-", "_") == wanted), None)


def _number(option: Option, text: str) -> float | None:
    said = folded(text)
    return float(said) if re.fullmatch(r"\d{1,6}(?:\.\d{1,4})?", said) else None


def _share(option: Option, text: str) -> float | None:
    """A share from 0 to 1. 2 to 100 are percent; 1 alone could be either, so it is none."""
    found = _SHARE.match(folded(text))
    if not found:
        return None
    number = float(found[1].replace(",", "."))
    if found[2] or text.startswith("百分之") or number >= 2:
        number /= 100
    elif number == 1 and "." not in found[1]:
        return None
    return number if number <= 1 else None


def _duration(option: Option, text: str) -> Duration | None:
    return duration(folded(text))


def _hours(option: Option, text: str) -> str | None:
    """A span of hours as config.yaml writes it, or OFF."""
    said = folded(text)
    if said in OFF_WORDS:
        return OFF
    ends = [clock(part) for part in _HOURS_SPLIT.split(said)]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:
        return None
    return "-".join(f"{end:%H:%M}" for end in ends if isinstance(end, time))


def _name(option: Option, text: str) -> str | None:
    """An id or a name, as it is written; `#kitchen` and `@mochi` mean the name."""
    name = text.strip()
    bare = name[1:] if name[:1] in ("#", "@") and ":" not in name else name  # those with a server are Matrix ids
    return bare if 0 < len(bare) <= LONGEST_NAMED and bare.isprintable() else None


def _model(option: Option, text: str) -> str | None:
    return OFF if folded(text) in OFF_WORDS else _name(option, text)


def _message(option: Option, text: str) -> str | None:
    """The id of a message, also from a link to it."""
    last = re.split(r"[/#]", text.partition("?via=")[0].rstrip("/"))[-1] if "/" in text else text
    return last if 0 < len(last) <= LONGEST_NAMED and last.isprintable() and " " not in last else None


READ: Mapping[OptionKind, Callable[[Option, str], Value | None]] = {
    OptionKind.TEXT: _text,
    OptionKind.NUMBER: _number,
    OptionKind.SHARE: _share,
    OptionKind.DURATION: _duration,
    OptionKind.HOURS: _hours,
    OptionKind.CHOICE: _choice,
    OptionKind.PERSONA: _name,
    OptionKind.MODEL: _model,
    OptionKind.ROOM: _name,
    OptionKind.MESSAGE: _message,
}
