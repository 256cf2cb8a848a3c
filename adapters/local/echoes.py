"""Which of our messages repeat what a member has deleted or edited away, or name who has. Pure.

The rules are those of `bot/remember/redact.py`, which an adapter can't import. There, the words are taken out; here,
where people see the messages, the whole message goes.
"""

import re
import unicodedata
from collections.abc import Iterator

from adapters.local.text import DENSE, without_unseen
from bot.types import Author, Message

QUOTED_LETTERS = 8  # of a run of the same words, from which it counts as quoted; digits and dense scripts count double
SHORT_NAME = 4  # letters: a shorter first name counts only in its own capitals, a shorter surname not at all
LEAST_NAME = 2  # letters: with one, a name can't be told from a word

_WORD = re.compile(f"[{DENSE}]|[^\\W_{DENSE}]+")
_NAME_WORD = re.compile(r"[^\W_]+")
_DOUBLE = re.compile(f"[{DENSE}0-9]")
_LETTER = f"[^\\W_{DENSE}]"
_GAP = r"[\W_]{0,8}"  # between the words of a name: signs and spaces, or what a prompt leaves of them


def is_echo(ours: Message, said: Message, still: str | None) -> bool:
    """Whether our message repeats the words of one that says `still` now; if it is deleted (None), also whether ours
    answers it or names its author."""
    if _quotes(_words(ours.text), _line(_words(said.said)), _line(_words(still or ""))):
        return True
    return still is None and (ours.reply_to == said.id or _names(ours.text, said.author))


def _quotes(ours: list[str], said: str, still: str) -> bool:
    """Whether a long enough run of our words is in `said` and not in `still`."""
    first = 0
    while first < len(ours):
        last = first
        while last < len(ours) and _line(ours[first : last + 1]) in said:
            last += 1
        if _weight(run := ours[first:last]) < QUOTED_LETTERS:
            first += 1
            continue
        if _line(run) not in still:
            return True
        first = last
    return False


def _names(text: str, author: Author) -> bool:
    """Whether the text names the author: by the whole name, its first word or its last."""
    plain, name = _plain(text), _plain(author.name)
    if not (words := _NAME_WORD.findall(name)):
        return len(name) >= LEAST_NAME and name in plain
    return any(
        capital in (None, found[0][0].isupper())
        for pattern, capital in _forms(words)
        for found in re.finditer(pattern, plain, re.IGNORECASE)
    )


def _forms(words: list[str]) -> Iterator[tuple[str, bool | None]]:
    """The whole name, its first word and its last; and whether they must begin with a capital, as short ones in other
    capitals, and surnames without one, may be ordinary words."""
    first, last, whole = words[0], words[-1], "".join(words)
    for letters, pattern in ((whole, _GAP.join(words)), (first, first)):
        if len(letters) >= LEAST_NAME:
            yield _bounded(pattern), letters[0].isupper() if len(letters) < SHORT_NAME else None
    if len(words) > 1 and len(last) >= SHORT_NAME:
        yield _bounded(last), True if last.lower() != last.upper() else None


def _bounded(name: str) -> str:
    """A regex for the name as a whole word, if its script has spaces between words."""
    before = f"(?<!{_LETTER})" if name[0].isascii() else ""
    after = f"(?!{_LETTER})" if name[-1].isascii() else ""
    return f"{before}{name}{after}"


def _plain(text: str) -> str:
    return without_unseen(unicodedata.normalize("NFKC", text))


def _words(text: str) -> list[str]:
    return _WORD.findall(_plain(text).casefold())


def _line(words: list[str]) -> str:
    return f" {' '.join(words)} "


def _weight(words: list[str]) -> int:
    return sum(1 + bool(_DOUBLE.match(letter)) for word in words for letter in word)
