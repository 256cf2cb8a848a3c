"""The picture beside a name: its first sign on a colour of its own, round for people and square for us."""

import re

from adapters.local.colours import COLOURS, Colours
from adapters.local.page.tags import Tag
from bot.types import Author

HUES = COLOURS // 2
# One emoji, with what belongs to it: a flag's second half, a skin tone, and others joined to it.
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
    "(?:\ufe0f|[\U0001f3fb-\U0001f3ff]|\u200d[\u2190-\u2bff\U0001f000-\U0001faff])*"
)


def avatar(author: Author, colours: Colours) -> None:
    """Draws the picture; decorative, so hidden from screen readers."""
    colour = colours.of(author)
    css = " ".join(["avatar", *(["deep"] if colour >= HUES else []), *(["ai"] if author.is_self else [])])
    Tag("span", initial(author.name), css, aria_hidden="true").style(f"--hue: {colour % HUES * 360 // HUES}")


def initial(name: str) -> str:
    """The first letter or digit of a name, as a capital; of a name without any, its first emoji, or "?"."""
    letter = next((sign for sign in name if sign.isalnum()), "")
    if not letter:
        emoji = _EMOJI.search(name)
        return emoji.group() if emoji else "?"
    capital = letter.upper()
    return capital if len(capital) == 1 else letter
