"""Quotes what members wrote: every line begins with a mark, whatever a name or a text contains. Pure.

Long texts are broken into short marked lines (datamarking), so that an instruction deep in a wall of text still reads
as quoted.
"""

import re
from collections.abc import Sequence

from bot.types import Message, Part, PartKind
from bot.write.invisible import without_unseen
from bot.write.models.chat import estimate_tokens
from bot.write.names import MemberNames, readable, without_role
from bot.write.prompt_texts import TEXT_MARK
from bot.write.sanitize import defuse, one_line, tidy

PART_LENGTH = 80  # characters; enough for the name of a file
LENGTHS = {
    PartKind.TITLE: 120,  # a title is about the whole thread; Discord allows 100
    PartKind.TAGS: 120,  # five tags of 20 characters
    PartKind.QUOTE: 300,  # the beginning shows what is answered
    PartKind.POLL: 500,  # the question and its options
    PartKind.EMBED: 700,  # a link's preview is shorter; a program's report says the most at its beginning
    PartKind.FORWARD: 700,  # often all that a message says
    PartKind.LOCATION: 120,
}
AUTHORED = (PartKind.QUOTE, PartKind.EMBED)  # kinds whose name is the author of their text
PARTS_SHOWN = 8  # of a message; eight pictures represent ten well enough
LINE_LENGTH = 160  # characters between two marks
LINES_SHOWN = 120  # of a message: two screens; each line costs a mark, whatever stands in it
_EMPTY_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


def quote(message: Message, names: MemberNames, tokens: int, *, lines: int | None = LINES_SHOWN) -> str:
    """A member's message in marked lines, in about `tokens` tokens at most, and in `lines` (None: all that fit)."""
    whom = names.answered_by(message)
    who = names.of(message.author) + (f" (to {whom})" if whom else "")
    left = tokens - estimate_tokens(who) - estimate_tokens(message.text)
    parts = body("".join(f" ({described(part)})" for part in message.parts[:PARTS_SHOWN]), max(tokens // 4, left))
    rest = tokens - estimate_tokens(who + parts)
    said = body(message.text, max(rest, 8), lines)
    whole = marked(f"{who}: {said}{parts and ' '}{parts}")
    if (size := estimate_tokens(whole)) <= tokens:
        return whole
    said = body(message.text, max(rest * tokens // size, 8), lines)  # the marks take their share
    return marked(f"{who}: {said}{parts and ' '}{parts}")


def described(part: Part) -> str:
    """One short line: the kind of part, its name, and in brackets a file's description; for a quotation or an embed,
    its author."""
    if part.kind is PartKind.FILE and not part.name:
        return one_line(part.text, PART_LENGTH)  # stored before parts had kinds: the text names the kind
    length = LENGTHS.get(part.kind, PART_LENGTH)
    if part.kind in AUTHORED:
        whose = f"{part.kind} from {without_role(readable(part.name))}" if part.name else str(part.kind)
        return one_line(f"{whose}: {part.text}", length)
    shown = f"{part.name} ({part.text})" if part.name and part.text else part.name or part.text
    return one_line(f"{part.kind}: {shown}", length)


def body(text: str, tokens: int, lines: int | None = LINES_SHOWN) -> str:
    """Untrusted text, tidied, and cut in the middle to about `tokens` tokens and to `lines` (None: any number)."""
    rough = cut_middle(text, tokens * 8)  # no text of that many tokens is longer; saves the work on 100 kB
    clean = _EMPTY_LINES.sub("\n\n", defuse(tidy(rough))).strip()
    clean = clean if lines is None else _cut_lines(clean, lines)
    while (size := estimate_tokens(clean)) > tokens and len(clean) > 8:
        clean = cut_middle(clean, max(8, min(len(clean) - 1, len(clean) * tokens // size)))
    return without_unseen(clean)  # a cut through an emoji leaves invisible parts


def _cut_lines(text: str, most: int) -> str:
    """Keeps the beginning and the end of a text of more than `most` lines."""
    lines = text.split("\n")
    head = most * 2 // 3
    tail = most - head - 1
    return text if len(lines) <= most else "\n".join([*lines[:head], "[…]", *lines[-tail:]])


def cut_middle(text: str, characters: int) -> str:
    """Keeps the beginning (two thirds of what fits) and the end (one third), which say most."""
    if len(text) <= characters:
        return text
    head = max(0, characters - 5) * 2 // 3
    tail = max(0, characters - 5) - head
    return f"{text[:head]} […] {text[len(text) - tail :]}"[: max(characters, 5)]


def marked(text: str) -> str:
    """Puts the mark before every line, and before every LINE_LENGTH characters of a longer one. Indents all but the
    first, so that a text can't continue with "Ben: ..." and be taken for Ben."""
    first, *more = (piece for line in text.split("\n") for piece in _pieces(line))
    return "\n".join([f"{TEXT_MARK} {first}", *(f"{TEXT_MARK}    {piece}" for piece in more)])


def _pieces(line: str) -> Sequence[str]:
    pieces = []
    while len(line) > LINE_LENGTH:
        space = line.rfind(" ", LINE_LENGTH // 2, LINE_LENGTH)
        end = space if space > 0 else LINE_LENGTH
        pieces.append(line[:end])
        line = line[end:].lstrip(" ")
    return [*pieces, line]
