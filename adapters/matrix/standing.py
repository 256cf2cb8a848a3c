"""Checks whether our reply is already in the room, before a text is sent again.

A homeserver forgets transaction ids: Synapse keeps its responses in memory for 30 to 60 minutes (none survive its
restart) and the ids of events for a day; others guarantee nothing. So the room's events are searched whenever sending
was tried before; the transaction id covers an event that is not visible yet.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from adapters.matrix.homeserver import Homeserver
from adapters.matrix.raw import JSONObject, content_of, dicts, relation_of, under
from adapters.matrix.render import KEY, transaction

STANDING_PAGES = 10  # of 100 of our own events: more than our limits allow us to send in a room in a day
CLOCK_SLACK = timedelta(minutes=15)  # our clock and the homeserver's may differ


async def standing(
    server: Homeserver, own_id: str, room: str, keys: Sequence[str], reply_to: str, tried: datetime
) -> dict[str, str]:
    """The event ids of the parts that are in the room, by key. Searches only our own events since the first attempt.
    Raises MatrixError if the room can't be read."""
    found: dict[str, str] = {}
    token: str | None = None
    event_filter: JSONObject = {"senders": [own_id], "types": ["m.room.message"]}
    oldest = (tried - CLOCK_SLACK).timestamp() * 1000
    for _ in range(STANDING_PAGES):
        page = await server.messages(room, token, None, event_filter)
        ours = [event for event in dicts(page.get("chunk")) if event.get("sender") == own_id]
        for event in ours:
            found |= _recognised(event, keys, reply_to)
        following = page.get("end")
        if not isinstance(following, str) or following == token or any(_before(event, oldest) for event in ours):
            break
        token = following
    return found


def _before(event: JSONObject, moment: float) -> bool:
    at = event.get("origin_server_ts")
    return isinstance(at, int) and at < moment


def _recognised(event: JSONObject, keys: Sequence[str], reply_to: str) -> dict[str, str]:
    """The part that this event is: by our key in it, by its transaction id (a deleted reply has lost its content, and
    must not be sent again), or, for the first part, by what it replies to."""
    event_id, content = event.get("event_id"), content_of(event)
    if not isinstance(event_id, str):
        return {}
    if isinstance(content.get(KEY), str):
        return {content[KEY]: event_id} if content[KEY] in keys else {}
    sent_as = under(event, "unsigned").get("transaction_id")
    for key in keys:
        if sent_as == transaction(key):
            return {key: event_id}
    return {keys[0]: event_id} if _answers(content, reply_to) else {}


def _answers(content: JSONObject, reply_to: str) -> bool:
    return under(relation_of(content), "m.in_reply_to").get("event_id") == reply_to
