"""Requests a single message from the homeserver."""

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.raw import JSONObject, content_of, under
from adapters.matrix.translate import Ear, translate
from bot.types import Message

GONE = (400, 403, 404, 410)  # statuses that a retry doesn't change


async def look_up(server: Homeserver, ear: Ear, message_id: str) -> Message | None:
    """The message as it is now; None if it is gone, or no message. Raises MatrixError."""
    try:
        event = await server.event(ear.info.id, message_id)
    except MatrixError as error:
        if error.status in GONE:
            return None
        raise
    found = translate(_newest(event), ear)
    return found if isinstance(found, Message) and found.id == message_id else None


def _newest(event: JSONObject) -> JSONObject:
    """The event with what it says since its last edit, which the homeserver adds to it."""
    edit = under(under(under(event, "unsigned"), "m.relations"), "m.replace")
    new = under(content_of(edit), "m.new_content")
    if not new or edit.get("sender") != event.get("sender"):
        return event
    relation = {key: value for key, value in content_of(event).items() if key == "m.relates_to"}
    return {**event, "content": {**new, **relation}}
