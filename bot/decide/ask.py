"""One question to the gates: what they may look at."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.room_rule import RoomRule
from bot.decide.budget import Budget
from bot.decide.care import Care
from bot.decide.reference import Reference
from bot.decide.room import Heard, RoomState
from bot.decide.signals import kinds
from bot.language.packs import MessageKind
from bot.types import Message


@dataclass(slots=True)
class Ask:
    """One question to the gates: may we speak about this message, now?

    `heard` is set when the message has just been heard. `underway` counts our unprompted turns in this room that are
    decided but not sent yet, `underway_here` those in the same thread. `lot` is the message's random number, 0 to 1.
    `read` is what the message is, if that is already known.
    """

    message: Message
    room: RoomState
    rule: RoomRule
    zone: ZoneInfo
    reference: Reference
    budget: Budget
    now: datetime
    catch_up: timedelta
    lot: float
    heard: Heard | None
    underway: int
    underway_here: int
    facts: dict[str, Any] | None = None  # collects what the gates found out; None if nobody wants to know
    read: frozenset[MessageKind] | None = None

    @property
    def kinds(self) -> frozenset[MessageKind]:
        """What the message is; computed once."""
        if self.read is None:
            self.read = kinds(self.message, self.reference.packs)
        return self.read

    def kinds_of(self, text: str) -> frozenset[MessageKind]:
        """What another text of the same author is."""
        return kinds(replace(self.message, text=text, parts=()), self.reference.packs)

    @property
    def care(self) -> Care | None:
        """The careful text that the message needs, if it calls us."""
        if not self.message.addressed:
            return None
        return self.room.care.needed(self.room.just_said.whole(self.message), lambda: self.kinds)

    def note(self, **facts: Any) -> None:
        if self.facts is not None:
            self.facts.update(facts)
