"""The latest turns of one platform."""

from bot.decide.pseudonyms import id_of_turn, without_person
from bot.live.latest_turns import LATEST_TURNS, LatestTurns
from bot.types import Decision, Room, State, Thread, Turn, Verdict
from tests.fakes.clock import VirtualClock


def turn(trigger: str, platform: str = "local") -> Turn:
    place = Thread(Room(platform, "home", "kitchen"), trigger)
    decision = Decision(Verdict.WAIT, "holding")
    key = id_of_turn(platform, trigger)
    return Turn(key, place, trigger, "ana", "mochi", decision, State.WAITING, VirtualClock().now())


def test_a_turn_is_found_by_its_message_and_each_change_is_told() -> None:
    told: list[Thread] = []
    latest = LatestTurns("local", told.append)
    latest.restore([turn("m2"), turn("m1"), turn("d1", "discord")])
    assert told == []
    latest.note(turn("m3"))
    latest.note(turn("d2", "discord"))
    latest.note(without_person(turn("m3")))  # edited: the page must redraw it, too
    assert told == [turn("m3").thread] * 2
    assert [bool(latest.about(trigger)) for trigger in ("m1", "m2", "m3", "d1", "d2")] == [True] * 3 + [False] * 2


def test_only_the_newest_are_kept() -> None:
    latest = LatestTurns("local", lambda thread: None)
    latest.restore([turn(f"m{number}") for number in reversed(range(LATEST_TURNS))])
    latest.note(turn("another"))
    assert latest.about("m0") is None
    assert latest.about("m1") and latest.about("another")
