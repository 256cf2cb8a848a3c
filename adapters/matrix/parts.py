"""Reads the text and the parts of a Matrix event. Pure; never raises, whatever an event contains."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.matrix.raw import JSONObject, content_of, dicts, string, under
from adapters.matrix.text import clean, label
from bot.parts import SHOWN_LENGTH, Part, PartKind, embed, location, poll

POLLS = {"m.poll.start": "m.poll", "org.matrix.msc3381.poll.start": "org.matrix.msc3381.poll.start"}
"""The key in the content under which each type of poll event has its question."""

PREVIEWS = ("m.url_previews", "com.beeper.linkpreviews")  # previews that the sender's client has added (MSC4095)
LOCATIONS = ("m.location", "org.matrix.msc3488.location")  # MSC3488; the older form has its URI in the content itself
MOST_PREVIEWS = 5  # links of a message that have a preview
MOST_BYTES = 2**53  # no file has more; JSON readers agree on whole numbers up to here
MOST_MILLISECONDS = 100 * 3_600_000  # no recording is longer
_SPOKEN = frozenset({"m.text", "m.emote", "m.notice"})
_FILES = {
    "m.image": PartKind.IMAGE,
    "m.video": PartKind.VIDEO,
    "m.audio": PartKind.AUDIO,
    "m.file": PartKind.FILE,
}
_TEXT_KEYS = ("m.text", "org.matrix.msc1767.text", "body")  # the first is specified, the others are older
_QUOTATION = re.compile(r"> (?:\* )?<(?P<user>@[^>\n]*)>[ ]?")
_ADDRESS = re.compile(r"mxc://(?P<server>[A-Za-z0-9\[][A-Za-z0-9.:\[\]-]{0,254})/(?P<media>[A-Za-z0-9_-]{1,255})")


@dataclass(frozen=True, slots=True)
class Said:
    """`text` is the event's own text, unchanged (for a file, its caption); `parts` are its file, poll or the like.
    `acts`: it tells what its author does."""

    text: str = ""
    parts: tuple[Part, ...] = ()
    acts: bool = False

    def worded(self, text: str) -> str:
        """The text (after its fallback was removed) as people read it: what an author does ("/me waves") is told from
        what they say, as in "*waves*"."""
        return f"*{text}*" if self.acts and text and not text.lstrip().startswith("*") else text


def said_in(event: JSONObject, content: JSONObject) -> Said | None:
    """The content of a message event; None for other events."""
    kind, body = event.get("type"), string(content.get("body"))
    if isinstance(kind, str) and kind in POLLS:
        made = _poll(under(content, POLLS[kind]))
        return Said(parts=(made,)) if made else None
    if kind == "m.sticker":
        return Said(parts=(_part(PartKind.STICKER, body, content),))
    message_type = string(content.get("msgtype")) if kind == "m.room.message" else ""
    if message_type in _FILES:
        # MSC2530: the body is a caption if there is a different file name, else it is the file name
        name = string(content.get("filename")) or body
        return Said(body if name != body else "", (_part(_FILES[message_type], name, content),))
    if message_type == "m.location":
        return Said(parts=(_location(content, body),))
    if not body or not _is_spoken(message_type):
        return None
    return Said(body, tuple(_previews(content)), acts=message_type == "m.emote")


def _is_spoken(message_type: str) -> bool:
    """Whether the body is what somebody says. That of an unknown type stands in for it, by the specification: a
    gallery, or one of Element's effects."""
    return message_type in _SPOKEN or bool(message_type and not message_type.startswith("m."))


def _location(content: JSONObject, body: str) -> Part:
    newer = next((found for key in LOCATIONS if (found := under(content, key))), {})
    place = string(newer.get("uri")) or string(content.get("geo_uri"))
    return location(clean(string(newer.get("description")) or body), label(place))


def _previews(content: JSONObject) -> Iterator[Part]:
    """Previews of the links in a message. The sender's client made them: they are as much worth as the message."""
    listed = next((found for key in PREVIEWS if (found := dicts(content.get(key)))), [])
    for one in listed[:MOST_PREVIEWS]:
        title, told, site = (clean(string(one.get(f"og:{key}"))) for key in ("title", "description", "site_name"))
        if (made := embed(title, told, author=label(site))).text:
            yield made


def address_in(event: JSONObject) -> tuple[str, str] | None:
    """The server and the media id of an event's file; None if there is none, or it is encrypted (an encrypted file has
    its URL elsewhere)."""
    found = _ADDRESS.fullmatch(string(content_of(event).get("url")))
    return (found["server"], found["media"]) if found else None


def quoted(body: str) -> tuple[str, str] | None:
    """The author and the text of the quotation that older clients prepend to a reply ("> <@alice:example.org> ...")."""
    found = _QUOTATION.match(body)
    if not found:
        return None
    lines = body[found.end() :].split("\n")
    more = next((number for number, line in enumerate(lines[1:], 1) if not line.startswith(">")), len(lines))
    words = [lines[0], *(line.removeprefix(">").removeprefix(" ") for line in lines[1:more])]
    return clean(found["user"][:255]), clean("\n".join(words).strip()[:SHOWN_LENGTH])


def _part(kind: PartKind, name: str, content: JSONObject) -> Part:
    info = under(content, "info")
    size = info.get("size")
    fits = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < MOST_BYTES
    media_type = label(string(info.get("mimetype")))
    return Part(kind, _length(content), label(name), media_type, size if fits else None, _is_encrypted(content))


def _is_encrypted(content: JSONObject) -> bool:
    """Whether the file is: by the specification its address then stands under `file`, and there is none beside it."""
    return not string(content.get("url")) and bool(under(content, "file"))


def _length(content: JSONObject) -> str:
    """How long a recording is, and whether it is a voice message (MSC3245)."""
    duration = under(content, "info").get("duration")
    if isinstance(duration, bool) or not isinstance(duration, int) or not 0 <= duration < MOST_MILLISECONDS:
        return ""
    voice = any(key in content for key in ("m.voice", "org.matrix.msc3245.voice"))
    return f"{'voice message, ' if voice else ''}{max(1, round(duration / 1000))} s"


def _poll(start: JSONObject) -> Part | None:
    question = _plain(under(start, "question"))
    return poll(question, map(_plain, dicts(start.get("answers")))) if question else None


def _plain(words: JSONObject) -> str:
    """The plain text of a question or an answer, which each version of the specification stores under another key."""
    for key in _TEXT_KEYS:
        value = words.get(key)
        candidates = [value, *(one.get("body") for one in dicts(value))]
        if found := next((text for text in candidates if isinstance(text, str) and text.strip()), ""):
            return clean(found[:SHOWN_LENGTH])
    return ""
