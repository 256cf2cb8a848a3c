"""Exchanges with one author, message for message: two programs that answer each other must end, whatever the limits.

A person needs time to read and to type, and not always the same. Who answers nearly every message of ours sooner, or
again and again after the same pause, is a program.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime

from bot.decide.message_facts import said_at
from bot.decide.times import HOUR
from bot.types import Message

READ_PER_SECOND = 50.0  # characters, when skimming: twice the 250 words a minute of reading (Brysbaert, 2019)
TYPED_PER_SECOND = 10.0  # characters: 120 words a minute, which one of a hundred reaches (Dhakal et al., CHI 2018)
HASTE = 0.5  # of that time; whoever is faster has not read and typed
LAST, HASTY = 5, 4  # so many of the last rounds were hasty: chance and pasted texts make one or two
REGULAR, SPREAD = 6, 0.05  # so many rounds after pauses of the same length, within this share: nobody types like that
MOST_ROUNDS = 40  # in a row without a pause or anybody else: at two minutes at most, a person is tired before that
PAUSE = 120.0  # seconds: a longer one ends the count
REST = HOUR  # seconds without an answer for such an author; nobody is left who would go on then
AUTHORS_KEPT = 200  # in one room


@dataclass(slots=True)
class _Rounds:
    partner: str
    count: int = 0
    haste: deque[bool] = field(default_factory=lambda: deque(maxlen=LAST))
    pauses: deque[float] = field(default_factory=lambda: deque(maxlen=REGULAR))

    def add(self, took: float, needed: float) -> None:
        self.count += 1
        self.haste.append(took < HASTE * needed)
        self.pauses.append(took)

    @property
    def are_a_programs(self) -> bool:
        """Whether a person can't have kept these times."""
        is_regular = len(self.pauses) == REGULAR and max(self.pauses) - min(self.pauses) <= SPREAD * max(self.pauses)
        return sum(self.haste) >= HASTY or is_regular or self.count >= MOST_ROUNDS


class Exchanges:
    """The exchanges of one room, by thread, and the authors who answer like a program."""

    def __init__(self) -> None:
        self._rounds: OrderedDict[str | None, _Rounds] = OrderedDict()
        self._ours: dict[str | None, tuple[float, int]] = {}  # when we last spoke there, and how long that was
        self._found: OrderedDict[str, float] = OrderedDict()

    def hear(self, message: Message, *, calls: bool) -> None:
        """Takes in each message; `calls`: it calls us, or goes on talking with us."""
        root = message.thread.root
        if message.history:
            return
        if message.author.is_self:
            self._speak(root, message)
            return
        before, rounds = self._ours.pop(root, None), self._rounds.get(root)
        if not calls or before is None or (rounds is not None and rounds.partner != message.author.id):
            self._rounds.pop(root, None)
            return
        self._count(rounds or _Rounds(message.author.id), before, message)

    def is_loop(self, message: Message, now: datetime) -> bool:
        """Whether the author has lately answered us like a program."""
        found = self._found.get(message.author.id)
        return found is not None and now.timestamp() - found < REST

    def _speak(self, root: str | None, message: Message) -> None:
        at, length = self._ours.get(root, (0.0, 0))
        self._ours[root] = (said_at(message), length + len(message.text) if at else len(message.text))
        if len(self._ours) > AUTHORS_KEPT:
            self._ours.pop(next(iter(self._ours)))

    def _count(self, rounds: _Rounds, before: tuple[float, int], message: Message) -> None:
        at, length = before
        took = said_at(message) - at
        if took > PAUSE:
            rounds = _Rounds(rounds.partner)
        needed = length / READ_PER_SECOND + len(message.text) / TYPED_PER_SECOND
        rounds.add(took, needed)
        self._rounds[message.thread.root] = rounds
        self._rounds.move_to_end(message.thread.root)
        if len(self._rounds) > AUTHORS_KEPT:
            self._rounds.popitem(last=False)
        if rounds.are_a_programs:
            self._found[message.author.id] = said_at(message)
            self._found.move_to_end(message.author.id)
            if len(self._found) > AUTHORS_KEPT:
                self._found.popitem(last=False)
