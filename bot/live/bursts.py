"""Estimates when a burst is over: people send one thought in several messages.

On platforms that report typing, an author who has more to say starts typing within a second, and we wait while they
type. On other platforms the wait is two seconds for everybody.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.decide.burst import BURST, Burst, settles
from bot.types import Clock, Message, Thread

UNSEEN = timedelta(seconds=1)  # wait without a typing sign: an author who has more to say has started typing by then
LONGEST_BURST = timedelta(seconds=8)  # Discord and Matrix repeat typing signs no sooner; also the longest wait
KEPT = timedelta(minutes=5)  # longer than a model takes to write; `went_on` is asked after that

Latest = OrderedDict[tuple[Thread, str], datetime]
"""When each person last did something in each thread, oldest first."""


class Bursts:
    """Keeps typing signs and the times of recent messages, in memory and only as long as they matter."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._seen: frozenset[str] = frozenset()
        self._signs: Latest = OrderedDict()
        self._words: Latest = OrderedDict()

    def watch(self, platforms: Iterable[str]) -> None:
        """Sets the names of the platforms that report typing."""
        self._seen = frozenset(platforms)

    def sign(self, thread: Thread, person: str) -> None:
        """Notes that a person (by id) is typing in the thread, or in the room's timeline where the platform does not
        report the thread. Never raises."""
        _note(self._signs, thread, person, self._clock.now(), LONGEST_BURST)

    def hear(self, message: Message) -> Burst:
        """Notes a message heard now; returns which earlier messages belong with it and until when more may follow."""
        if message.room.platform in self._seen and not message.history:
            _note(self._words, message.thread, message.author.id, message.heard, KEPT)
        signed = self._signed(message)
        was_typed = signed is not None and signed >= message.heard - LONGEST_BURST
        return Burst(LONGEST_BURST if was_typed else BURST, self.until(message))

    def until(self, message: Message) -> datetime:
        """Until when the author may send more. Typing signs and further messages extend this, to at most
        `LONGEST_BURST` after the message."""
        if message.room.platform not in self._seen:
            return settles(message)
        begun = min(message.at, message.heard)
        word, signed = self._word(message), self._signed(message)
        is_typing = signed is not None and signed >= (word or message.heard)
        return begun + LONGEST_BURST if is_typing else min((word or begun) + UNSEEN, begun + LONGEST_BURST)

    def went_on(self, message: Message, since: datetime) -> bool:
        """True if the author has sent more of the burst since then."""
        word = self._word(message)
        return word is not None and since <= word <= message.heard + LONGEST_BURST

    def _word(self, message: Message) -> datetime | None:
        """When the author last wrote in the thread, if after this message."""
        word = self._words.get((message.thread, message.author.id))
        return word if word is not None and word > message.heard else None

    def _signed(self, message: Message) -> datetime | None:
        """When the author was last seen typing, in the thread or in the room's timeline."""
        places = {message.thread, Thread(message.room)}
        signs = [self._signs.get((place, message.author.id)) for place in places]
        return max((at for at in signs if at is not None), default=None)


def _note(latest: Latest, thread: Thread, person: str, now: datetime, keep: timedelta) -> None:
    while latest and next(iter(latest.values())) < now - keep:
        latest.popitem(last=False)
    latest[thread, person] = now
    latest.move_to_end((thread, person))
