"""Reads the text and the parts of a Matrix event. Pure; never raises, whatever an event contains."""

import re
from dataclasses import dataclass

from adapters.matrix.raw import JSONObject, content_of, dicts, string, under
from adapters.matrix.text import clean, label
from bot.types import Part, PartKind

POLLS = {"m.poll.start": "m.poll", "org.matrix.msc3381.poll.start": "org.matrix.msc3381.poll.start"}
"""The key in the content under which each type of poll event has its question."""

SHOWN_LENGTH = 500  # characters of a poll's question or of quoted words: enough to know what it is about
MOST_BYTES = 2**53  # no file has more; JSON readers agree on whole numbers up to here
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
    """`text` is the event's own text, unchanged (for a file, its caption); `part` is its file, poll or the like."""

    text: str = ""
    part: Part | None = None


def said_in(event: JSONObject, content: JSONObject) -> Said | None:
    """The content of a message event; None for other events."""
    kind, body = event.get("type"), string(content.get("body"))
    if isinstance(kind, str) and kind in POLLS:
        question = _question(under(under(content, POLLS[kind]), "question"))
        return Said(part=Part(PartKind.POLL, text=question)) if question else None
    if kind == "m.sticker":
        return Said(part=_part(PartKind.STICKER, body, content))
    message_type = content.get("msgtype") if kind == "m.room.message" else None
    if isinstance(message_type, str) and message_type in _FILES:
        # MSC2530: the body is a caption if there is a different file name, else it is the file name
        name = string(content.get("filename")) or body
        return Said(body if name != body else "", _part(_FILES[message_type], name, content))
    return Said(body) if isinstance(message_type, str) and message_type in _SPOKEN and body else None


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
    return Part(kind, name=label(name), media_type=label(string(info.get("mimetype"))), size=size if fits else None)


def _question(question: JSONObject) -> str:
    """A poll question's plain text, which each version of the specification stores under another key."""
    for key in _TEXT_KEYS:
        value = question.get(key)
        candidates = [value, *(one.get("body") for one in dicts(value))]
        if found := next((text for text in candidates if isinstance(text, str) and text.strip()), ""):
            return clean(found[:SHOWN_LENGTH])
    return ""
