"""Everything that works through one connected client."""

from collections.abc import Callable

from bot.types import AdapterState, Arrival, Clock, Message, Thread, Undeliverable

from .arrivals import Arrivals
from .channel_index import ChannelIndex
from .channels import Channels
from .client import DiscordClient
from .files import Files
from .gestures import Gestures
from .lookup import requested
from .mutes import Mutes
from .notes import Notes
from .previews import LivePreviews
from .sender import Sender
from .sent_before import SentBefore
from .translate import message


class Connection:
    """Constructed for each client, since a lost connection is replaced whole."""

    def __init__(
        self,
        client: DiscordClient,
        channel_index: ChannelIndex,
        state: AdapterState,
        clock: Clock,
        greet: Callable[[Arrival], str],
    ):
        self._client, self._clock = client, clock
        mutes = Mutes(clock)
        self.places = Channels(client)
        self.standing = SentBefore(client)
        self.previews = LivePreviews(client, self.standing, state, mutes, clock)
        self.sender = Sender(client, self.standing, self.previews, mutes, clock)
        self.arrivals = Arrivals(client, self.sender, self.standing, state, clock, greet)
        self.gestures = Gestures(client, channel_index, mutes)
        self.files = Files(client, self.places)
        self.notes = Notes(client, mutes)

    async def message(self, thread: Thread, message_id: str) -> Message | None:
        """See `bot.types.Adapter.message`."""
        try:
            payload = await requested(self._client, thread, message_id)
        except Undeliverable:
            return None
        return message(payload, await self.places.of_thread(thread), self._clock.now(), history=True)
