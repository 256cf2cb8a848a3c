"""Where code stands in a text: fences and backticks, as CommonMark and the chat platforms read them. Pure."""

import re
from collections.abc import Callable, Iterator

LONGEST_SPAN = 1000  # characters between backticks; a stray backtick pairs with nothing further away

FENCE_OPENING = re.compile(r"(`{3,}|(?<![^\n])~{3,})([^`\n]*)\n")
"""The first line of a fence: its marks, and the name of a language. Chats accept backticks after other words, too."""
FENCE_MARKS = re.compile(r"`+|(?<![^\n])~{3,}")


def closing(marks: str) -> re.Pattern[str]:
    """The end of a fence that `marks` have opened: at least as many, and nothing after them on the line."""
    return re.compile(rf"{re.escape(marks[0])}{{{len(marks)},}}[^\S\n]*(?=\n|\Z)")


def span(text: str, at: int, marks: str) -> int:
    """The end of the code in a line that `marks` open at `at`; -1 if there is none."""
    line = text.find("\n", at)
    last = min(at + LONGEST_SPAN, len(text) if line < 0 else line)
    found = re.compile(rf"(?<!`){marks}(?!`)").search(text, at + len(marks) + 1, last)
    return found.end() if found else -1


def code_in(text: str) -> Iterator[tuple[int, int]]:
    """The places of code in the text, as (start, end). An open fence goes to the end."""
    at = 0
    while marks := FENCE_MARKS.search(text, at):
        at = marks.end()
        if opening := FENCE_OPENING.match(text, marks.start()):
            end = closing(opening[1]).search(text, opening.end())
            at = end.end() if end else len(text)
        elif (until := span(text, marks.start(), marks[0])) > 0:
            at = until
        else:
            continue
        yield marks.start(), at


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text with its prose changed piece by piece, and its code as it is."""
    if "`" not in text and "~~~" not in text:
        return change(text)
    pieces, at = [], 0
    for start, end in code_in(text):
        pieces += [change(text[at:start]), text[start:end]]
        at = end
    return "".join([*pieces, change(text[at:])])
