"""Rules for rooms that can never match, as far as their patterns alone tell. Pure.

A place is `platform/community/room` (see `room_rule.places_of`): at least two slashes, and no part empty.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.config.problems import nearest
from bot.config.room_rule import RoomRule, fits

REPLAYED = "replay"  # the platform of recorded history as JSON Lines
_LINK = re.compile(r"https?:|discord(?:app)?\.com|matrix\.to", re.IGNORECASE)
_MENTION = re.compile(r"<[#@!][^>]*>?")
_WILDCARDS = re.compile(
    r"\?|\.[*+]|(?<=/)\^|(?<=\w)\$\Z|\\[dwsDWSbB.]|\[[^\]]*\]|\{[^}]*\}|\([^)]*\|[^)]*\)"
)  # of shells and regular expressions


def unreachable(rules: Sequence[RoomRule], platforms: Mapping[str, bool]) -> Iterator[tuple[int, str]]:
    """The positions of rules that no room can reach, with a sentence that says why and what to write. `platforms` says
    of each platform whether it is enabled."""
    for position, rule in enumerate(rules):
        pattern = rule.match
        why = (
            _covered(pattern, rules[:position])
            or _no_place(pattern, platforms)
            or _no_platform(pattern, platforms)
            or _no_name(pattern)
            or _disabled(pattern, platforms)
        )
        if why:
            yield position, why


def _covered(pattern: str, before: Sequence[RoomRule]) -> str:
    """An earlier pattern matches all that this one matches if it fits this pattern's own text, where each `*` is a
    character that only a `*` can stand for."""
    first = next((at for at, one in enumerate(before) if fits(one.match, pattern)), None)
    if first is None:
        return ""
    is_same = before[first].match.casefold() == pattern.casefold()
    what = "the same" if is_same else "all that this one matches"
    return f"never applies, because rooms.{first} matches {what} and comes first; write it above that rule"


def _no_place(pattern: str, platforms: Collection[str]) -> str:
    if pattern != pattern.strip():
        return "never matches: it begins or ends with a space; write it without"
    if _LINK.search(pattern):
        return 'never matches: it is a link; write platform/community/room, such as "discord/*/general" or their ids'
    if _MENTION.search(pattern):
        return "never matches: it is a mention; write the id alone, without < and >"
    if "*" in pattern or pattern.count("/") >= 2:
        return ""
    begin, slash, room = pattern.lstrip("#").partition("/")
    if slash:
        return f'never matches: a place has three parts; write "{begin}/*/{room}" (a room) or "{begin}/{room}/*"'
    instead = f"{begin}/*" if begin.casefold() in platforms else f"*/{begin}"
    return f'never matches: a place is platform/community/room; write "{instead}"'


def _possible(pattern: str, platforms: Collection[str]) -> list[str]:
    """The platforms whose places may begin as the pattern does."""
    head, star, _ = pattern.casefold().partition("*")
    named, slash, _ = head.partition("/")
    if slash or not star:
        return [name for name in platforms if name == named]
    return [name for name in platforms if name.startswith(head)]


def _no_platform(pattern: str, platforms: Collection[str]) -> str:
    if _possible(pattern, [*platforms, REPLAYED]) or pattern.startswith("/"):
        return ""
    meant = nearest(pattern.partition("/")[0], platforms)
    return f"never matches: no platform is called so; write {meant or 'one of ' + ', '.join(platforms)}"


def _no_name(pattern: str) -> str:
    """What is in no room's name; on Matrix and in recorded history a room may be called anything."""
    room = pattern.rpartition("/")[2]
    is_free = pattern.casefold().startswith(("matrix/", f"{REPLAYED}/"))
    if "//" in pattern or pattern.startswith("/"):
        return 'never matches: no part is empty; write * for any, or "-" for one that is missing'
    if is_free:
        return ""
    if not room:
        return "never matches: no room's name is empty; write * after the last slash"
    if room.startswith("#") and ":" not in room:
        return f"never matches: names of rooms have no # in front; write {room.lstrip('#') or '*'}"
    if match := _WILDCARDS.search(pattern):
        return f"takes {match[0]} as it stands, because only * is special; write a rule for each room, or *"
    return ""


def _disabled(pattern: str, platforms: Mapping[str, bool]) -> str:
    possible = _possible(pattern, [*platforms, REPLAYED])
    if any(platforms.get(name, True) for name in possible):
        return ""
    return f"matches nothing now: {possible[0]} is not enabled; write enabled: true at platforms.{possible[0]}"
