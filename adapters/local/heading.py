"""The title and the tags of a post: cleaned, as parts of its message, and in the JSON of a mark."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapters.local.text import Unacceptable, clean_line
from bot.types import Message, Part, PartKind

TITLE_LENGTH = 100  # characters, as on Discord: one line on most pages
TAGS, TAG_LENGTH = 5, 20  # as on Discord


def heading(title: str | None, tags: Sequence[str] = ()) -> tuple[Part, ...]:
    """The parts of a post with this title and these tags. Raises Unacceptable."""
    if len(tags) > TAGS:
        raise Unacceptable(f"tags: there are {len(tags)}; give a post at most {TAGS}")
    lines = [clean_line("title", title, TITLE_LENGTH)] if title else [""]
    lines.append(", ".join(clean_line("tag", tag, TAG_LENGTH) for tag in tags))
    kinds = (PartKind.TITLE, PartKind.TAGS)
    return tuple(Part(kind, line) for kind, line in zip(kinds, lines, strict=True) if line)


def heading_row(message: Message) -> dict[str, Any]:
    """Title and tags in JSON; empty without them."""
    return {str(part.kind): part.text for part in message.parts}


def heading_of(row: Mapping[str, Any]) -> tuple[Part, ...]:
    return tuple(Part(kind, row[kind]) for kind in (PartKind.TITLE, PartKind.TAGS) if kind in row)


def title_of(message: Message) -> str:
    return next((part.text for part in message.parts if part.kind is PartKind.TITLE), "")
