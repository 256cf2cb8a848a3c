"""Fetches files attached to messages. Their URLs expire, so the message is requested again."""

from collections.abc import Mapping

from bot.types import FILES, Thread, Unavailable, Undeliverable

from .channels import Channels
from .client import DiscordClient
from .errors import sdk_errors
from .payload import Payload
from .translate import carried_by


class Files:
    """Fetches files through one connected client."""

    def __init__(self, client: DiscordClient, places: Channels):
        self._client, self._places = client, places

    async def fetch(self, thread: Thread, message_id: str, n: int, most_bytes: int) -> bytes:
        """See `bot.types.Adapter.fetch`."""
        message = await self._message(thread, message_id)
        parts = carried_by(message, await self._places.of_thread(thread))
        if not 0 <= n < len(parts) or parts[n].part.kind not in FILES:
            raise Unavailable(f"part {n} of the message is no file")
        with sdk_errors():
            return await self._client.http.download(parts[n].address, most_bytes)

    async def _message(self, thread: Thread, message_id: str) -> Payload:
        """Requests the message. One that a thread was started from has the thread's id, and is in the parent
        channel."""
        channels = [thread.root or thread.room.id]
        if thread.root == message_id:
            channels.append(thread.room.id)
        for channel in channels:
            try:
                with sdk_errors():
                    answer: object = await self._client.http.get_message(int(channel), int(message_id))
            except Undeliverable as problem:
                refusal = problem
            else:
                return answer if isinstance(answer, Mapping) else {}
        raise Unavailable(str(refusal)) from refusal
