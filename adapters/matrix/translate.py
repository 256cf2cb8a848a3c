"""Translates Matrix events into ours. Pure; never raises, whatever an event contains."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from adapters.matrix.mentions import mentioned, without_fallback
from adapters.matrix.parts import POLLS, quoted, said_in
from adapters.matrix.raw import JSONObject, content_of, relation_of, string, under
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.text import TEXT_LENGTH, clean, label
from bot.types import Author, Deletion, Edit, Event, Message, NewParts, Part, PartKind, Reaction, Thread

ID_LENGTH = 255  # bytes, by the specification
EMOJI_LENGTH = 64  # characters; the longest emoji sequences have about ten
LAST_MILLISECOND = 253_402_300_799_000  # the end of the year 9999, the last that Python's datetime supports
PROFILE = "com.beeper.per_message_profile"  # MSC4144: a bridge or a proxy says for whom it speaks
AUTOMATION_MARKS = ("m.automated", "org.matrix.msc1767.automated")  # MSC3955, and its unstable name
MOST_TYPING = 20  # people per room whose typing is reported at once; bounds what an untrusted server can cause


@dataclass(frozen=True, slots=True)
class Ear:
    """The context of an event. `names` are display names by user id, `known` the ids of events heard before."""

    info: RoomInfo
    own_id: str
    heard: datetime
    own_name: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    known: Container[str] = ()
    history: bool = False


def translate(event: object, ear: Ear) -> Event | None:
    """Translates a message, edit, deletion or reaction; None for other and malformed events."""
    if not isinstance(event, dict) or not _id(event.get("event_id")) or not _id(event.get("sender")):
        return None
    kind, because = event.get("type"), under(event, "unsigned").get("redacted_because")
    if not isinstance(kind, str) or "state_key" in event:
        return None
    if because:
        return _redacted(event, because, ear)
    read = _READERS.get(kind)
    return read(event, content_of(event), ear) if read else None


def typists(event: JSONObject, own_id: str) -> list[str]:
    """The ids of others who are typing, from an `m.typing` event."""
    users = content_of(event).get("user_ids") if event.get("type") == "m.typing" else None
    ids = [_id(user) for user in users[:MOST_TYPING]] if isinstance(users, list) else []
    return [user for user in ids if user and user != own_id]


def _id(value: object) -> str | None:
    if not isinstance(value, str) or not 0 < len(value) <= ID_LENGTH:
        return None
    return clean(value)


def _at(event: JSONObject, ear: Ear) -> datetime:
    moment = event.get("origin_server_ts")
    if not isinstance(moment, int) or isinstance(moment, bool) or not 0 <= moment <= LAST_MILLISECOND:
        return ear.heard
    return datetime.fromtimestamp(moment / 1000, UTC)


def _author(event: JSONObject, ear: Ear, *, is_bot: bool = False) -> Author:
    user = _id(event["sender"]) or "-"
    is_self = user == ear.own_id
    return Author(user, _name(user, ear), is_bot=is_bot and not is_self, is_self=is_self)


def _name(user: str, ear: Ear) -> str:
    return label(ear.names.get(user, "")) or label(user.removeprefix("@").partition(":")[0]) or user


def _replied(relation: JSONObject) -> str | None:
    """The event that a person replied to; None in a thread if it is only the fallback for clients without threads."""
    if relation.get("rel_type") == "m.thread" and relation.get("is_falling_back") is True:
        return None
    return _id(under(relation, "m.in_reply_to").get("event_id"))


def _said(event: JSONObject, content: JSONObject, ear: Ear) -> Event | None:
    is_edit = relation_of(content).get("rel_type") == "m.replace"
    return _edit(event, content, ear) if is_edit else _message(event, content, ear)


def _message(event: JSONObject, content: JSONObject, ear: Ear) -> Message | None:
    said = said_in(event, content)
    if said is None:
        return None
    relation = relation_of(content)
    body = said.text[: 2 * TEXT_LENGTH]
    text = clean(without_fallback(body) if "m.in_reply_to" in relation else body)
    author = _author(event, ear, is_bot=_is_automated(content))
    profile = label(string(under(content, PROFILE).get("displayname")))
    relayed = bool(profile) and not author.is_self and not author.is_bot
    author = replace(author, name=profile) if relayed else author
    mentions = mentioned(content, text, ear.own_id, ear.own_name)
    return Message(
        id=str(_id(event["event_id"])),
        thread=Thread(ear.info.room, _id(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else None),
        author=author,
        text=said.worded(text),
        at=_at(event, ear),
        heard=ear.heard,
        reply_to=_replied(relation),
        mentions=mentions,
        addressed=not author.is_self and (ear.info.direct or ear.own_id in mentions),
        parts=(*said.parts, *_quotes(body, relation, ear)),
        history=ear.history,
        audience=ear.info.visibility.audience(event),
        relayed=relayed,
    )


def _is_automated(content: JSONObject) -> bool:
    """Whether a program says of its message that no person wrote it: by its type, or by the mark of MSC3955."""
    return content.get("msgtype") == "m.notice" or any(content.get(key) is True for key in AUTOMATION_MARKS)


def _quotes(body: str, relation: JSONObject, ear: Ear) -> tuple[Part, ...]:
    """The quotation prepended to a reply, if we have not heard the quoted event. It has no name, because the author of
    the reply wrote it: they could make anybody say anything."""
    target = _id(under(relation, "m.in_reply_to").get("event_id"))
    quotation = quoted(body) if target and target not in ear.known else None
    if quotation is None or not quotation[1]:
        return ()
    return (Part(PartKind.QUOTE, text=quotation[1]),)


def _edit(event: JSONObject, content: JSONObject, ear: Ear) -> Edit | NewParts | None:
    """The new text; for a file, its new caption; for a poll, its new question and options."""
    target, new = _id(relation_of(content).get("event_id")), under(content, "m.new_content")
    said = said_in(event, new)
    if target is not None and said and event.get("type") in POLLS:
        return NewParts(ear.info.room, target, (PartKind.POLL,), said.parts, _at(event, ear))
    body = new.get("body")
    if target is None or not isinstance(body, str):
        return None
    words = said.text if said else body
    text = clean(without_fallback(words[: 2 * TEXT_LENGTH]))
    addressed = ear.own_id != event["sender"] and ear.own_id in mentioned(new, text, ear.own_id, ear.own_name)
    text = said.worded(text) if said else text
    return Edit(ear.info.room, target, text, _at(event, ear), ear.info.visibility.audience(event), addressed)


def _deletion(event: JSONObject, content: JSONObject, ear: Ear) -> Deletion | None:
    target = _id(content.get("redacts")) or _id(event.get("redacts"))  # room version 11 moved it into the content
    return Deletion(ear.info.room, target, _at(event, ear)) if target else None


def _redacted(event: JSONObject, because: object, ear: Ear) -> Deletion:
    """The deletion for an event that arrives already redacted: we may have stored it before it was."""
    moment = because if isinstance(because, dict) else event
    return Deletion(ear.info.room, str(_id(event["event_id"])), _at(moment, ear))


def _reaction(event: JSONObject, content: JSONObject, ear: Ear) -> Reaction | None:
    relation = relation_of(content)
    target, emoji = _id(relation.get("event_id")), relation.get("key")
    if relation.get("rel_type") != "m.annotation" or target is None or not isinstance(emoji, str) or not emoji:
        return None
    return Reaction(ear.info.room, target, _author(event, ear), label(emoji[:EMOJI_LENGTH]) or "?", _at(event, ear))


_READERS: Mapping[str, Callable[[JSONObject, JSONObject, Ear], Event | None]] = {
    "m.room.message": _said,
    "m.sticker": _said,
    **dict.fromkeys(POLLS, _said),
    "m.room.redaction": _deletion,
    "m.reaction": _reaction,
}
