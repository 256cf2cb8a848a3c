"""What of an answer that was cut may be posted: whole sentences, or whole lines of code. Pure."""

import re
from itertools import accumulate

from bot.write.guard import sentences
from bot.write.models.code import code_in

_FENCE = re.compile(r"`{3,}|(?<![^\n])~{3,}")
_WHOLE = re.compile(r"(?:[.!?…。！？][\"”’」』)\]*_~|]*|\n|```|~~~)\s*\Z")
_BARE_MARK = re.compile(r"(?:^|\n)\s*(?:\d{1,3}[.)]|[-*•>]|#{1,6}|\|)?\s*\Z")  # of a list's next item, without its text
_LINK = re.compile(r"\[[^\]\n]*(?:\](?:\([^)\n]*(?:\)|\Z))|\Z)")  # also the beginning of one, at the end
_OPEN_CODE = re.compile(r"(?<![\w`])`+(?=[^`\s])[^`\n]*\Z")
# Words that end in a full stop without ending the sentence; some of them only before a number ("No." is an answer).
_SHORT = re.compile(
    r"(?<!\w)(?:(?:[^\W\d_]\.\s?)*[^\W\d_]|dr|mr|mrs|ms|mx|prof|st|sr|sra|dra|mme|mlle|vs|cf|incl|bzw|vgl|ggf|inkl|bspw"
    r"|z\.?\s?b|p\.?\s?ej|(?:am|der|dem|den|vom|zum|des|bis)\s\d{1,2})\.\Z",
    re.IGNORECASE,
)
_ITEM = re.compile(r"[.!?]\s+\d{1,3}\.\Z")  # "1. Mix. 2."
_BEFORE_NUMBER = re.compile(
    r"(?<!\w)(?:no|nr|nos|núm|fig|abb|pp?|vol|ch|sec|art|ver|approx|ca|max|min)\.\Z", re.IGNORECASE
)
_GOES_ON = re.compile(r"\d\.\Z|\w\s+no\.\Z", re.IGNORECASE)  # at the cut: "3.5", "use no. 7"
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|\|\|")


def up_to_the_cut(text: str) -> str:
    """The text up to its last whole sentence, or last whole line of code, with the code block and the marks of emphasis
    closed; empty if nothing is whole."""
    at, fence = _open_fence(text)
    if not fence:
        return _whole_sentences(text)
    prose, code = text[:at], text[at:]
    lines = code.rstrip("\n").split("\n")
    if not code.endswith("\n"):
        lines.pop()  # perhaps half a line
    return prose + "\n".join([*lines, fence]) if len(lines) > 1 else _whole_sentences(prose)


def _open_fence(text: str) -> tuple[int, str]:
    """The place and the marks of the code block that isn't closed; no marks if each is."""
    at, marks = 0, ""
    for match in _FENCE.finditer(text):
        if not marks:
            at, marks = match.start(), match[0]
        elif match[0].startswith(marks):
            marks = ""
    return at, marks


def _whole_sentences(text: str) -> str:
    """The text up to the last place where a sentence or a line ends, outside code and links."""
    places = [*code_in(text), *(match.span() for pattern in (_LINK, _OPEN_CODE) for match in pattern.finditer(text))]
    # What is open at the end ends behind it.
    kept_whole = [(start, end + (end == len(text) and not _WHOLE.search(text))) for start, end in places]
    for end in reversed([*accumulate(map(len, sentences(text)))]):
        inside = any(start < end < until for start, until in kept_whole)
        if not inside and _ends_sentence(text[:end], text[end:]):
            left = text[:end].rstrip()
            return up_to_the_cut(left) if _open_fence(left)[1] else left + _closing_marks(left)
    return ""


def _ends_sentence(before: str, after: str) -> bool:
    said = before.rstrip()
    if not said or not _WHOLE.search(before) or _BARE_MARK.search(said):
        return False
    if before.endswith("\n"):
        return True
    is_number_next = after[:1].isdigit() and _BEFORE_NUMBER.search(said)
    return not (_SHORT.search(said) or _ITEM.search(said) or is_number_next or (not after and _GOES_ON.search(said)))


def _closing_marks(text: str) -> str:
    """The marks that close the emphasis, the strike-through or the spoiler left open in the last paragraph."""
    paragraph = text[text.rfind("\n\n") + 1 :]
    code = [*code_in(paragraph)]
    opened: list[str] = []
    for match in _EMPHASIS.finditer(paragraph):
        before, after = paragraph[: match.start()][-1:], paragraph[match.end() :][:1]
        if any(start <= match.start() < end for start, end in code):
            continue
        if match[0] in opened and before.strip():
            del opened[opened.index(match[0]) :]
        elif after.strip() and not before.isalnum():
            opened.append(match[0])
    return "".join(reversed(opened))
