"""Why a replay said nothing: no rule lets Cameo speak uncalled in any room of the file."""

from collections.abc import Sequence

from bot.config.room_rule import HOLDING
from bot.config.settings import Settings
from bot.measure.replay import rule_for
from bot.types import Room

WOULD_SPEAK = '  - {match: "replay/-/*", join: unanswered}'
UNCALLED_JOINS = (*HOLDING, "every_post")


def unmatched(settings: Settings, rooms: Sequence[Room]) -> str | None:
    """A hint if no rule that speaks uncalled fits any of the rooms: which rule fits instead, and one that would speak.
    None if one fits."""
    rules = [rule_for(settings, room) for room in rooms]
    if not rooms or any(rule.join in UNCALLED_JOINS for rule in rules):
        return None
    first, others = f"replay/-/{rooms[0].name or rooms[0].id}", len(rooms) - 1
    where = f"{first} and {others:,} more rooms" if others > 1 else first if not others else f"{first} and another room"
    if is_matched(settings, rooms):
        fitting = dict.fromkeys(f'"{rule.match}" ({rule.join})' for rule in rules if rule in settings.rooms)
        why = f"{where}: the rules that fit are {', '.join(list(fitting)[:3])}, so it speaks only when called"
        return f"{why}; this one before them would speak uncalled:\n{WOULD_SPEAK}"
    why = f"no rule matches {where}, so it speaks only when called"
    return f"{why}; this one, under rooms, would speak uncalled:\n{WOULD_SPEAK}"


def is_matched(settings: Settings, rooms: Sequence[Room]) -> bool:
    """Whether any rule fits any of the rooms."""
    return any(rule_for(settings, room) in settings.rooms for room in rooms)
