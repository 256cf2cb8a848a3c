"""Reads a DiscordChatExporter file: each message is given the form in which Discord sends it, and read like a live one.

Formats: https://github.com/Tyrrrz/DiscordChatExporter (JSON). Its texts are readable already. Before 2.47 a forwarded
message had no content, and its reference no type; but only an answer has the type "Reply".
"""

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.types import Message, Room, Thread

from .markup import Names
from .payload import Payload, id_of, part, parts, text, time
from .translate import FORWARD, SPOKEN_TYPES, Channel, message

TYPES = {"Default": 0, "Reply": 19, "ChatInputCommand": 20, "ContextMenuCommand": 23}
REPLY = TYPES["Reply"]


def translator(header: Payload, us: frozenset[str]) -> Callable[[Any], Message | None] | None:
    """A function that turns a row of the file into a message, or None if it is a notice of the platform; it raises
    ValueError with what is wrong with the row. None if the header is of another format. Who of them is us is told by
    the ids."""
    if "channel" not in header and "guild" not in header:
        return None
    place = _place(part(header, "channel"))

    def read(row: Any) -> Message | None:
        if not isinstance(row, dict):
            raise ValueError("not an object")
        kind = _type_of(row)
        if kind not in SPOKEN_TYPES:
            return None
        at = _checked(row)
        said = message(_payload(row, kind), place, at)
        return replace(said, at=at) if said else None

    return read


def _place(channel: Payload) -> Channel:
    """The channel of a file. A thread's file names its parent channel where other files name their category. The first
    message of a forum post has the thread's own id, and the thread's name is its title."""
    id, name = text(channel, "id") or text(channel, "name") or "channel", text(channel, "name")
    parent = text(channel, "categoryId"), text(channel, "category")
    is_thread = "Thread" in text(channel, "type")
    room, room_name = parent if is_thread and any(parent) else (id, name)
    thread = Thread(Room("discord", "-", room or room_name, room_name), id if is_thread else None)
    return Channel(thread, False, "", frozenset(), Names({}, _unknown, _unknown), name if is_thread else "")


def _unknown(id: str) -> str | None:
    return None


def _type_of(row: Payload) -> int:
    name = text(row, "type")
    return TYPES.get(name, int(name) if name.isdecimal() and len(name) < 4 else -1)


def _checked(row: Payload) -> datetime:
    """When it was said. Raises ValueError if the row lacks what a message must have."""
    if id_of(row.get("id")) is None:
        raise ValueError("id is missing or not a number")
    if id_of(part(row, "author").get("id")) is None:
        raise ValueError("author has no id")
    if (at := time(row, "timestamp")) is None:
        raise ValueError("timestamp is not a time such as 2026-01-05T12:00:00Z")
    return at


def _payload(row: Payload, kind: int) -> dict[str, Any]:
    """The message in Discord's own form."""
    author, forwarded = part(row, "author"), part(row, "forwardedMessage")
    reference = part(row, "reference")
    is_forward = text(reference, "type") == "Forward" or bool(forwarded) or kind not in (REPLY, 20, 23)
    return {
        "id": row["id"],
        "type": kind,
        "content": text(row, "content"),
        "author": _user(author),
        "mentions": [_user(one) for one in parts(row, "mentions")],
        "message_reference": {"message_id": reference.get("messageId"), "type": FORWARD if is_forward else 0},
        "message_snapshots": [{"message": _carried(forwarded)}] if forwarded else [],
        **_carried(row),
    }


def _carried(row: Payload) -> dict[str, Any]:
    files = [
        {"filename": name, "size": one.get("fileSizeBytes"), "content_type": mimetypes.guess_type(name)[0]}
        for one in parts(row, "attachments")
        for name in [text(one, "fileName")]
    ]
    return {
        "content": text(row, "content"),
        "attachments": files,
        "embeds": parts(row, "embeds"),
        "sticker_items": parts(row, "stickers"),
    }


def _user(user: Payload) -> Mapping[str, Any]:
    name = text(user, "nickname") or text(user, "name")
    return {"id": user.get("id"), "global_name": name, "bot": user.get("isBot") is True}
