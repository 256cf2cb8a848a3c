"""What members wrote, as quotations: every line of it begins with a mark, whatever a name or a text holds. Pure.

Long texts are broken into short marked lines, so that the mark stands all through them (datamarking): an order buried
in a wall of text still reads as quoted.
"""

import re
from collections.abc import Mapping, Sequence

from bot.types import Message, Part, PartKind
from bot.write.models.chat import estimate_tokens
from bot.write.prompt_texts import TEXT_MARK
from bot.write.sanitize import defuse, one_line, tidy

NAME_LENGTH = 32  # Discord's limit; longer ones only push the text away
PART_LENGTH = 80  # characters; the beginning of a quotation says what it is about
TITLE_LENGTH = 120  # a title says what the whole thread is about; Discord allows 100
MOST_PARTS = 8  # of a message; ten pictures in a row are told by eight
LINE_LENGTH = 160  # characters between two marks
_NOT_IN_NAMES = re.compile(r"[|:<>\[\]{}#`\"“”]+")
_ROLES = re.compile(
    r"\b(?:system|assistant|developer|user|tool|admin\w*|moderator|instructions?|prompt)\b|系统|管理员", re.I
)


def quote(message: Message, our_name: str, names: Mapping[str, str], tokens: int) -> str:
    """A member's message in marked lines of about `tokens` tokens at most. `names` says who wrote which message."""
    whom = names.get(message.reply_to or "")
    who = name_of(message, our_name) + (f" (to {whom})" if whom else "")
    parts = body("".join(f" ({described(part)})" for part in message.parts[:MOST_PARTS]), tokens // 4)
    rest = tokens - estimate_tokens(who + parts)
    return marked(f"{who}: {body(message.text, max(rest * 9 // 10, 8))}{parts and ' '}{parts}")  # marks take the tenth


def described(part: Part) -> str:
    """One short line: the kind of part, its name, and in brackets what a file shows; of a quotation, whose it is."""
    if part.kind is PartKind.FILE and not part.name:
        return one_line(part.text, PART_LENGTH)  # stored before parts had kinds: its text names the kind
    if part.kind is PartKind.QUOTE:
        whose = f"quote from {one_line(part.name, NAME_LENGTH)}" if part.name else "quote"
        return one_line(f"{whose}: {part.text}", PART_LENGTH)
    shown = f"{part.name} ({part.text})" if part.name and part.text else part.name or part.text
    return one_line(f"{part.kind}: {shown}", TITLE_LENGTH if part.kind is PartKind.TITLE else PART_LENGTH)


def body(text: str, tokens: int) -> str:
    """A text of strangers, tidy and cut in the middle to about `tokens` tokens."""
    rough = cut_middle(text, tokens * 8)  # no text of that many tokens is longer; spares the work on 100 kB
    clean = re.sub(r"\n{3,}", "\n\n", defuse(tidy(rough))).strip()
    while (size := estimate_tokens(clean)) > tokens and len(clean) > 8:
        clean = cut_middle(clean, max(8, min(len(clean) - 1, len(clean) * tokens // size)))
    return clean


def cut_middle(text: str, characters: int) -> str:
    """The beginning and the end, which say most: two thirds and one third of what fits."""
    if len(text) <= characters:
        return text
    head = max(0, characters - 5) * 2 // 3
    tail = max(0, characters - 5) - head
    return f"{text[:head]} […] {text[len(text) - tail :]}"[: max(characters, 5)]


def marked(text: str) -> str:
    """Every line, and every LINE_LENGTH characters of a longer one, behind the mark. From the second on they are
    indented, so that a text can't go on with "Ben: ..." and be taken for Ben."""
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


def name_of(message: Message, our_name: str) -> str:
    """What the prompt calls the author: one line, without our signs; a name that poses as a role, or as us, says that
    it is only a member's name."""
    name = " ".join(_NOT_IN_NAMES.sub(" ", body(one_line(message.author.name, NAME_LENGTH), 24)).split()) or "somebody"
    if message.author.is_self:
        return our_name
    if _ROLES.search(name) or name.casefold() in (our_name.casefold(), "cameo", "you", "你"):
        name = f"member named '{name}'"
    return f"{name} (bot)" if message.author.is_bot else name
