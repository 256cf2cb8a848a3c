"""What is in force: one immutable snapshot of settings and personas, replaced as a whole.

Code that needs a rule, a persona or a limit reads `policy.current` at that moment and keeps no copy. The exception is
work that must not change halfway (a reply): it keeps the values it started with.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.types import Room

OUR_NAME = "cameo"
RULES_KEPT = 2000  # cached rules; renamed rooms add entries, so a process that runs for years needs a limit
NOT_DECIDED_BY = {
    "database",
    "console",
    "platforms",
    "personas",
    "managers",
    "manager_rooms",
}  # the folder's path; its contents count


class Character(Protocol):
    """What a policy needs to know about a persona."""

    @property
    def called(self) -> tuple[str, ...]:
        """Every name the persona answers to, without the @."""

    def model_dump_json(self) -> str: ...


P = TypeVar("P", bound=Character)


class Terms(NamedTuple):
    """What the decisions in one room depend on, besides its messages. `names` are the names that address us."""

    rule: RoomRule
    names: tuple[str, ...]
    zone: ZoneInfo
    catch_up: timedelta


@dataclass(frozen=True)
class Policy(Generic[P]):
    """An immutable snapshot. `personas` are keyed by file name, without the suffix."""

    settings: Settings
    personas: Mapping[str, P]
    _rules: dict[tuple[Room, str, str], RoomRule] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """A short hash of everything that decisions and replies depend on, without secrets."""
        parts = [self.settings.model_dump_json(exclude=NOT_DECIDED_BY)]
        parts += [f"{key}\0{persona.model_dump_json()}" for key, persona in sorted(self.personas.items())]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]

    def rule(self, room: Room) -> RoomRule:
        """The rule that applies to a room. Cached per room and name."""
        key = (room, room.name, room.community_name)
        if key not in self._rules:
            if len(self._rules) > RULES_KEPT:
                self._rules.clear()
            self._rules[key] = self.settings.rule_for(room)
        return self._rules[key]

    def zone(self, room: Room) -> ZoneInfo:
        return self.settings.zone_of(self.rule(room))

    def terms(self, room: Room) -> Terms:
        rule = self.rule(room)
        names = (OUR_NAME, *self.personas[rule.persona].called)
        return Terms(rule, names, self.settings.zone_of(rule), timedelta(minutes=self.settings.catch_up_minutes))

    def persona(self, key: str, room: Room) -> P:
        """The persona with that key; if its file no longer exists, the one that the room's rule names."""
        return self.personas.get(key) or self.personas[self.rule(room).persona]


class InForce(Generic[P]):
    """Holds the snapshot in force. `current` is replaced, never changed."""

    def __init__(self, policy: Policy[P]):
        self.current = policy
