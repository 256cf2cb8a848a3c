"""Translates Discord's gateway payloads into our events. Pure; never raises, whatever Discord sends.

Reads the documented JSON, not the SDK's objects: the gateway and the history give the same payloads, edits and
deletions arrive for messages that are not cached, and a field unknown to the SDK costs one message at most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bot.types import Author, Deletion, Edit, Message, NewParts, PartKind, PastReaders, Reaction, Thread

from .markup import Names, readable
from .parts import Carried, carried, carries_parts, name_of, post_parts
from .payload import Payload, id_of, ids, moment_of, part, parts, text, time

SPOKEN_TYPES = (
    0,
    19,
    20,
    23,
)  # ordinary, reply, and responses to slash and context commands; all others are system messages
INTERACTIONS = (20, 23)
CROSSPOST = 1 << 1  # a message of another community's announcement channel
PROXIES = ("466378653216014359", "431544605209788416")  # the applications PluralKit and Tupperbox
THREAD_STARTER = 21  # the first entry of a thread started from a message: empty, with a reference to that message
FORWARD = 1  # the kind of reference for a forwarded message
WHOLE = tuple(kind for kind in PartKind if kind not in (PartKind.TITLE, PartKind.TAGS, PartKind.QUOTE))
"""The kinds of parts that a changed message tells: its title is its thread's, and what it answers never changes."""


Past = Callable[[Payload], PastReaders]
"""Tells who of a message's readers may read what was said before it."""


def _unknown(data: Payload) -> PastReaders:
    return PastReaders.NOBODY


@dataclass(frozen=True, slots=True)
class Channel:
    """A Discord channel as one of our threads, with what is needed to translate its messages.

    `us` are our account's id and the ids of our own roles (mentioning one of those means us; other roles do not).
    `title` and `tags` are those of a forum post, if it is one; messages with an id below `since` were sent before we
    could hear.
    """

    thread: Thread
    direct: bool
    me: str
    us: frozenset[str]
    names: Names
    title: str = ""
    tags: tuple[str, ...] = ()
    since: int = 0
    past: Past = _unknown


def message(data: Payload, place: Channel, heard: datetime, *, history: bool = False) -> Message | None:
    """A message, or None for system messages and unreadable payloads."""
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
        parts=tuple(one.part for one in carried_by(data, place)),
        history=history,
        past_readers=place.past(data),
        relayed=speaks_for_a_person(data),
        answers=_answers(data, place),
    )


def carried_by(data: Payload, place: Channel) -> list[Carried]:
    """The parts of a message with their URLs; reading it again gives the same parts. The message that it replies to is
    quoted if it was sent before we could hear; all others are known already."""
    title, tags = (place.title, place.tags) if id_of(data.get("id")) == place.thread.root else ("", ())
    answered = _reply_to(data)
    quoted = answered is not None and int(answered) < place.since
    if not (title or quoted or carries_parts(data)):
        return []
    return carried(data, _names(data, place), title=title, tags=tags, quoted=quoted)


def new_parts(data: Payload, place: Channel, heard: datetime) -> NewParts | None:
    """What a changed message carries now. A payload without its text is a part of a message, as Discord sends when it
    has read a link: then only the embeds are new."""
    snowflake = id_of(data.get("id"))
    if snowflake is None or data.get("type", 0) not in SPOKEN_TYPES:
        return None
    is_whole = all(isinstance(data.get(key), list | str) for key in ("content", "attachments", "embeds"))
    if not (is_whole or isinstance(data.get("embeds"), list)):
        return None
    kinds = WHOLE if is_whole else (PartKind.EMBED,)
    found = tuple(one.part for one in carried_by(data, place) if one.part.kind in kinds)
    return NewParts(place.thread.room, snowflake, kinds, found, heard)


def renamed(data: Payload, place: Channel, heard: datetime) -> NewParts | None:
    """The title and the tags that a forum post has from now on; None for other threads."""
    snowflake = id_of(data.get("id"))
    if snowflake is None or not place.title:
        return None
    kinds = (PartKind.TITLE, PartKind.TAGS)
    return NewParts(place.thread.room, snowflake, kinds, tuple(post_parts(place.title, place.tags)), heard)


def edit(data: Payload, place: Channel, heard: datetime) -> Edit | None:
    """A change of the text. Without an edited_timestamp, only a link was unfolded or the message pinned: None."""
    snowflake = id_of(data.get("id"))
    if snowflake is None or not isinstance(data.get("content"), str) or not data.get("edited_timestamp"):
        return None
    if data.get("type", 0) not in SPOKEN_TYPES:
        return None
    words = readable(text(data, "content"), _names(data, place))
    at = time(data, "edited_timestamp") or heard
    return Edit(place.thread.room, snowflake, words, at, addressed=_addressed(data, place))


