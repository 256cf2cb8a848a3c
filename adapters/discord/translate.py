"""Discord's gateway payloads -> what we hear. Pure, and nothing Discord can send makes it raise.

It reads the documented JSON, not the SDK's objects: the gateway and the history give the same payloads, edits and
deletions reach us for messages that no cache holds, and a field that the SDK does not know costs one message at most.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.types import Author, Deletion, Edit, Message, Reaction, Thread

from .markup import Names, plain_name, readable
from .payload import Payload, id_of, ids, moment_of, part, parts, text, time

SPOKEN_TYPES = (
    0,
    19,
    20,
    23,
)  # ordinary, reply, and the answers to slash and context commands: all else is the system's
THREAD_STARTER = 21  # the first entry of a thread grown from a message: empty, it only refers to that message
FORWARD = 1  # the kind of reference that carries somebody else's words
SHOWN_LENGTH = 500  # characters of a forwarded text or a file's description: enough to know what it is about


@dataclass(frozen=True, slots=True)
class Channel:
    """A Discord channel in our words, with what is needed to read what is said there.

    `us` are our account's id and the ids of our own roles (mentioning one of those means us; other roles do not).
    """

    thread: Thread
    direct: bool
    me: str
    us: frozenset[str]
    names: Names


def message(data: Payload, place: Channel, heard: datetime, *, history: bool = False) -> Message | None:
    """A message, or None for the system's own lines and for what can't be read."""
    if data.get("type", 0) == THREAD_STARTER:
        return _thread_starter(data, place, heard)
    snowflake, author = id_of(data.get("id")), author_of(data, place.me)
    if snowflake is None or author is None or data.get("type", 0) not in SPOKEN_TYPES:
        return None
    names = _names(data, place)
    return Message(
        id=snowflake,
        thread=place.thread,
        author=author,
        text=readable(text(data, "content"), names),
        at=moment_of(snowflake),
        heard=heard,
        reply_to=_reply_to(data),
        mentions=tuple(_mentioned(data)),
        addressed=not author.is_self and _addressed(data, place),
        starts_thread=snowflake == place.thread.root,
        attachments=tuple(_attachments(data, names)),
        history=history,
    )


def edit(data: Payload, place: Channel, heard: datetime) -> Edit | None:
    """A change of the words. Without an edited_timestamp it was only a link unfolding or a pin."""
    snowflake = id_of(data.get("id"))
    if snowflake is None or not isinstance(data.get("content"), str) or not data.get("edited_timestamp"):
        return None
    if data.get("type", 0) not in SPOKEN_TYPES:
        return None
    words = readable(text(data, "content"), _names(data, place))
    return Edit(place.thread.room, snowflake, words, time(data, "edited_timestamp") or heard)


def deletions(data: Payload, place: Channel, heard: datetime) -> list[Deletion]:
    """One deletion, or the many of a bulk deletion."""
    single = id_of(data.get("id"))
    return [Deletion(place.thread.room, gone, heard) for gone in ([single] if single else ids(data, "ids"))]


def reaction(data: Payload, place: Channel, heard: datetime, *, removed: bool) -> Reaction | None:
    """An emoji put on or taken off. Taken off, Discord only says whose it was: the name is then empty."""
    target, who = id_of(data.get("message_id")), id_of(data.get("user_id"))
    emoji = part(data, "emoji")
    name = text(emoji, "name")
    if target is None or who is None or not name:
        return None
    member = part(data, "member")
    user = part(member, "user")
    author = Author(who, _name(user, member), bool(user.get("bot")) or who == place.me, who == place.me)
    return Reaction(place.thread.room, target, author, f":{name}:" if emoji.get("id") else name, heard, removed)


def author_of(data: Payload, me: str) -> Author | None:
    """Who wrote a message; webhooks and applications count as bots. None when nobody did."""
    user = part(data, "author")
    snowflake = id_of(user.get("id"))
    if snowflake is None:
        return None
    is_bot = bool(user.get("bot")) or data.get("webhook_id") is not None
    return Author(snowflake, _name(user, part(data, "member")), is_bot or snowflake == me, snowflake == me)


def _name(user: Payload, member: Payload) -> str:
    """The name people see: nickname here, else display name, else account name."""
    candidates = (text(member, "nick"), text(user, "global_name"), text(user, "username"))
    return next((shown for name in candidates if (shown := plain_name(name))), "")


def _thread_starter(data: Payload, place: Channel, heard: datetime) -> Message | None:
    """The message that a thread grew from, under its own id (which is the thread's): what happens to the
    original happens to it. It was said before the thread was, so it is known and not answered again."""
    original = part(data, "referenced_message")
    if original.get("type", 0) == THREAD_STARTER:
        return None  # never sent by Discord; a payload that refers to itself must not recurse
    return message({**original, "mentions": original.get("mentions", [])}, place, heard, history=True)


def _reply_to(data: Payload) -> str | None:
    reference = part(data, "message_reference")
    return None if reference.get("type", 0) == FORWARD else id_of(reference.get("message_id"))


def _mentioned(data: Payload) -> list[str]:
    return [found for one in parts(data, "mentions") if (found := id_of(one.get("id")))]


def _addressed(data: Payload, place: Channel) -> bool:
    if place.direct:
        return True
    if place.me in _mentioned(data):
        return True
    if any(role in place.us for role in ids(data, "mention_roles")):
        return True
    replied = author_of(part(data, "referenced_message"), place.me)
    return _reply_to(data) is not None and replied is not None and replied.is_self


def _names(data: Payload, place: Channel) -> Names:
    named = {id_of(one.get("id")): _name(one, part(one, "member")) for one in parts(data, "mentions")}
    members = {snowflake: name for snowflake, name in named.items() if snowflake and name}
    return Names({**place.names.members, **members}, place.names.role, place.names.channel)


def _attachments(data: Payload, names: Names) -> list[str]:
    """Short descriptions of what came with the words: files, stickers, a poll, somebody else's words."""
    shown = [_file(one) for one in parts(data, "attachments")]
    shown += [f"sticker: {plain_name(text(one, 'name'))}" for one in parts(data, "sticker_items")]
    question = text(part(part(data, "poll"), "question"), "text")
    if question:
        shown.append(f"poll: {question[:SHOWN_LENGTH]}")
    for snapshot in parts(data, "message_snapshots"):
        forwarded = part(snapshot, "message")
        if words := readable(text(forwarded, "content"), names):
            shown.append(f"forwarded: {words[:SHOWN_LENGTH]}")
        shown += [f"forwarded {_file(one)}" for one in parts(forwarded, "attachments")]
    return shown


def _file(data: Payload) -> str:
    kind = text(data, "content_type").partition("/")[0]
    described = text(data, "description")[:SHOWN_LENGTH]
    shown = f"{kind if kind in ('image', 'video', 'audio') else 'file'}: {text(data, 'filename')[:100]}"
    return f"{shown} ({described})" if described else shown
