"""A room's topic and pinned messages, from its state."""

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.lookup import GONE
from adapters.matrix.raw import JSONObject, content_of, string
from adapters.matrix.text import clean, label
from bot.types import PINNED_MOST, Pinned, RoomNotes


async def notes_of(server: Homeserver, room: str, *, shows_past: bool) -> RoomNotes:
    """See `bot.types.Adapter.notes`; pinned messages are asked for only if the room `shows_past` to all its members.
    Raises MatrixError."""
    topic = clean(string((await _state(server, room, "m.room.topic")).get("topic")))
    if not shows_past:
        return RoomNotes(topic)
    pinned = (await _state(server, room, "m.room.pinned_events")).get("pinned")
    ids = [one for one in pinned if isinstance(one, str)] if isinstance(pinned, list) else []
    found = [await _pinned(server, room, event_id) for event_id in reversed(ids[-PINNED_MOST:])]
    return RoomNotes(topic, tuple(one for one in found if one is not None))


async def _state(server: Homeserver, room: str, kind: str) -> JSONObject:
    """The content of a state event; empty if the room has none."""
    try:
        return await server.state(room, kind)
    except MatrixError as error:
        if error.status in GONE:
            return {}
        raise


async def _pinned(server: Homeserver, room: str, event_id: str) -> Pinned | None:
    """A pinned message; None if it was deleted, or we can't read it. Its author is named by id, as nothing else is at
    hand."""
    try:
        event = await server.event(room, event_id)
    except MatrixError as error:
        if error.status in GONE:
            return None
        raise
    text = clean(string(content_of(event).get("body")))
    return Pinned(event_id, label(string(event.get("sender"))), text, string(event.get("sender"))) if text else None
