"""Which channel a message stands in: a reaction needs it, and a room alone doesn't tell (its threads are channels)."""

from collections import OrderedDict

from bot.types import Message

INDEXED_MESSAGES = 10_000  # newest heard; reactions of ours answer recent messages. About 2 MB


class ChannelIndex:
    """Remembers, for the newest messages of threads, the thread's channel. Others stand in their room's channel."""

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
