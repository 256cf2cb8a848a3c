"""Exchanges with one author, message for message: two programs that answer each other must end, whatever the limits.

A person needs time to read and to type, and not always the same. Who answers nearly every message of ours sooner, or
again and again after the same pause, is a program. One that takes a new name for each answer is told by the thread:
nobody waits for us there, and each answer is hasty.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from bot.decide.message_facts import said_at
from bot.decide.times import HOUR
from bot.types import Message

READ_PER_SECOND = 50.0  # characters, when skimming: twice the 250 words a minute of reading (Brysbaert, 2019)
TYPED_PER_SECOND = 10.0  # characters: 120 words a minute, which one of a hundred reaches (Dhakal et al., CHI 2018)
HASTE = 0.5  # of that time; whoever is faster has not read and typed
LAST, HASTY = 5, 4  # so many of the last rounds were hasty: chance and pasted texts make one or two
REGULAR, SPREAD = 6, 0.05  # so many rounds after pauses of the same length, within this share: nobody types like that
CHAIN = 10  # rounds in a row in one thread, with whomever, that were all hasty: people who take turns read, too
MOST_ROUNDS = 40  # in a row without a pause or anybody else: at two minutes at most, a person is tired before that
PAUSE = 120.0  # seconds: a longer one ends the count
REST = HOUR  # seconds without an answer for such an author; nobody is left who would go on then
AUTHORS_KEPT = 200  # in one room
KNOWN_KEPT = 2000  # authors of one room, by the time of their first word

K = TypeVar("K")
V = TypeVar("V")


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


@dataclass(slots=True)
class _Chain:
    """Hasty rounds in a row in one thread, with whomever."""

    began: float
    partners: list[str] = field(default_factory=list)


class Exchanges:
    """The exchanges of one room, by thread, and the authors who answer like a program."""

    def __init__(self) -> None:
        self._rounds: OrderedDict[str | None, _Rounds] = OrderedDict()
        self._ours: dict[str | None, tuple[float, int]] = {}  # when we last spoke there, and how long that was
        self._found: OrderedDict[str, float] = OrderedDict()
        self._chains: OrderedDict[str | None, _Chain] = OrderedDict()
        self._closed: OrderedDict[str | None, tuple[float, float]] = OrderedDict()  # to whom is new since, and when
        self._known: OrderedDict[str, float] = OrderedDict()

    def know(self, author: str) -> None:
        """Takes in a member of the room from before a restart."""
        _keep(self._known, author, 0.0, KNOWN_KEPT)

    def hear(self, message: Message, *, calls: bool) -> None:
        """Takes in each message; `calls`: it calls us, or goes on talking with us."""
        root, author = message.thread.root, message.author.id
        _keep(self._known, author, self._known.get(author, said_at(message)), KNOWN_KEPT)
        if message.history:
            return
        if message.author.is_self:
            self._speak(root, message)
            return
        before, rounds = self._ours.pop(root, None), self._rounds.get(root)
        if not calls or before is None:
            self._rounds.pop(root, None)
            self._chains.pop(root, None)
            return
        self._link(before, message)
        if rounds is not None and rounds.partner != author:
            self._rounds.pop(root, None)
            return
        self._count(rounds or _Rounds(author), before, message)

    def is_loop(self, message: Message, now: datetime) -> bool:
        """Whether the author has lately answered us like a program."""
        author, at = message.author.id, now.timestamp()
        if at - self._found.get(author, -REST) < REST:
            return True
        new_since, closed = self._closed.get(message.thread.root, (0.0, -REST))
        return at - closed < REST and self._known.get(author, at) >= new_since

    def _speak(self, root: str | None, message: Message) -> None:
        at, length = self._ours.get(root, (0.0, 0))
        self._ours[root] = (said_at(message), length + len(message.text) if at else len(message.text))
        if len(self._ours) > AUTHORS_KEPT:
            self._ours.pop(next(iter(self._ours)))

    def _link(self, before: tuple[float, int], message: Message) -> None:
        """Adds to the thread's chain, or ends it. A chain that is long enough closes the thread to its authors, and to
        whoever is new since it began."""
        root, at = message.thread.root, said_at(message)
        if at - before[0] >= HASTE * _needed(before[1], message):
            self._chains.pop(root, None)
            return
        chain = self._chains.get(root) or _Chain(at)
        chain.partners.append(message.author.id)
        _keep(self._chains, root, chain, AUTHORS_KEPT)
        if len(chain.partners) >= CHAIN:
            for partner in chain.partners:
                _keep(self._found, partner, at, AUTHORS_KEPT)
            _keep(self._closed, root, (chain.began, at), AUTHORS_KEPT)
            del self._chains[root]

    def _count(self, rounds: _Rounds, before: tuple[float, int], message: Message) -> None:
        at, length = before
        took = said_at(message) - at
        if took > PAUSE:
            rounds = _Rounds(rounds.partner)
        rounds.add(took, _needed(length, message))
        _keep(self._rounds, message.thread.root, rounds, AUTHORS_KEPT)
        if rounds.are_a_programs:
            _keep(self._found, message.author.id, said_at(message), AUTHORS_KEPT)


def _needed(length: int, message: Message) -> float:
    """Seconds in which a person reads so many characters and types the message."""
    return length / READ_PER_SECOND + len(message.text) / TYPED_PER_SECOND


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
