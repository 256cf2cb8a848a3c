"""Whom Cameo would have helped, and whom it would have pre-empted: its replies against what people did, within a
horizon.

    conversation  opened by a person; judged if the room goes on for the whole horizon
    answer        the first message in it by another person within the horizon
    coverage      share of the conversations without an answer in which Cameo spoke
    useful, late, displacement
                  shares of its unprompted replies: no answer came; one had come before; one came after
    displacement_while_open
                  displacement among the replies that were not late
    median_hold_min
                  minutes from a conversation's opening to Cameo's first reply there

Threads and reply links, or a file of annotated links, say who answers whom. Only conversations younger than the horizon
are kept, so a year of history takes no more memory than a day.
"""

import re
from array import array
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bot.decide.signals import prose
from bot.measure.curve import Curve
from bot.measure.history import RecentIds
from bot.measure.lines import US
from bot.types import Message

QUESTION = re.compile(r"[?？؟]")
EARLY = 300.0  # seconds in which a question of the starter still counts as the opener's
CALLED_BACK = 3600.0  # seconds in which somebody who calls the starter may have answered without a link
CHAINED = 20_000  # messages whose conversation is remembered for replies to them
ENDED_KEPT = 20_000  # ended conversations remembered, so that a late message in them opens no other
GROUPS = ("all", "questions", "clean_questions")

Truth = Mapping[str, tuple[str, bool]]
"""By message id: its conversation, and whether its own links were annotated."""

Key = str | tuple[str, str]
Judged = Callable[[str, float, str], None]
"""Takes a room's id, a time in seconds, and what became of a reply of ours: useful, late or displaced."""


@dataclass(slots=True)
class Conversation:
    """An open conversation; times are in seconds. `spoken` are the times of our unprompted replies in it."""

    key: Key
    starter: str
    start: float
    is_addressed: bool
    is_question: bool
    answer: float | None = None
    called_back: bool = False
    spoken: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Figures:
    """Counts over a group of conversations."""

    eligible: int = 0
    never_answered: int = 0
    covered: int = 0
    useful: int = 0
    late: int = 0
    displaced: int = 0
    holds: "array[float]" = field(default_factory=lambda: array("d"))

    def add(self, one: Conversation) -> None:
        self.eligible += 1
        self.never_answered += one.answer is None
        self.covered += one.answer is None and bool(one.spoken)
        for moment in one.spoken:
            setattr(self, kind := became(one, moment), getattr(self, kind) + 1)
        if one.spoken:
            self.holds.append(min(one.spoken) - one.start)

    def include(self, other: "Figures") -> None:
        for name in ("eligible", "never_answered", "covered", "useful", "late", "displaced"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.holds.extend(other.holds)

    def as_dict(self) -> dict[str, Any]:
        """Shares from 0 to 1, None where there is nothing to count."""
        spoken = self.useful + self.late + self.displaced
        return {
            "eligible": self.eligible,
            "never_answered": self.never_answered,
            "coverage": share(self.covered, self.never_answered),
            "useful": share(self.useful, spoken),
            "late": share(self.late, spoken),
            "displacement": share(self.displaced, spoken),
            "displacement_while_open": share(self.displaced, self.displaced + self.useful),
            "median_hold_min": round(median(self.holds) / 60, 2) if self.holds else None,
        }


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def became(one: Conversation, moment: float) -> str:
    """What a reply of ours at that moment was to the conversation: useful, late or displaced."""
    if one.answer is None:
        return "useful"
    return "late" if moment >= one.answer else "displaced"


@dataclass(slots=True)
class RoomOutcomes:
    """The open conversations of one room, and figures over those that have ended."""

    room: str
    curve: Curve
    end: float = 0.0
    is_linked: bool = False
    open: "deque[Conversation]" = field(default_factory=deque)
    by_starter: dict[str, list[Conversation]] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=lambda: {group: Figures() for group in GROUPS})


