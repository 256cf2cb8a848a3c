"""Exports from Discord (DiscordChatExporter) and Matrix (Element), read as messages."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.measure.lines import EARLIEST, LATEST, US, Broken, Shape, moment
from bot.types import Message, Part, PartKind

Row = Mapping[str, Any]
Translate = Callable[[Any], Message | None]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DISCORD_SAID = ("Default", "Reply", "0", "19", "20", "ChatInputCommand")  # other types are the platform's own notices


def translator(header: Row, us: frozenset[str]) -> Translate:
    """A function that turns a row of an export into a message, or None if the row is no message (a join, a reaction, an
    edit); it raises Broken. `us` are the ids of our own account."""
    return Discord(header, us) if "channel" in header or "guild" in header else Element(header, us)


class Discord:
    """Translates a DiscordChatExporter file, which holds one channel.

    A thread's file names its parent channel where other files name their category. The first message of a forum post
    has the thread's own id.
    """

    def __init__(self, header: Row, us: frozenset[str]):
        channel = _mapping(header.get("channel"))
        self._us, self._shape = us, Shape()
        self._id = _text(channel.get("id")) or _text(channel.get("name")) or "channel"
        is_thread = "Thread" in _text(channel.get("type"))
        parent = (_text(channel.get("categoryId")), _text(channel.get("category")))
        own = (self._id, _text(channel.get("name")))
        room, name = parent if is_thread and any(parent) else own
        self._root = self._id if is_thread else None
        self._thread = self._shape.thread(room or name, self._root, name)

    def __call__(self, row: Any) -> Message | None:
        if not isinstance(row, Mapping):
            raise Broken("not an object")
        if _text(row.get("type")) not in DISCORD_SAID:
            return None
        id, author = _needed(row, "id"), _mapping(row.get("author"))
        at = moment(row.get("timestamp"))
        mentions = tuple(self._called(_text(_mapping(one).get("id"))) for one in _list(row.get("mentions")))
        sender = _needed(author, "id")
        is_self = sender in self._us
        name = _text(author.get("nickname")) or _text(author.get("name"))
        return Message(
            id, self._thread, self._shape.author(sender, name, author.get("isBot") is True, is_self),
            _text(row.get("content")), at, at, _text(_mapping(row.get("reference")).get("messageId")) or None, mentions,
            US in mentions and not is_self, self._root == id,
            tuple(_file(_mapping(one)) for one in _list(row.get("attachments"))),
        )  # fmt: skip

    def _called(self, id: str) -> str:
        return US if id in self._us else id


class Element:
    """Translates a Matrix room as Element exports it: events as they were sent, with names only where people joined."""

    def __init__(self, header: Row, us: frozenset[str]):
        self._us, self._shape = us, Shape()
        self._name = _text(header.get("room_name"))
        self._names: dict[str, str] = {}

    def __call__(self, row: Any) -> Message | None:
        if not isinstance(row, Mapping):
            raise Broken("not an object")
        content = _mapping(row.get("content"))
        if row.get("type") == "m.room.member" and content.get("displayname"):
            self._names[_text(row.get("state_key"))] = _text(content["displayname"])
        relation = _mapping(content.get("m.relates_to"))
        if row.get("type") not in ("m.room.message", "m.sticker") or relation.get("rel_type") == "m.replace":
            return None
        id, sender, at = _needed(row, "event_id"), _needed(row, "sender"), _moment_of(row.get("origin_server_ts"))
        root = _text(relation.get("event_id")) if relation.get("rel_type") == "m.thread" else ""
        thread = self._shape.thread(_text(row.get("room_id")) or self._name or "room", root or None, self._name)
        called = _list(_mapping(content.get("m.mentions")).get("user_ids"))
        mentions = tuple(US if one in self._us else str(one) for one in called)
        is_self, notice = sender in self._us, content.get("msgtype") == "m.notice"  # bots there write notices
        return Message(
            id, thread, self._shape.author(sender, self._names.get(sender), notice, is_self),
            _text(content.get("body")), at, at, _reply_to(relation), mentions, US in mentions and not is_self,
        )  # fmt: skip


def _file(attachment: Row) -> Part:
    return Part(PartKind.FILE, name=_text(attachment.get("fileName")))


def _reply_to(relation: Row) -> str | None:
    """The message that is answered. In a thread, the link to the last message is a fallback for clients without threads
    and does not count."""
    if relation.get("is_falling_back") is True:
        return None
    return _text(_mapping(relation.get("m.in_reply_to")).get("event_id")) or None


def in_order(messages: Iterator[Message]) -> Iterator[Message]:
    """The messages oldest first. Some exports are newest first; these must be held in memory whole."""
    first = next(messages, None)
    second = next(messages, None)
    begun = [message for message in (first, second) if message]
    if first and second and second.at < first.at:
        begun = [*begun, *messages][::-1]
    yield from begun
    yield from messages


def _moment_of(milliseconds: Any) -> datetime:
    if type(milliseconds) is int and 0 <= milliseconds < (LATEST - EARLIEST).total_seconds() * 1000:
        return EPOCH + timedelta(milliseconds=milliseconds)
    raise Broken("origin_server_ts is not a time in milliseconds")


def _needed(row: Row, name: str) -> str:
    if text := _text(row.get(name)):
        return text
    raise Broken(f"{name} is missing or not a text")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: Any) -> Row:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
