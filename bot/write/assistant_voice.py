"""Does a draft sound like an assistant at a counter, and not like one of the room? Pure.

By phrases ("Great question!", "How can I help you today?", a bare refusal), and by headings and lists where nobody
asked for them. Quotations and code are not the speaker's.
"""

import re
from enum import StrEnum

from bot.language.asked_for import Wish
from bot.language.assistant import shipped_assistant_words
from bot.write.guard import sentences
from bot.write.honesty import said_by_speaker

LIST_LINES = 2  # one line with a dash is no list
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
# A bold line with more below it; one that is a sentence, or the whole text, only speaks loudly.
_BOLD_LINE = r"^ {0,3}(?:\*\*|__)[^*_\n]{0,79}[^*_\n.!…。！](?:\*\*|__) *[:：]? *\n(?=\s*\S)"
_HEADING = re.compile(rf"^ {{0,3}}#{{1,6}} +\S|{_BOLD_LINE}", re.MULTILINE)
_LISTED = re.compile(r"^ {0,8}(?:[-*•‣◦–] +|\d{1,2}[.)] +|[①-⑳]|\d{1,2}、)\S", re.MULTILINE)
_ROW = re.compile(r"^ {0,3}\|.*\|[ \t]*$", re.MULTILINE)
_DASH = re.compile(r"\s+[-–—]+\s+|\s*—+\s*")


class AssistantSign(StrEnum):
    """What in a draft is an assistant's."""

    PHRASES = "phrases"
    LAYOUT = "layout"


def assistant_voice(draft: str, asked: str, wishes: frozenset[Wish]) -> AssistantSign | None:
    """What in a draft is an assistant's; None if nothing is. `asked` is the message that it answers, `wishes` what that
    message asks for."""
    if is_laid_out(draft, wishes):
        return AssistantSign.LAYOUT
    return AssistantSign.PHRASES if talks_like_one(draft, asked) else None


def talks_like_one(draft: str, asked: str) -> bool:
    """Whether a draft uses phrases of assistants, in any language that we know."""
    said = [one for one in sentences(_DASH.sub(". ", said_by_speaker(draft))) if any(map(str.isalnum, one))]
    words = shipped_assistant_words().values()
    about_us = any(one.asks_about_us(asked) for one in words)
    return any(one.talks(said, as_an_ai=not about_us) for one in words)


def is_laid_out(draft: str, wishes: frozenset[Wish]) -> bool:
    """Whether a draft has headings, a list or a table that nobody asked for. What is long or comes with code may."""
    if wishes:
        return False
    prose = _CODE.sub("", draft)
    rows = len(_ROW.findall(prose))
    return bool(_HEADING.search(prose)) or len(_LISTED.findall(prose)) >= LIST_LINES or rows > LIST_LINES