class Outcomes:
    """Judges what the replay would have said. `horizon` is in seconds.

    Call `hear` with each message after the replay has heard it, `spoke` for each reply, and `finish` at the end.
    """

    def __init__(self, horizon: float, truth: Truth | None = None, judged: Judged | None = None):
        self._horizon, self._truth, self._judged = horizon, truth, judged
        self._open: dict[Key, Conversation] = {}
        self._over = RecentIds(ENDED_KEPT)
        self._chained: dict[str, Key] = {}
        self._chained_before: dict[str, Key] = {}
        self.places: dict[str, RoomOutcomes] = {}

    def hear(self, message: Message) -> None:
        place = self._place(message.thread.room.id)
        moment = message.at.timestamp()
        if place.open and place.open[0].start + self._horizon < moment:
            self._close(place, moment)
        place.end = moment
        author = message.author
        is_person = not (author.is_bot or author.is_self)
        if message.mentions and is_person:
            self._call_back(place, message, moment)
        key = self._conversation(message, place)
        if key is None:
            return
        one = self._open.get(key)
        if one is not None:
            self._go_on(one, message, moment, is_person)
        elif not self._over.knows(key):
            self._begin(place, key, message, moment, is_person)

    def spoke(self, trigger: Message, moment: float) -> None:
        """Notes that we would have answered `trigger` at `moment`, in seconds."""
        if US in trigger.mentions:
            return
        key = self._known(trigger)
        one = self._open.get(key) if key is not None else None
        if one is not None and moment <= one.start + self._horizon:
            one.spoken.append(moment)

    def finish(self) -> None:
        """Judges the remaining conversations, in rooms that went on long enough."""
        for place in self.places.values():
            self._close(place, place.end, at_end=True)

    def figures(self, group: str = "all") -> dict[str, Any] | None:
        """The figures of all rooms in which it is known who answers whom; None without such rooms."""
        places = [place for place in self.places.values() if self.is_judged(place)]
        pooled = Figures()
        for place in places:
            pooled.include(place.figures[group])
        return pooled.as_dict() if places else None

    def is_judged(self, place: RoomOutcomes) -> bool:
        return self._truth is not None or place.is_linked

    # --- finding the conversation of a message ---------------------------------------------------

    def _place(self, room: str) -> RoomOutcomes:
        place = self.places.get(room)
        if place is None:
            place = self.places[room] = RoomOutcomes(room, Curve(self._horizon))
        return place

    def _conversation(self, message: Message, place: RoomOutcomes) -> Key | None:
        """The key of the message's conversation; None if unknown."""
        if self._truth is not None:
            known = self._truth.get(message.id)
            return known[0] if known else None
        root = message.thread.root
        if root is not None:
            place.is_linked = True
            return place.room, root
        if message.reply_to is None:
            key: Key | None = (place.room, message.id)
        else:
            place.is_linked = True
            key = self._chained.get(message.reply_to) or self._chained_before.get(message.reply_to)
        if key is not None:
            self._chain(message.id, key)
        return key

    def _chain(self, message_id: str, key: Key) -> None:
        self._chained[message_id] = key
        if len(self._chained) > CHAINED:
            self._chained, self._chained_before = {}, self._chained

    def _known(self, message: Message) -> Key | None:
        if self._truth is not None:
            known = self._truth.get(message.id)
            return known[0] if known else None
        if message.thread.root is not None:
            return message.room.id, message.thread.root
        return self._chained.get(message.id) or self._chained_before.get(message.id)

    # --- the course of a conversation ----------------------------------------------------------

    def _begin(self, place: RoomOutcomes, key: Key, message: Message, moment: float, is_person: bool) -> None:
        annotated = self._truth is None or self._truth[message.id][1]
        if not is_person or not annotated:
            self._over.has(key)
            return
        starter = message.author.id
        called = any(person != starter for person in message.mentions)
        one = Conversation(key, starter, moment, called, asks(message.said))
        self._open[key] = one
        place.open.append(one)
        place.by_starter.setdefault(starter, []).append(one)

    def _go_on(self, one: Conversation, message: Message, moment: float, is_person: bool) -> None:
        if message.author.id != one.starter:
            if is_person and one.answer is None and moment <= one.start + self._horizon:
                one.answer = moment
        elif not one.is_question and moment <= self._early(one):
            one.is_question = asks(message.said)

    def _early(self, one: Conversation) -> float:
        return min(one.start + EARLY, one.start + self._horizon if one.answer is None else one.answer)

    def _call_back(self, place: RoomOutcomes, message: Message, moment: float) -> None:
        """Marks conversations whose starter somebody calls: the call may be the answer, given without a link."""
        patience = min(CALLED_BACK, self._horizon)
        for person in message.mentions:
            if person != message.author.id:
                for one in place.by_starter.get(person, ()):
                    one.called_back |= one.start < moment <= one.start + patience

    def _close(self, place: RoomOutcomes, moment: float, *, at_end: bool = False) -> None:
        """Judges the conversations whose horizon is over. At the end, the others are dropped."""
        while place.open:
            one = place.open[0]
            over = one.start + self._horizon
            if not at_end and over >= moment:
                return
            place.open.popleft()
            del self._open[one.key]
            self._over.has(one.key)
            others = place.by_starter[one.starter]
            others.remove(one)
            if not others:
                del place.by_starter[one.starter]
            if moment - one.start >= self._horizon:
                self._judge(place, one)

    def _judge(self, place: RoomOutcomes, one: Conversation) -> None:
        is_clean = not one.is_addressed and (one.answer is not None or not one.called_back)
        place.figures["all"].add(one)
        if one.is_question:
            place.figures["questions"].add(one)
            if is_clean:
                place.figures["clean_questions"].add(one)
        place.curve.add(None if one.answer is None else one.answer - one.start)
        if self._judged and self.is_judged(place):
            for moment in one.spoken:
                self._judged(place.room, moment, became(one, moment))


def asks(text: str) -> bool:
    """Whether the text has a question mark outside code and links."""
    return bool(QUESTION.search(text)) and bool(QUESTION.search(prose(text)))
