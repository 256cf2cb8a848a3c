"""Reads a room as Element exports it (JSON): events as they were sent, read like live ones, with names only where
people joined."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.matrix.parts import POLLS
from adapters.matrix.raw import JSONObject, content_of, string
from adapters.matrix.rooms import RoomInfo
from adapters.matrix.text import label
from adapters.matrix.translate import LAST_MILLISECOND, Ear, translate
from bot.types import Message

HEADS = ("room_name", "room_creator", "topic", "export_date", "exported_by")  # what Element writes before the messages
MESSAGE_TYPES = ("m.room.message", "m.sticker", *POLLS)  # other events are joins, reactions and the like


def translator(header: Mapping[str, Any], us: frozenset[str]) -> Callable[[Any], Message | None] | None:
    """A function that turns a row of the file into a message, or None if the row is no message (a join, a reaction, an
    edit, a deleted message); it raises ValueError with what is wrong with the row. None if the header is of another
    format. `us` are the ids of our own accounts."""
    return RoomExport(header, us) if any(key in header for key in HEADS) else None


class RoomExport:
    """Reads the rows in order. `us` names our account by name, too, once it has joined."""

    def __init__(self, header: Mapping[str, Any], us: frozenset[str]):
        self._name = label(string(header.get("room_name")))
        self._own_id = min((id for id in us if id.startswith("@")), default="")
        self._names: dict[str, str] = {}
        self._known: set[str] = set()

    def __call__(self, row: Any) -> Message | None:
        if not isinstance(row, dict):
            raise ValueError("not an object")
        content = content_of(row)
        if row.get("type") == "m.room.member" and (name := string(content.get("displayname"))):
            self._names[string(row.get("state_key"))] = name
        if row.get("type") not in MESSAGE_TYPES:
            return None
        at = _checked(row)
        said = translate(row, self._ear(row, at))
        self._known.add(string(row["event_id"]))
        return said if isinstance(said, Message) else None

    def _ear(self, row: JSONObject, at: datetime) -> Ear:
        info = RoomInfo(string(row.get("room_id")) or self._name or "room", self._name)
        return Ear(info, self._own_id, at, self._names.get(self._own_id, ""), self._names, self._known)


def _checked(row: JSONObject) -> datetime:
    """When it was said. Raises ValueError if the row lacks what an event must have."""
    for key in ("event_id", "sender"):
        if not string(row.get(key)):
            raise ValueError(f"{key} is missing or not a text")
    moment = row.get("origin_server_ts")
    if type(moment) is not int or not 0 <= moment <= LAST_MILLISECOND:
        raise ValueError("origin_server_ts is not a time in milliseconds")
    return datetime.fromtimestamp(moment / 1000, UTC)
