"""Which rule a room falls under."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.room_rule import RoomRule, fits
from bot.config.settings import Settings
from bot.types import Room


@pytest.mark.parametrize(
    ("pattern", "room", "expected"),
    [
        ("*", Room("local", "home", "feed"), True),
        ("local/*/feed", Room("local", "home", "feed"), True),
        ("local/*/Feed", Room("local", "home", "1", name="FEED"), True),
        ("local/*/feed", Room("local", "home", "feeds"), False),
        ("discord/42/77", Room("discord", "42", "77", name="general", community_name="Bakers"), True),
        ("discord/bakers/general", Room("discord", "42", "77", name="general", community_name="Bakers"), True),
        ("discord/bakers/77", Room("discord", "42", "77", name="general", community_name="Bakers"), True),
        ("discord/-/*", Room("discord", "-", "9"), True),
        ("matrix/-/!a:b.c/d", Room("matrix", "-", "!a:b.c/d"), True),
        ("matrix/*", Room("matrix", "!space:b.c", "!a:b.c", name="x/y"), True),
        ("matrix/*/x/y", Room("matrix", "!space:b.c", "!a:b.c", name="x/y"), True),
        ("discord/*/[staff]?", Room("discord", "1", "2", name="[staff]?"), True),
        ("discord/*/[staff]", Room("discord", "1", "2", name="s"), False),
        ("*a*a", Room("local", "b", "a"), True),
        ("a*a", Room("a", "", ""), False),
    ],
)
def test_a_rule_fits_by_id_or_name(pattern: str, room: Room, expected: bool) -> None:
    rules = (RoomRule(match=pattern, hold=1), RoomRule(match="*", hold=2))
    assert (Settings(rooms=rules).rule_for(room).hold == 1) is expected


def test_a_room_that_no_rule_fits_is_mochis() -> None:
    assert Settings(rooms=(RoomRule(match="x", join="off"),)).rule_for(Room("a", "b", "c")) == RoomRule(match="*")


@given(st.text(alphabet="ab/*", max_size=12), st.text(alphabet="ab/", max_size=12))
def test_fits_means_what_a_star_means(pattern: str, place: str) -> None:
    def slow(pattern: str, place: str) -> bool:
        if not pattern:
            return not place
        if pattern[0] == "*":
            return any(slow(pattern[1:], place[n:]) for n in range(len(place) + 1))
        return bool(place) and place[0] == pattern[0] and slow(pattern[1:], place[1:])

    assert fits(pattern, place) == slow(pattern.replace("**", "*"), place)
