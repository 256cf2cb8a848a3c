"""How well an earlier question, its answer, or a statement fits what is asked now: 0 to 1. Pure.

The factors are set by hand; `tests/train/pointer.py` prints what follows from them on annotated talk, and the
thresholds in `pointer.py` are chosen from that.
"""

import re

from bot.decide.signals import asks
from bot.language.asking import STRICT, QuestionKind, contradicts, gives, is_no_answer, jokes
from bot.write.pointing.likeness import Likeness

_OF_ONESELF = re.compile(
    r"\W*(?:(?:so|hi|hey|ok|well|and|but|all|guys)\W+){0,3}(?:i|i'\w+|im|ive|my|we|our)\b|\W*(?:我|咱|俺)", re.I
)
_LEANS = re.compile(
    r"\W*(?:(?:the\s+)?same\b|(?:that|this|these|those)\s+ones?\b|it\s+(?:did|does|was|is|worked)\b|"
    r"me\s+(?:too|neither)\b|so\s+(?:do|did|am|is)\b|ditto\b|(?:the\s+)?other\s+one\b)|\W*(?:一样|同上|同样|我也是|那个|这个)",
    re.I,
)

ENOUGH_BACK = 0.6  # share of the earlier question's words; people tell more of their story than they need to
NO_BACK = 0.7  # factor for an earlier question of which the new one has no word but one
EXCHANGED = 0.6  # taken off for another thing in the place of one that is asked about
OTHER_KIND, LOOSER_KIND = 0.5, 0.85  # factors: "where" is asked now, "when" was asked; one of them is not strict
NOT_GIVEN = 0.7  # factor for an answer without what is asked for: no number to "how many"
INFERRED = 0.2  # factor for an answer of which nothing says that it answers
STATED = 0.9  # factor for a statement: nobody has asked for it
LEANING = 0.75  # factor for an answer that says little without what stands before it: "same here", "that one"
LITTLE_NEW = 0.1  # share of a statement's words that the question lacks; with fewer, it only repeats the question


def question_score(like: Likeness, asked: QuestionKind, earlier: QuestionKind) -> float:
    """How well an earlier question fits."""
    differ = asked is QuestionKind.WHERE or {asked, earlier} <= STRICT  # a place answers nothing else
    kind = 1.0 if asked is earlier else OTHER_KIND if differ else LOOSER_KIND
    back = NO_BACK + (1 - NO_BACK) * min(1.0, like.back / ENOUGH_BACK)
    return kind * back * like.covered * (1 - EXCHANGED * like.exchanged)


def answer_score(asked: QuestionKind, text: str, sure: float) -> float:
    """How well the answer to a fitting question answers, if it is `sure` (0 to 1) that it was an answer."""
    if not may_answer(text):
        return 0.0
    return (INFERRED + (1 - INFERRED) * sure) * (1.0 if gives(asked, text) else NOT_GIVEN) * _alone(text)


def statement_score(like: Likeness, asked: QuestionKind, text: str) -> float:
    """How well something that was said answers by itself."""
    if not may_answer(text) or 1 - like.back < LITTLE_NEW or like.shared < (2 if asked in STRICT else 3):
        return 0.0
    if asked not in STRICT and tells_of_oneself(text):
        return 0.0
    kind = (1.0 if gives(asked, text) else NOT_GIVEN) if asked in STRICT else LOOSER_KIND
    return STATED * kind * like.covered * _alone(text)


def _alone(text: str) -> float:
    """How well a text is understood without what stands before it."""
    return LEANING if _LEANS.match(text) else 1.0


def tells_of_oneself(text: str) -> bool:
    """Whether a text begins with its author: it tells a story, or a trouble of its own."""
    return bool(_OF_ONESELF.match(text))


def may_answer(text: str) -> bool:
    """Whether a text can answer at all: it asks nothing back, knows something, and is meant seriously."""
    return not (asks(text) or is_no_answer(text) or jokes(text) or contradicts(text))