def deletions(data: Payload, place: Channel, heard: datetime) -> list[Deletion]:
    """The deletions in the payload: one, or many for a bulk deletion."""
    single = id_of(data.get("id"))
    return [Deletion(place.thread.room, gone, heard) for gone in ([single] if single else ids(data, "ids"))]


def reaction(data: Payload, place: Channel, heard: datetime, *, removed: bool) -> Reaction | None:
    """A reaction added or removed. For a removal, Discord gives only the author's id, so the name is empty."""
    target, who = id_of(data.get("message_id")), id_of(data.get("user_id"))
    emoji = part(data, "emoji")
    name = text(emoji, "name")
    if target is None or who is None or not name:
        return None
    member = part(data, "member")
    user = part(member, "user")
    author = Author(who, name_of(user, member), bool(user.get("bot")) or who == place.me, who == place.me)
    return Reaction(place.thread.room, target, author, f":{name}:" if emoji.get("id") else name, heard, removed)


def typist(data: Payload, me: str) -> str | None:
    """The id of the person typing; None for us and for bots. In direct conversations Discord gives no more than the
    id."""
    who = id_of(data.get("user_id"))
    return None if who == me or part(part(data, "member"), "user").get("bot") else who


def author_of(data: Payload, me: str) -> Author | None:
    """The author of a message; applications, and webhooks that speak for nobody, count as bots. None if there is no
    author."""
    user = part(data, "author")
    snowflake = id_of(user.get("id"))
    if snowflake is None:
        return None
    name = name_of(user, part(data, "member"))
    if speaks_for_a_person(data):
        return Author(f"{snowflake}/{sha256(name.encode()).hexdigest()[:16]}", name)  # one webhook speaks for many
    is_bot = bool(user.get("bot")) or data.get("webhook_id") is not None
    return Author(snowflake, name, is_bot or snowflake == me, snowflake == me)


def speaks_for_a_person(data: Payload) -> bool:
    """Whether a webhook repeats what a person said: one of PluralKit's or Tupperbox's, or one of another program (a
    bridge) that sends plain text. News and build reports come by webhooks that people made, as embeds, or from other
    communities; interactions are answers of programs."""
    application = id_of(data.get("application_id"))
    if id_of(data.get("webhook_id")) is None or application is None or _is_interaction(data):
        return False
    if application in PROXIES:
        return True
    has_embeds = any(text(one, "type") == "rich" for one in parts(data, "embeds"))
    return bool(text(data, "content").strip()) and not has_embeds and not _is_from_elsewhere(data)


def _is_interaction(data: Payload) -> bool:
    return bool(data.get("interaction") or data.get("interaction_metadata")) or data.get("type", 0) in INTERACTIONS


def _is_from_elsewhere(data: Payload) -> bool:
    flags = data.get("flags")
    return isinstance(flags, int) and bool(flags & CROSSPOST)


def _thread_starter(data: Payload, place: Channel, heard: datetime) -> Message | None:
    """The message that a thread was started from, with its own id (which is also the thread's), so that edits and
    deletions of the original apply to it. It is older than the thread, so it is known and not answered again."""
    original = part(data, "referenced_message")
    if original.get("type", 0) == THREAD_STARTER:
        return None  # never sent by Discord; a payload that refers to itself must not recurse
    return message({**original, "mentions": original.get("mentions", [])}, place, heard, history=True)


def _reply_to(data: Payload) -> str | None:
    """The message that is answered. A forwarded message is not, nor one that a followed channel has published here."""
    reference, channel = part(data, "message_reference"), id_of(data.get("channel_id"))
    is_elsewhere = channel is not None and id_of(reference.get("channel_id")) not in (None, channel)
    return None if reference.get("type", 0) == FORWARD or is_elsewhere else id_of(reference.get("message_id"))


def _answers(data: Payload, place: Channel) -> str:
    """The id of who wrote the message that is answered, if Discord sends that along."""
    author = author_of(part(data, "referenced_message"), place.me) if _reply_to(data) is not None else None
    return author.id if author is not None else ""


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
    named = {id_of(one.get("id")): name_of(one, part(one, "member")) for one in parts(data, "mentions")}
    members = {snowflake: name for snowflake, name in named.items() if snowflake and name}
    return Names({**place.names.members, **members}, place.names.role, place.names.channel)
