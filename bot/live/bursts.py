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
LONGEST = timedelta(seconds=8)  # Discord and Matrix repeat a sign no sooner, and whoever called waits no longer for it
KEPT = timedelta(minutes=5)  # longer than a model takes to write, after which it is asked whether anybody went on

Latest = OrderedDict[tuple[Thread, str], datetime]
"""When a person did something in a thread last, whoever did it longest ago first."""


class Bursts:
    """Signs of typing, and when people said something, are kept in memory, and only as long as they matter."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._seen: frozenset[str] = frozenset()
        self._signs: Latest = OrderedDict()
        self._words: Latest = OrderedDict()

    def watch(self, platforms: Iterable[str]) -> None:
        """The names of the platforms that pass on signs of typing."""
        self._seen = frozenset(platforms)

    def sign(self, thread: Thread, person: str) -> None:
        """A person, by id, is typing in the thread (or, where the platform can't tell, in the timeline). Never
        raises."""
        _note(self._signs, thread, person, self._clock.now(), LONGEST)

    def hear(self, message: Message) -> Burst:
        """What the message, heard now, goes on with, and until when it may go on itself."""
        if message.room.platform in self._seen and not message.history:
            _note(self._words, message.thread, message.author.id, message.heard, KEPT)
        signed = self._signed(message)
        was_typed = signed is not None and signed >= message.heard - LONGEST
        return Burst(LONGEST if was_typed else BURST, self.until(message))

    def until(self, message: Message) -> datetime:
        """Until when its author may send more. Signs of typing, and what its author says, put that off, to `LONGEST`
        after the message at most."""
        if message.room.platform not in self._seen:
            return settles(message)
        begun = min(message.at, message.heard)
        word, signed = self._word(message), self._signed(message)
        is_typing = signed is not None and signed >= (word or message.heard)
        return begun + LONGEST if is_typing else min((word or begun) + UNSEEN, begun + LONGEST)

    def went_on(self, message: Message, since: datetime) -> bool:
        """Has its author gone on with it since then?"""
        word = self._word(message)
        return word is not None and since <= word <= message.heard + LONGEST

    def _word(self, message: Message) -> datetime | None:
        """When its author said something there last, if later."""
        word = self._words.get((message.thread, message.author.id))
        return word if word is not None and word > message.heard else None

    def _signed(self, message: Message) -> datetime | None:
        """When its author was last seen typing: there, or somewhere in the room."""
        places = {message.thread, Thread(message.room)}
        signs = [self._signs.get((place, message.author.id)) for place in places]
        return max((at for at in signs if at is not None), default=None)


def _note(latest: Latest, thread: Thread, person: str, now: datetime, keep: timedelta) -> None:
    while latest and next(iter(latest.values())) < now - keep:
        latest.popitem(last=False)
    latest[thread, person] = now
    latest.move_to_end((thread, person))
