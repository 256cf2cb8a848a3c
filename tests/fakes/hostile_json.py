"""Changes good JSON as an enemy would: wrong types, huge or broken values, missing or renamed fields, deep nesting."""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

DEEP, VAST = "<deep>", "<vast>"  # stand for what json.dumps can't write: nested lists, and too many digits
DEPTHS = (1, 100, 1000, 100_000)
TEXTS = ("\ud800", "a\udfff\0", "", "x" * 300, "\x1b[2J\u202e", DEEP, VAST)
NUMBERS = (
    10**400,
    10**4000,
    0,
    -1,
    -(2**63),
    2**63,
    2**64,
    1.5,
    -0.0,
    1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
)
PLAIN = (None, True, False, *TEXTS, *NUMBERS)
HUGE = "y" * 1_000_000
_AS_VALUE = re.compile(f'"({DEEP}|{VAST})"(?!:)')  # keys stay as they are


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to all values in JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [above, *(path for key, below in inner for path in places(below, (*above, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any, rename: bool) -> Any:
    """The JSON with another value at the path or, to `rename`, with another key there."""
    if not path:
        return new
    key, *rest = path
    if isinstance(value, list):
        return [changed(one, tuple(rest), new, rename) if at == key else one for at, one in enumerate(value)]
    if rename and not rest and isinstance(new, str):
        return {new if name == key else name: one for name, one in value.items()}
    return {name: changed(one, tuple(rest), new, rename) if name == key else one for name, one in value.items()}


def written(value: Any, depth: int, *, ascii_only: bool) -> str:
    """The JSON's text, in which surrogates are escaped or raw."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    return _AS_VALUE.sub(lambda found: "[" * depth + "]" * depth if found[1] == DEEP else "9" * 5000, text)


def mutants(good: list[Any], seed: int) -> Iterator[str]:
    """Endless: each is the text of one of the values with one to three changes."""
    chance = random.Random(seed)
    while True:
        value = chance.choice(good)
        for _ in range(chance.randint(1, 3)):
            value = changed(value, chance.choice(places(value)), _hostile(chance), chance.random() < 0.2)
        yield written(value, chance.choice(DEPTHS), ascii_only=True)


def _hostile(chance: random.Random) -> Any:
    match chance.randrange(12):
        case 0:
            return [chance.choice(PLAIN) for _ in range(chance.randint(0, 3))]
        case 1:
            return {str(chance.choice(TEXTS)): chance.choice(PLAIN) for _ in range(chance.randint(0, 2))}
        case 2 if chance.random() < 0.1:
            return HUGE
        case _:
            return chance.choice(PLAIN)
