"""What is in force: one immutable snapshot of settings, personas and choices, replaced as a whole.

Code that needs a rule, a persona or a limit reads `policy.current` at that moment and keeps no copy. The exception is
work that must not change halfway (a reply): it keeps the values it started with.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from bot.config.choices import Chosen, InRoom, Scope, laid_over, scopes_of
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.types import Room

OUR_NAME = "cameo"
RULES_KEPT = 2000  # cached rules; renamed rooms add entries, so a process that runs for years needs a limit
# "personas" is the folder's path; its contents count.
NOT_DECIDED_BY = {
    "database",
    "console",
    "platforms",
    "personas",
    "managers",
    "manager_rooms",
    "keep_after_removal_days",
}


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
    choices: tuple[Chosen, ...] = ()
    _rooms: dict[tuple[Room, str, str], InRoom] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def version(self) -> str:
        """A short hash of everything that decisions and replies depend on, without secrets and without who chose it."""
        parts = [self.settings.model_dump_json(exclude=NOT_DECIDED_BY)]
        parts += [f"{key}\0{persona.model_dump_json()}" for key, persona in sorted(self.personas.items())]
        parts += sorted(repr(replace(one, by="")) for one in self.choices)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:10]

    @cached_property
    def ends(self) -> datetime | None:
        """When the first of the choices ends by itself; None if none does."""
        return min((one.until for one in self.choices if one.until is not None), default=None)

    @cached_property
    def _by_scope(self) -> Mapping[Scope, list[Chosen]]:
        found: dict[Scope, list[Chosen]] = defaultdict(list)
        for one in self.choices:
            found[one.scope].append(one)
        return dict(found)

    def in_room(self, room: Room) -> InRoom:
        """What is in force in a room, and where it comes from. Cached per room and name."""
        key = (room, room.name, room.community_name)
        if (found := self._rooms.get(key)) is None:
            if len(self._rooms) > RULES_KEPT:
                self._rooms.clear()
            found = self._rooms[key] = self._laid_over(room)
        return found

    def _laid_over(self, room: Room) -> InRoom:
        position = self.settings.rule_position(room)
        choices = [one for scope in scopes_of(room) for one in self._by_scope.get(scope, ())]
        return laid_over(self.settings.rule_for(room), position, choices, self.settings.models, self.personas)

    def rule(self, room: Room) -> RoomRule:
        """The rule that applies to a room, with the choices laid over."""
        return self.in_room(room).rule

    def mute(self, room: Room) -> Chosen | None:
        """The choice by which nothing may be said in a room now, if there is one."""
        return self.in_room(room).mute

    def zone(self, room: Room) -> ZoneInfo:
        return self.settings.zone_of(self.rule(room))

    def terms(self, room: Room) -> Terms:
        rule = self.rule(room)
        names = (OUR_NAME, *self.personas[rule.persona].called)
        return Terms(rule, names, self.settings.zone_of(rule), timedelta(minutes=self.settings.catch_up_minutes))

    def persona(self, key: str, room: Room) -> P:
        """The persona with that key; if its file no longer exists, the one that the room's rule names."""
        return self.personas.get(key) or self.personas[self.rule(room).persona]


def _now() -> datetime:
    return datetime.now(UTC)


class InForce(Generic[P]):
    """Holds the snapshot in force, which is replaced, never changed. `now` tells the time: a choice ends at its moment,
    not when a task gets to it."""

    def __init__(self, policy: Policy[P], now: Callable[[], datetime] = _now):
        self._current, self._now = policy, now

    @property
    def current(self) -> Policy[P]:
        if (ends := self._current.ends) is not None and ends <= (now := self._now()):
            self.choose(one for one in self._current.choices if not one.is_over(now))
        return self._current

    def renew(self, policy: Policy[P]) -> None:
        """Puts the settings and personas of `policy` in force. The choices stay, those made a moment ago, too."""
        self._current = replace(policy, choices=self._current.choices)

    def choose(self, choices: Iterable[Chosen]) -> None:
        """Puts these choices in force in place of all before."""
        self._current = replace(self._current, choices=tuple(choices))
