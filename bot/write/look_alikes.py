"""What a name looks like: two names with one skeleton are hard to tell apart. After the skeletons of UTS #39, with its
table of confusables as the library ships it."""

import json
import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

NAMES_KEPT = 4096  # more people than write in the rooms of a community in a day
_LATIN = re.compile(
    r"(?:(?:NEGATIVE \w+ )?LATIN .*LETTER|REGIONAL INDICATOR SYMBOL LETTER)(?: SMALL CAPITAL)? ([A-Z])(?: WITH .*)?"
)
_AS_ONE = str.maketrans("i|10", "lllo")  # alike in many fonts, in either case


@lru_cache(NAMES_KEPT)
def skeleton(name: str) -> frozenset[str]:
    """What the name looks like, as typed and in capitals: without case, width, accents, joiners, spaces and signs. Two
    names look alike if they share one. Empty if nothing readable is left."""
    return frozenset(filter(None, (_flat(name), _flat(name.upper()))))


def _flat(name: str) -> str:
    seen = "".join(map(_read, name)).casefold().translate(_AS_ONE)
    return "".join(filter(str.isalnum, seen)).replace("rn", "m").replace("vv", "w")


def plain_letters(text: str) -> str:
    """The text with Latin letters for those that look like them, and with "-" for every dash; cases are kept."""
    if text.isascii():
        return text
    return "".join("-" if unicodedata.category(sign) == "Pd" else _read(sign) for sign in text)


@lru_cache(NAMES_KEPT)
def _read(sign: str) -> str:
    """What a character is read as: by its name a Latin letter, else by the table of confusables, else by its parts,
    without accents and invisible ones."""
    if sign.isascii():
        return sign
    if latin := _LATIN.fullmatch(unicodedata.name(sign, "")):
        return latin[1].lower()
    if sign in _prototypes():
        return _prototypes()[sign]
    parts = unicodedata.normalize("NFKD", sign)
    return "".join(map(_read, parts)) if parts != sign else "" if unicodedata.category(sign)[0] in "MC" else sign


@cache
def _prototypes() -> dict[str, str]:
    """Each confusable character with the one that stands for its group. The library's own module keeps 18 MB in
    memory, so only its data is read."""
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8"))
    groups = {sign: [one["c"].strip("\u200e") for one in alike] for sign, alike in table.items()}
    return {
        sign: alike[0]
        for sign, alike in groups.items()
        if len(alike) == 1 and alike[0].isalnum() and (len(groups.get(alike[0], ())) > 1 or alike[0] < sign)
    }
