"""Maps messages to channels: reacting needs the channel, and a room has several (its threads are channels)."""

from collections import OrderedDict

from bot.types import Message

INDEXED_MESSAGES = 10_000  # the newest ones, about 2 MB; we react to recent messages only


class ChannelIndex:
    """Remembers the channel of the newest messages in threads. All others are in their room's channel."""

    def __init__(self, messages: int = INDEXED_MESSAGES):
        self._channels: OrderedDict[str, int] = OrderedDict()
        self._limit = messages

    def note(self, message: Message) -> None:
        if message.thread.root is None:
            return
        self._channels[message.id] = int(message.thread.root)
        if len(self._channels) > self._limit:
            self._channels.popitem(last=False)

    def channel_of(self, message_id: str) -> int | None:
        return self._channels.get(message_id)
