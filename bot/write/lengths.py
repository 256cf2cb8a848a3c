"""How long a reply may be, by what was asked for. Pure.

The prompt asks for `max_words`; these limits stop a model that ignores it. Uncalled, `max_words` holds. Called, half as
much again is allowed, and whatever the member asked for: something long or code comes whole.
"""

import math
import re
from dataclasses import dataclass

from bot.language.asked_for import Wish
from bot.write.persona import Persona

MAX_CHARACTERS = 1800  # one Discord message holds 2000; the rest is for what an adapter adds
MAX_LONG = 8000  # of what was asked for: Discord splits it into at most five messages
MAX_UNASKED = 500  # a longer uninvited comment is a speech
MAX_LINES, MAX_LINES_UNASKED = 40, 12  # a desktop window of a chat shows about 40 lines, a phone 20
MAX_LONG_LINES = 400  # of code: MAX_LONG at 20 characters a line
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measure:
    """The most characters, words of prose, and lines of a reply."""

    characters: int
    words: float
    lines: int


def measure_of(text: str, persona: Persona, *, addressed: bool, wishes: frozenset[Wish] = frozenset()) -> Measure:
    """The limits of the reply `text` to a message that asks for `wishes`. An answer with a code block comes whole: half
    a block is of no use."""
    if not addressed:
        return Measure(MAX_UNASKED, persona.max_words, MAX_LINES_UNASKED)
    if wishes & {Wish.CODE, Wish.LONG}:
        return Measure(MAX_LONG, math.inf, MAX_LONG_LINES)
    words = persona.max_words * (5 if Wish.LIST in wishes else 1.5)
    has_code = "```" in text
    return Measure(MAX_LONG if has_code else MAX_CHARACTERS, words, MAX_LONG_LINES if has_code else MAX_LINES)


def words_in(text: str) -> int:
    """Counts words outside code blocks; two Chinese characters count as one."""
    prose = _CODE.sub(" ", text) if "```" in text else text
    wide = sum("\u2e80" <= character <= "\ud7ff" for character in prose)
    return len(prose.split()) + wide // 2
