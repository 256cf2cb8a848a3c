"""What managers choose in chat, and how it is laid over the rules of config.yaml. Pure.

Precedence, low to high: the default in the code < the rule in config.yaml < a choice for the community < a choice for
the room < mute. At each place a choice that ends by itself goes before one that lasts, which then is in force again.
The limits of config.yaml are no keys here: no choice lifts them.

A choice that does not fit (its persona or model is gone, or `chat_settings` forbids it by now) is out of force until it
fits again. It is never replaced by anything else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from math import isfinite
from typing import Any, NamedTuple

from bot.config.hiding import hidden
from bot.config.problems import objections, suggest
from bot.config.room_rule import ChatSettings, RoomRule
from bot.config.rules import persona_problems, rule_problems
from bot.config.yaml_file import Problem
from bot.types import Room

CHOOSABLE = (
    "join", "persona", "displacement_risk", "hold", "share_of_voice",
    "quiet_hours", "judge", "economy", "about", "place",
)  # fmt: skip
MUTE = "mute"  # True: nothing is said, not even to a call; answers to commands are
NUMBER_KEYS = ("displacement_risk", "share_of_voice", "hold")
IN_LOWER_CASE = ("join", "place")
CAN_BE_NONE = ("quiet_hours", "judge", "economy", "about")
MEANS_NONE = ("", "-", "none", "off", "无")
NO_COMMUNITY = "-"  # the community of direct messages: none


class Scope(NamedTuple):
    """Where a choice holds: in a room, or (room "") in all rooms of a community."""

    platform: str
    community: str
    room: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """One setting that somebody has chosen. `value` is as config.yaml would hold it. `by` is a member's id, "" once it
    is forgotten. `until` is when it ends by itself (None: never), `change` the number of the change that made it."""

    scope: Scope
    key: str
    value: Any
    by: str
    at: datetime
    until: datetime | None = None
    change: int = 0

    def is_over(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


class Unfit(NamedTuple):
    """A choice that is out of force, and why: a `problem` with its value, or a code of `may_choose`."""

    chosen: Chosen
    problem: Problem | None = None
    refused: str = ""


class InRoom(NamedTuple):
    """What is in force in a room. `base` is the rule of config.yaml (number `position`; None: no rule fits), `rule` the
    same with the choices laid over. `chosen` are the choices that decide, by key."""

    rule: RoomRule
    base: RoomRule
    position: int | None
    chosen: Mapping[str, Chosen]
    unfit: tuple[Unfit, ...] = ()

    @property
    def mute(self) -> Chosen | None:
        return self.chosen.get(MUTE)


class Value(NamedTuple):
    """One key in force. Without a choice it comes from rule number `rule`, or (None) it is the default."""

    key: str
    value: Any
    chosen: Chosen | None
    rule: int | None


def scopes_of(room: Room) -> tuple[Scope, Scope]:
    """The community and the room, in the order of precedence."""
    return Scope(room.platform, room.community), Scope(room.platform, room.community, room.id)


def may_choose(allowed: ChatSettings, key: str, scope: Scope) -> str:
    """Why managers may not choose this, as a code (`choice.refused` in words.yaml has the sentences); "" if they may.
    With `rooms`, a community can only be muted: silence costs nobody anything."""
    if allowed == "none":
        return "none"
    if not scope.room and scope.community == NO_COMMUNITY:
        return "direct"
    if allowed == "all" or key == MUTE:
        return ""
    if not scope.room:
        return "community"
    return "persona" if key == "persona" else ""


# --- one value -----------------------------------------------------------------------------------


def as_written(key: str, value: Any) -> Any:
    """What config.yaml would hold for a value that somebody has typed in chat; other values stay as they are."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if key in CAN_BE_NONE and text.casefold() in MEANS_NONE:
        return None
    if key in NUMBER_KEYS:
        try:
            return number if isfinite(number := float(text)) else text
        except ValueError:
            return text
    return text.casefold() if key in IN_LOWER_CASE else text


def problems(key: str, value: Any, models: Iterable[str], personas: Iterable[str]) -> Iterator[Problem]:
    """What `check` would say about the value in a rule of config.yaml."""
    if key == MUTE and value is True:
        return
    if key not in CHOOSABLE:
        yield Problem((key,), "is not a key that is known here", suggest(key, CHOOSABLE))
        return
    data = {"match": "*", key: value}
    yield from objections(RoomRule, data)
    yield from rule_problems(data, (), {"models": dict.fromkeys(models)})
    if key == "persona":
        yield from persona_problems(data, (), list(personas), {})


def described(problem: Problem) -> str:
    """`key: what is wrong; write ... instead`, as `check` says it without file and line."""
    place = "".join(f"{key}: " for key in problem.keys)
    instead = f"; write {problem.instead} instead" if problem.instead else ""
    return hidden(" ".join(f"{place}{problem.what}{instead}".split()))


# --- laid over the rules -------------------------------------------------------------------------


def laid_over(
    base: RoomRule,
    position: int | None,
    choices: Iterable[Chosen],
    models: Iterable[str],
    personas: Iterable[str],
) -> InRoom:
    """The rule with the choices for a room and its community laid over."""
    chosen: dict[str, Chosen] = {}
    unfit: list[Unfit] = []
    for one in sorted(choices, key=_precedence):
        refused = may_choose(base.chat_settings, one.key, one.scope)
        problem = next(problems(one.key, one.value, models, personas), None)
        if refused or problem:
            unfit.append(Unfit(one, problem, refused))
        elif one.key != MUTE or _lasts_longer(one, chosen.get(MUTE)):
            chosen[one.key] = one
    values = {key: one.value for key, one in chosen.items() if key != MUTE}
    rule = base
    if values:
        given = {key: getattr(base, key) for key in base.model_fields_set}
        rule = RoomRule.model_validate({**given, "chat_settings": base.chat_settings, **values})
    return InRoom(rule, base, position, chosen, tuple(unfit))


def _precedence(one: Chosen) -> tuple[bool, bool]:
    return bool(one.scope.room), one.until is not None


def _lasts_longer(one: Chosen, other: Chosen | None) -> bool:
    """Of several mutes the one that ends last is the one that decides."""
    if other is None or one.until is None:
        return True
    return other.until is not None and one.until > other.until


def values_in_force(here: InRoom) -> list[Value]:
    """Every key that can be chosen, with its value and where it comes from; mute last, if somebody has muted Cameo."""
    found = [Value(key, getattr(here.rule, key), here.chosen.get(key), _rule_of(key, here)) for key in CHOOSABLE]
    return [*found, Value(MUTE, True, here.mute, None)] if here.mute else found


def _rule_of(key: str, here: InRoom) -> int | None:
    return here.position if key not in here.chosen and key in here.base.model_fields_set else None


def shown(value: Any) -> str:
    """A value as config.yaml would hold it; "" for none."""
    if isinstance(value, tuple):
        return "-".join(f"{one:%H:%M}" if isinstance(one, time) else str(one) for one in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
