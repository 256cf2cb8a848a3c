"""Requests a single message from Discord."""

from collections.abc import Mapping

from bot.types import Thread, Undeliverable

from .client import DiscordClient
from .errors import sdk_errors
from .payload import Payload


async def requested(client: DiscordClient, thread: Thread, message_id: str) -> Payload:
    """Requests the message. One that a thread was started from has the thread's id, and is in the parent channel.
    Raises Undeliverable if it is gone or we may not read it, or another PlatformError."""
    channels = [thread.root or thread.room.id]
    if thread.root == message_id:
        channels.append(thread.room.id)
    for channel in channels:
        try:
            with sdk_errors():
                answer: object = await client.http.get_message(int(channel), int(message_id))
        except Undeliverable as problem:
            refusal = problem
        else:
            return answer if isinstance(answer, Mapping) else {}
    raise refusal
