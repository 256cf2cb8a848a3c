"""Fetches files attached to messages. Their URLs expire, so the message is requested again."""

from bot.types import FILES, Thread, Unavailable, Undeliverable

from .channels import Channels
from .client import DiscordClient
from .errors import sdk_errors
from .lookup import requested
from .translate import carried_by


class Files:
    """Fetches files through one connected client."""

    def __init__(self, client: DiscordClient, places: Channels):
        self._client, self._places = client, places

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        """See `bot.types.Adapter.fetch`."""
        try:
            message = await requested(self._client, thread, message_id)
        except Undeliverable as refusal:
            raise Unavailable(str(refusal)) from refusal
        parts = carried_by(message, await self._places.of_thread(thread))
        if not 0 <= n < len(parts) or parts[n].part.kind not in FILES:
            raise Unavailable(f"part {n} of the message is no file")
        with sdk_errors():
            return await self._client.http.download(parts[n].address, most_bytes)
