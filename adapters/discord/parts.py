"""Reads the parts of a Discord message besides its text. Pure; never raises, whatever Discord sends."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.types import Part, PartKind

from .markup import Names, plain_name, readable
from .payload import Payload, id_of, part, parts, text

SHOWN_LENGTH = 500  # characters of somebody else's text or a file's description: enough to know what it is about
PART_LABEL_LENGTH = 100  # characters of a file name, a media type or a post's title (Discord's own limit for titles)
MOST_PARTS = 40  # Discord allows ten attachments, ten embeds and three stickers, and the same in a forwarded message
MOST_BYTES = 2**53  # no file has more; JSON readers agree on whole numbers up to here
CARRYING = ("attachments", "embeds", "sticker_items", "poll", "message_snapshots")
_MEDIA = {"image": PartKind.IMAGE, "video": PartKind.VIDEO, "audio": PartKind.AUDIO}


@dataclass(frozen=True, slots=True)
class Carried:
    """A part and, for a file, its current URL. URLs expire and are never stored."""

    part: Part
    address: str = ""


def carried(data: Payload, names: Names, *, title: str = "", quoted: bool = False) -> list[Carried]:
    """The parts of a message in a stable order: parts that can't change later come first, so that the n-th file stays
    the n-th. `title` is the title of the post that it starts; `quoted`: include the message that it replies to."""
    found = [
        *(_file(one) for one in parts(data, "attachments")),
        *(_sticker(one) for one in parts(data, "sticker_items")),
        *_poll(part(data, "poll")),
        *(one for snapshot in parts(data, "message_snapshots") for one in _forwarded(part(snapshot, "message"), names)),
        *(_text(PartKind.TITLE, plain_name(title, PART_LABEL_LENGTH))),
        *(_quote(part(data, "referenced_message"), names) if quoted else ()),
        *(one for embed in parts(data, "embeds") for one in _embed(embed)),
    ]
    return found[:MOST_PARTS]


def carries_parts(data: Payload) -> bool:
    """False if the message is nothing but text, as most are. Cheaper than reading its parts."""
    return any(data.get(field) for field in CARRYING)


def name_of(user: Payload, member: Payload) -> str:
    """The name that people see: the server nickname, else the display name, else the account name."""
    candidates = (text(member, "nick"), text(user, "global_name"), text(user, "username"))
    return next((shown for name in candidates if (shown := plain_name(name))), "")


def _file(data: Payload) -> Carried:
    media_type = plain_name(text(data, "content_type"), PART_LABEL_LENGTH)
    size = data.get("size")
    made = Part(
        kind=_MEDIA.get(media_type.partition("/")[0], PartKind.FILE),
        text=text(data, "description")[:SHOWN_LENGTH],
        name=plain_name(text(data, "filename"), PART_LABEL_LENGTH),
        media_type=media_type,
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MOST_BYTES else None,
    )
    return Carried(made, text(data, "url"))


def _sticker(data: Payload) -> Carried:
    return Carried(Part(PartKind.STICKER, name=plain_name(text(data, "name"))))


def _poll(data: Payload) -> Iterator[Carried]:
    return _text(PartKind.POLL, text(part(data, "question"), "text"))


def _forwarded(data: Payload, names: Names) -> Iterator[Carried]:
    """The parts of a forwarded message; Discord does not say who wrote it."""
    yield from _text(PartKind.QUOTE, readable(text(data, "content"), names))
    yield from (_file(one) for one in parts(data, "attachments"))


def _quote(data: Payload, names: Names) -> Iterator[Carried]:
    author = part(data, "author")
    known = {**names.members, **{id_of(one.get("id")) or "": name_of(one, {}) for one in parts(data, "mentions")}}
    words = readable(text(data, "content"), Names(known, names.role, names.channel))
    return _text(PartKind.QUOTE, words, name_of(author, {}))


def _embed(data: Payload) -> Iterator[Carried]:
    """The text of an embed; an embed that only shows a picture has none."""
    fields = (f"{text(one, 'name')}: {text(one, 'value')}" for one in parts(data, "fields"))
    lines = (text(data, "title"), text(data, "description"), *fields)
    return _text(
        PartKind.EMBED, "\n".join(line for line in lines if line.strip(" :")), text(part(data, "author"), "name")
    )


def _text(kind: PartKind, words: str, name: str = "") -> Iterator[Carried]:
    if words.strip():
        yield Carried(Part(kind, text=words[:SHOWN_LENGTH], name=plain_name(name)))
