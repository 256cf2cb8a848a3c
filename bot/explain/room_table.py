"""Who speaks where, as `check` prints it: a row for each known room, and for each rule that no known room has."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bot.config.choices import MUTE, InRoom
from bot.config.loopback import is_on_this_machine
from bot.config.model_settings import POINTER, ModelSettings
from bot.config.policy import Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.explain.chosen import clock
from bot.explain.terminal import cells, printable
from bot.types import Room

PLACE_COLUMNS = 44  # of a terminal; longer names are cut, so that the other columns stay in sight
LOCAL = "local"


class RoomRow(NamedTuple):
    place: str
    persona: str
    join: str
    model: str
    why: str


def room_rows(policy: Policy[Any], rooms: Sequence[Room]) -> Iterator[RoomRow]:
    """Rows for the rooms, sorted by place, then for rules without a known room, then for all other rooms."""
    used, settings = set(), policy.settings
    for room in sorted(rooms, key=_place):
        here = policy.in_room(room)
        used.add(here.position)
        yield _row(settings, _place(room), here.rule, room.platform, _why(here))
    for position, rule in enumerate(settings.rooms):
        if position not in used:
            platform = rule.match.partition("/")[0]
            yield _row(settings, rule.match, rule, platform, f"rooms.{position}; no such room is known yet")
    if not any(rule.match.strip("*") == "" for rule in settings.rooms):
        yield _row(settings, "any other room", RoomRule(match="*"), LOCAL, "no rule matches")


def _why(here: InRoom) -> str:
    """The rule that fits the room, and what was chosen in chat."""
    rule = f"rooms.{here.position} ({here.base.match})" if here.position is not None else "no rule matches"
    chosen = ", ".join(key for key in here.chosen if key != MUTE)
    unfit = ", ".join(one.chosen.key for one in here.unfit)
    mute = here.mute and (f"muted until {clock(here.mute.until)}" if here.mute.until else "muted")
    parts = (rule, chosen and f"chosen in chat: {chosen}", unfit and f"chosen, but out of force: {unfit}", mute)
    return "; ".join(part for part in parts if part)


def _row(settings: Settings, place: str, rule: RoomRule, platform: str, why: str) -> RoomRow:
    silent = rule.join in ("watch", "off")
    return RoomRow(place, rule.persona, rule.join, "-" if silent else writers(settings, platform), why)


def _place(room: Room) -> str:
    return f"{room.platform}/{room.community_name or room.community or '-'}/{room.name or room.id}"


def writers(settings: Settings, platform: str) -> str:
    """Who may write on a platform: the first model that has its key, if it needs one, and may speak there. Whether it
    answers is not tried: a server on this machine may not be running, so the next ones follow, up to a model elsewhere
    or the pointer. "-" if there is none."""
    found = []
    for name in settings.writer:
        if name == POINTER or _may_write(settings.models[name], platform):
            found.append(name)
            if name == POINTER or not is_on_this_machine(settings.models[name].base_url):
                break
    return ", ".join(found) or "-"


def _may_write(model: ModelSettings, platform: str) -> bool:
    has_key = model.key_env is None or bool(model.key)
    return has_key and (model.builtin is None or model.public or platform == LOCAL)


def table_lines(rows: Sequence[RoomRow]) -> list[str]:
    """Aligned columns under a heading."""
    heading = RoomRow("room", "persona", "join", "model", "why")
    shown = [heading, *(RoomRow(*(_cut(printable(cell)) for cell in row)) for row in rows)]
    wide = [max(map(cells, column)) for column in zip(*shown, strict=True)]
    return ["  ".join(_padded(*pair) for pair in zip(row, wide, strict=True)).rstrip() for row in shown]


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - cells(text))


def _cut(text: str) -> str:
    while cells(text) > PLACE_COLUMNS:
        text = text[:-2] + "…"
    return text
