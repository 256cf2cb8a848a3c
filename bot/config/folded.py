"""Undoes the spaces that YAML's line folding puts into Chinese and Japanese text.

A folded, quoted or plain scalar over several lines gets a space for each line break. Languages that are written without
spaces need none: between two of their characters it is removed, as browsers do with line breaks in a page (CSS Text 3,
"segment break transformation rules"). A space that was typed within a line stays.
"""

import unicodedata
from itertools import pairwise

NEARBY = 6  # characters on each side of a line break that tell its place in the folded text
_EITHER = "“”‘’…—·"  # punctuation of both kinds of text: what stands beyond it decides


def unfolded(value: str, source: str) -> str:
    """The folded text `value` of a scalar, without the spaces of line breaks between characters that need none.
    `source` is the scalar as it is written in the file, with its quotes."""
    lines = [line.strip() for line in source.strip("\"'").splitlines()]
    for before, after in pairwise(lines):
        if _needs_no_space(before[::-1]) and _needs_no_space(after):
            end, begin = before[-NEARBY:], after[:NEARBY]
            value = value.replace(f"{end} {begin}", f"{end}{begin}")
    return value


def _needs_no_space(text: str) -> bool:
    """Whether the first character that belongs to one kind of text is Chinese or Japanese. Korean is written with
    spaces, and so are emoji."""
    first = next((sign for sign in text if sign not in _EITHER), "")
    if not first or unicodedata.east_asian_width(first) not in "WF":
        return False
    return not unicodedata.category(first).startswith("S") and "HANGUL" not in unicodedata.name(first, "")
