"""Which of our messages repeat what a member has deleted or edited away. Pure."""

import re

from bot.types import Author, Message

WORD_LETTERS = 6  # from so many letters on, a word that we share is more likely repeated than common
PIECE_LETTERS = 4  # the same in languages without spaces

_WORD = re.compile(r"\w+")


def is_echo(ours: Message, said: Message, still: str | None) -> bool:
    """Whether our message repeats the words of one that says `still` now; if it is deleted (None), also whether ours
    answers it or, in the same thread, names its author."""
    text = ours.text.casefold()
    if any(piece in text for piece in _pieces(said.text) - _pieces(still or "")):
        return True
    return still is None and (ours.reply_to == said.id or (ours.thread == said.thread and _names(text, said.author)))


def _names(text: str, author: Author) -> bool:
    return re.search(rf"(?<!\w){re.escape(author.name.casefold())}(?!\w)", text) is not None


def _pieces(text: str) -> set[str]:
    """The long words of a text; of words in other alphabets, which may be whole sentences, every few letters."""
    found: set[str] = set()
    for word in _WORD.findall(text.casefold()):
        if word.isascii():
            found |= {word} if len(word) >= WORD_LETTERS else set()
        else:
            found |= {word[at : at + PIECE_LETTERS] for at in range(len(word) - PIECE_LETTERS + 1)}
    return found
