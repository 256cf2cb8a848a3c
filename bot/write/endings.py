"""What of an answer that was cut may be posted: whole sentences, or whole lines of code. Pure."""

import re

from bot.write.guard import sentences

FENCE = "```"
_WHOLE = re.compile(r"(?:[.!?…。！？][\"”’」』)\]*_~]*|\n|```)\s*\Z")
_BARE_MARK = re.compile(r"\A\s*(?:\d{1,3}[.)]|[-*•>]|#{1,6}|\|)?\s*\Z")  # of a list's next item, with nothing behind it


def up_to_the_cut(text: str) -> str:
    """The text up to its last whole sentence, or last whole line of code, with the code block closed; empty if nothing
    is whole."""
    if text.count(FENCE) % 2 == 0:
        return _whole_sentences(text)
    prose, code = text[: (at := text.rfind(FENCE))], text[at:]
    lines = code.rstrip("\n").split("\n")
    if not code.endswith("\n"):
        lines.pop()  # perhaps half a line
    return prose + "\n".join([*lines, FENCE]) if len(lines) > 1 else _whole_sentences(prose)


def _whole_sentences(text: str) -> str:
    """Drops the last piece unless it ends like a sentence, and then the marks of list items without their text."""
    pieces = sentences(text)
    if pieces and not _WHOLE.search(pieces[-1]):
        pieces.pop()
    while pieces and _BARE_MARK.match(pieces[-1]):
        pieces.pop()
    left = "".join(pieces).rstrip()
    return up_to_the_cut(left) if left.count(FENCE) % 2 else left  # what was dropped closed a code block
