"""Reads the parts of a Discord message besides its text. Pure; never raises, whatever Discord sends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.parts import EMBED_LENGTH, SHOWN_LENGTH, Part, PartKind, embed, poll

from .markup import Names, plain_name, readable
from .payload import Payload, id_of, part, parts, text

PART_LABEL_LENGTH = 100  # characters of a file name, a media type or a post's title (Discord's own limit for titles)
FORWARD_LENGTH = 2_000  # characters: a whole message, since nothing else tells what the forwarded one said
MOST_PARTS = 40  # Discord allows ten attachments, ten embeds and three stickers, and the same in a forwarded message
MOST_BYTES = 2**53  # no file has more; JSON readers agree on whole numbers up to here
MOST_SECONDS = 100 * 3600  # no recording is longer; infinity and NaN are not less
CARRYING = ("attachments", "embeds", "sticker_items", "poll", "message_snapshots", "components")
TEXT_DISPLAY = 10  # the type of a component that shows a text
DEEPEST = 4  # components within components: Discord allows a text in a section in a container
POLL_RESULT = "poll_result"  # the type of an embed that only repeats a poll
_MEDIA = {"image": PartKind.IMAGE, "video": PartKind.VIDEO, "audio": PartKind.AUDIO}


@dataclass(frozen=True, slots=True)
class Carried:
    """A part and, for a file, its current URL. URLs expire and are never stored."""

    part: Part
    address: str = ""


def carried(
    data: Payload, names: Names, *, title: str = "", tags: Sequence[str] = (), quoted: bool = False
) -> list[Carried]:
    """The parts of a message in a stable order: parts that can't change later come first, so that the n-th file stays
    the n-th. `title` and `tags` are those of the post that it starts; `quoted`: include the message that it replies
    to."""
    found = [
        *(_file(one) for one in parts(data, "attachments")),
        *(_sticker(one) for one in parts(data, "sticker_items")),
        *_poll(part(data, "poll")),
        *(one for snapshot in parts(data, "message_snapshots") for one in _forwarded(part(snapshot, "message"), names)),
        *map(Carried, post_parts(title, tags)),
        *(_quote(part(data, "referenced_message"), names) if quoted else ()),
        *(one for found in parts(data, "embeds") for one in _embed(found, names)),
        *_displayed(data, names),
    ]
    return found[:MOST_PARTS]


def post_parts(title: str, tags: Sequence[str]) -> list[Part]:
    """The title and the tags of a forum post, which belong to its first message."""
    named = plain_name(title, PART_LABEL_LENGTH), ", ".join(filter(None, (plain_name(tag) for tag in tags)))
    return [Part(kind, text) for kind, text in zip((PartKind.TITLE, PartKind.TAGS), named, strict=True) if text]


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
        text=text(data, "description")[:SHOWN_LENGTH] or _length(data),
        name=plain_name(text(data, "filename"), PART_LABEL_LENGTH),
        media_type=media_type,
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MOST_BYTES else None,
    )
    return Carried(made, text(data, "url"))


def _length(data: Payload) -> str:
    """How long a recording is, and whether it is a voice message (which alone has a waveform)."""
    seconds = data.get("duration_secs")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < MOST_SECONDS:
        return ""
    return f"{'voice message, ' if data.get('waveform') else ''}{max(1, round(seconds))} s"


def _sticker(data: Payload) -> Carried:
    return Carried(Part(PartKind.STICKER, name=plain_name(text(data, "name"))))


def _poll(data: Payload) -> Iterator[Carried]:
    made = poll(text(part(data, "question"), "text"), map(_option, parts(data, "answers")))
    return iter([Carried(made)] if made.text else [])


def _option(data: Payload) -> str:
    """An option of a poll, with its emoji."""
    media = part(data, "poll_media")
    return f"{text(part(media, 'emoji'), 'name')} {text(media, 'text')}".strip()


def _forwarded(data: Payload, names: Names) -> Iterator[Carried]:
    """The parts of a forwarded message; Discord does not say who wrote it. Its embeds belong to its text."""
    embeds = (one for found in parts(data, "embeds") for one in _embed(found, names))
    shown = [one.part.text for one in (*embeds, *_displayed(data, names))]
    words = "\n".join(filter(None, [readable(text(data, "content"), names), *shown]))
    yield from _text(PartKind.FORWARD, words, most=FORWARD_LENGTH)
    yield from (_file(one) for one in parts(data, "attachments"))
    yield from (_sticker(one) for one in parts(data, "sticker_items"))


def _quote(data: Payload, names: Names) -> Iterator[Carried]:
    author = part(data, "author")
    known = {**names.members, **{id_of(one.get("id")) or "": name_of(one, {}) for one in parts(data, "mentions")}}
    words = readable(text(data, "content"), Names(known, names.role, names.channel))
    return _text(PartKind.QUOTE, words, name_of(author, {}))


def _embed(data: Payload, names: Names) -> Iterator[Carried]:
    """An embed with words. Its author is whoever it names, or else the site whose link it previews."""
    if text(data, "type") == POLL_RESULT:
        return

    def words(of: Payload, key: str) -> str:
        return readable(text(of, key), names)

    author = text(part(data, "author"), "name") or text(part(data, "provider"), "name")
    fields = [(words(one, "name"), words(one, "value")) for one in parts(data, "fields")]
    footer = text(part(data, "footer"), "text")
    made = embed(words(data, "title"), words(data, "description"), fields, footer, plain_name(author))
    if made.text or text(part(data, "author"), "name"):
        yield Carried(made)


def _displayed(data: Payload, names: Names) -> Iterator[Carried]:
    """The texts of a message that is laid out in components, in which it has neither content nor embeds."""
    words = "\n".join(readable(one, names) for one in _texts_in(parts(data, "components")))
    return _text(PartKind.EMBED, words, most=EMBED_LENGTH)


def _texts_in(components: list[Payload], depth: int = 0) -> Iterator[str]:
    for one in components if depth < DEEPEST else ():
        if one.get("type") == TEXT_DISPLAY:
            yield text(one, "content")
        yield from _texts_in(parts(one, "components"), depth + 1)


def _text(kind: PartKind, words: str, name: str = "", most: int = SHOWN_LENGTH) -> Iterator[Carried]:
    if words.strip():
        yield Carried(Part(kind, text=words[:most], name=plain_name(name)))
