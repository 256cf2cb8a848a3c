"""What a message carries besides its text: titles, files, polls, embeds and the like, as typed parts. Standard library
only.

The builders here give a part the same form whichever platform or export it was read from.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class PartKind(StrEnum):
    TITLE = "title"  # of a post
    TAGS = "tags"  # of a post
    QUOTE = "quote"  # text of the message that is answered
    FORWARD = "forward"  # text of a message from elsewhere
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    EMBED = "embed"  # of a program's message, or the preview of a link
    POLL = "poll"
    STICKER = "sticker"
    LOCATION = "location"


FILES = (PartKind.IMAGE, PartKind.VIDEO, PartKind.AUDIO, PartKind.FILE)  # kinds whose bytes `Adapter.fetch` returns
REPEATING = (PartKind.QUOTE, PartKind.FORWARD)  # kinds that repeat another message, and are forgotten with it
PART_ORDER = (PartKind.TITLE, PartKind.TAGS, PartKind.QUOTE, PartKind.EMBED)
"""Kinds that can change or come later. They stand behind all others, so that the n-th file stays the n-th part."""

SHOWN_LENGTH = 500  # characters of a quotation, a poll or a description: enough to know what it is about
EMBED_LENGTH = 1500  # characters; a news item or the report of a program is as long as a long message
FIELDS = 25  # of an embed, by Discord's rule
OPTIONS = 20  # of a poll, by the rule of Matrix; Discord allows ten


@dataclass(slots=True, unsafe_hash=True)  # like `bot.types.record`
class Part:
    """Something that a message carries besides its text. Contains no URLs, because they expire.

    `text` is the title, the tags (with commas between them), the quoted text, a file's description, a poll's question
    with its options on lines of their own, an embed's text or a place's description; `name` is the file's or sticker's
    name, the author of a quotation or an embed, or a place's coordinates; `media_type` is a MIME type; `size` is in
    bytes, None if unknown. An `encrypted` file can't be fetched.
    """

    kind: PartKind
    text: str = ""
    name: str = ""
    media_type: str = ""
    size: int | None = None
    encrypted: bool = False


def poll(question: str, options: Iterable[str]) -> Part:
    """A poll; options without words are left out."""
    return Part(
        PartKind.POLL, _lines([question, *(f"- {one.strip()}" for one in options if one.strip())][: OPTIONS + 1])
    )


def embed(
    title: str, description: str, fields: Sequence[tuple[str, str]] = (), footer: str = "", author: str = ""
) -> Part:
    """An embed. One that only shows a picture has no text."""
    named = (f"{name.strip()}: {value.strip()}".strip(" :") for name, value in fields[:FIELDS])
    return Part(PartKind.EMBED, _lines([title, description, *named, footer], EMBED_LENGTH), author)


def _lines(lines: Iterable[str], most: int = SHOWN_LENGTH) -> str:
    return "\n".join(line.strip() for line in lines if line.strip())[:most]


def location(description: str, place: str) -> Part:
    """A place on a map; `place` is its geo URI (RFC 5870), of which the coordinates are kept."""
    coordinates = place.removeprefix("geo:").partition(";")[0] if place.startswith("geo:") else ""
    return Part(PartKind.LOCATION, description[:SHOWN_LENGTH], coordinates[:64])


def replaced(parts: Sequence[Part], kinds: Collection[PartKind], new: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with those of `kinds` replaced by `new`, in the order of a message that was read whole."""
    both = [*new, *(part for part in parts if part.kind not in kinds)]
    return tuple(sorted(both, key=_place))


def _place(part: Part) -> int:
    return PART_ORDER.index(part.kind) + 1 if part.kind in PART_ORDER else 0


def own_words(parts: Iterable[Part], *, with_embeds: bool) -> list[str]:
    """What the author of a message says beside its text: the title of a post and, `with_embeds`, those of a program."""
    kinds = (PartKind.TITLE, PartKind.EMBED) if with_embeds else (PartKind.TITLE,)
    return [part.text for part in parts if part.kind in kinds and part.text]


def searchable(parts: Iterable[Part]) -> list[str]:
    """The words by which a message is found beside its text: all but those of the message that it answers."""
    return [word for part in parts if part.kind is not PartKind.QUOTE for word in (part.text, part.name) if word]
