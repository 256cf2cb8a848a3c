"""Decodes JSON of which one event may be poison: too deep, or with a number of thousands of digits.

A sync answer is read as a whole, and its token moves on only with it: an event that stops the parser would stop the
account for ever. What can't be parsed is cut out, and the rest is read.
"""

import json
import re
from collections.abc import Iterator

MOST_DEPTH = 100  # brackets within brackets; a sync with the most complex event has about 20
MOST_DIGITS = 40  # of a whole number; all numbers in Matrix fit into 64 bits
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{\]}]', re.DOTALL)


def decoded(raw: bytes) -> object:
    """The JSON in a response, or None. Every string in it can be encoded: ids and tokens become URLs, marks and log
    lines, so lone surrogates (valid in JSON, but not in UTF-8) are replaced."""
    try:
        text = raw.decode("utf-8-sig", "replace")
        answer = _parsed(text)
        if "\\ud" in text or "\\uD" in text:
            plain = json.dumps(answer, ensure_ascii=False)
            answer = json.loads(plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        return answer
    except (ValueError, RecursionError):  # a proxy's HTML
        return None


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return json.loads("".join(_shallow(text)), parse_int=_whole_number)


def _whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) <= MOST_DIGITS else None


def _shallow(text: str) -> Iterator[str]:
    """The text with `null` for each list or object below MOST_DEPTH."""
    depth, copied = 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == MOST_DEPTH + 1:
                yield text[copied : token.start()] + "null"
        elif token[0] in "]}":
            if depth == MOST_DEPTH + 1:
                copied = token.end()
            depth -= 1
    if depth <= MOST_DEPTH:
        yield text[copied:]
