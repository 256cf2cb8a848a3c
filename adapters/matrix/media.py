"""Fetches files in rooms. Their URLs are not stored, so the event is requested again."""

from adapters.matrix.homeserver import Homeserver, MatrixError
from adapters.matrix.lookup import GONE
from adapters.matrix.parts import address_in, said_in
from adapters.matrix.raw import content_of
from bot.types import FILES, Thread, Unavailable


async def fetch(server: Homeserver, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
    """See `bot.types.Adapter.fetch`. The file of an event is its first part."""
    try:
        event = await server.event(thread.room.id, message_id)
        said = said_in(event, content_of(event))
        if n != 0 or said is None or not said.parts or said.parts[0].kind not in FILES:
            raise Unavailable(f"matrix: part {n} of the event is no file")
        address = address_in(event)
        if address is None:
            raise Unavailable("matrix: the file is encrypted, or has no address")
        return await server.download(*address, most_bytes)
    except MatrixError as error:
        if error.status in GONE:
            raise Unavailable(f"matrix: {error.code}") from error
        raise
