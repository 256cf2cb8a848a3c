"""Fetches the part of a room's past that a sync left out, page by page backwards, and returns it in order."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.parts import POLLS
from adapters.matrix.raw import JSONObject, dicts
from adapters.matrix.visibility import VISIBILITY

log = structlog.get_logger()

BACKFILL_PAGES = (
    10  # of 100 events: an hour of a very busy room. Older events are too old to answer, and cost start-up time
)
HEARD = (
    "m.room.message",
    "m.sticker",
    *POLLS,
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    "m.room.create",
    "m.room.name",
    "m.room.canonical_alias",
    "m.room.encryption",
    "m.room.tombstone",
    VISIBILITY,
)
PAST_FILTER: JSONObject = {"types": list(HEARD), "lazy_load_members": True}


@dataclass(slots=True)
class MissedEvents:
    """Events, oldest first, and the state with their senders' names. `whole`: nothing is missing."""

    events: list[JSONObject] = field(default_factory=list)
    state: list[JSONObject] = field(default_factory=list)
    whole: bool = False


async def past_of(
    server: Homeserver, room: str, start: str, since: str | None, enough: Callable[[JSONObject], bool]
) -> MissedEvents:
    """The events between `since` and `start` (sync tokens), or back to the first event that is `enough`, within
    BACKFILL_PAGES. Ends early if the room does not show us its past. Raises MatrixError when the homeserver is away."""
    past = MissedEvents()
    token: str | None = start
    for _ in range(BACKFILL_PAGES):
        page = await _page(server, room, token, since)
        if page is None:
            break
        newest_first = dicts(page.get("chunk"))
        stop = next((number for number, event in enumerate(newest_first) if enough(event)), None)
        past.events += newest_first if stop is None else newest_first[: stop + 1]
        past.state += dicts(page.get("state"))
        token = _next(page, token)
        if stop is not None or token is None:
            past.whole = True
            break
    past.events.reverse()
    if not past.whole:
        log.warning("matrix_gap_too_long", room=room, recovered=len(past.events))
    return past


def _next(page: JSONObject, token: str | None) -> str | None:
    """The token of the next page; None at the end. A repeated token counts as the end, to avoid an endless loop."""
    end = page.get("end")
    return end if isinstance(end, str) and end and end != token else None


async def _page(server: Homeserver, room: str, start: str | None, since: str | None) -> JSONObject | None:
    try:
        return await server.messages(room, start, since, PAST_FILTER)
    except MatrixError as error:
        if error.status not in (400, 403, 404):
            raise
        log.warning("matrix_past_refused", room=room, error=error.code)
        return None
