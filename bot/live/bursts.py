"""Until when more of a burst may come: people send one thought in several messages.

Where a platform passes on who is typing, an author who has more to say has begun to type within a second, and is waited
for then. Where it does not, two seconds must do for everybody.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.decide.floor import BURST, Burst, settles
from bot.types import Clock, Message, Thread

UNSEEN = timedelta(seconds=1)  # without a sign of typing: by then, whoever has more to say has begun to type
LONGEST = timedelta(seconds=8)  # after a message: Discord and Matrix repeat a sign no sooner, and nobody types for ever


class Bursts:
    """Signs of typing are kept in memory, and only as long as they matter. `clock` says when they came."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._seen: frozenset[str] = frozenset()
        self._signs: OrderedDict[tuple[Thread, str], datetime] = OrderedDict()  # each person's latest, oldest first

    def watch(self, platforms: Iterable[str]) -> None:
        """The names of the platforms that pass on signs of typing."""
        self._seen = frozenset(platforms)

    def sign(self, thread: Thread, person: str) -> None:
        """A person, by id, is typing in the thread (or, where the platform can't tell, in the timeline). Never
        raises."""
        now = self._clock.now()
        while self._signs and next(iter(self._signs.values())) < now - LONGEST:
            self._signs.popitem(last=False)
        self._signs[thread, person] = now
        self._signs.move_to_end((thread, person))

    def until(self, message: Message) -> datetime:
        """Until when its author may send more. A later sign of typing can put that off, to `LONGEST` at most."""
        if message.room.platform not in self._seen:
            return settles(message)
        said = min(message.at, message.heard)
        signed = self._signed(message)
        return said + (LONGEST if signed is not None and signed >= message.heard else UNSEEN)

    def of(self, message: Message) -> Burst:
        """What the message, heard now, may go on with, and until when it may go on itself."""
        signed = self._signed(message)
        was_typed = signed is not None and signed >= message.heard - LONGEST
        return Burst(LONGEST if was_typed else BURST, self.until(message))

    def _signed(self, message: Message) -> datetime | None:
        """When its author was last seen typing: there, or somewhere in the room."""
        places = {message.thread, Thread(message.room)}
        signs = [self._signs.get((place, message.author.id)) for place in places]
        return max((at for at in signs if at is not None), default=None)
