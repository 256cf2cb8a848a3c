"""Quiet hours, as a table: when they apply, and when they end."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.quiet import quiet_until
from tests.fakes.floors import Evening, clock, rule_of
from tests.fakes.talk import NOON, comment, post

NIGHT, NAP = (time(22), time(7)), (time(13), time(14, 30))
BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")  # clock changes: 29 March 2 -> 3, 25 October 3 -> 2


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        pytest.param(None, 3, None, id="none are set"),
        pytest.param(NAP, 12.99, None, id="just before"),
        pytest.param(NAP, 13, 14.5, id="they begin"),
        pytest.param(NAP, 14.49, 14.5, id="just before they end"),
        pytest.param(NAP, 14.5, None, id="they have ended"),
        pytest.param(NIGHT, 21.99, None, id="just before the night"),
        pytest.param(NIGHT, 22, 31, id="late in the evening, until the next day"),
        pytest.param(NIGHT, 24, 31, id="midnight"),
        pytest.param(NIGHT, 6.99, 7, id="early in the morning"),
        pytest.param(NIGHT, 7, None, id="the morning has come"),
        pytest.param((time(0), time(6)), 23.99, None, id="from midnight on: before"),
        pytest.param((time(0), time(6)), 24, 30, id="from midnight on: then"),
        pytest.param((time(20), time(0)), 23, 24, id="until midnight"),
    ],
)
def test_quiet_hours(hours: tuple[time, time] | None, now: float, until: float | None) -> None:
    found = quiet_until(clock(now), hours, UTC_ZONE)
    assert found == (None if until is None else clock(until))


def test_they_run_by_the_clock_of_the_room() -> None:
    """10 in the evening in Berlin, and in Shanghai."""
    assert quiet_until(datetime(2026, 1, 5, 21, tzinfo=UTC), NIGHT, BERLIN) == datetime(2026, 1, 6, 6, tzinfo=UTC)
    assert quiet_until(datetime(2026, 1, 5, 20, 59, tzinfo=UTC), NIGHT, BERLIN) is None
    shanghai = ZoneInfo("Asia/Shanghai")
    assert quiet_until(datetime(2026, 1, 5, 14, tzinfo=UTC), NIGHT, shanghai) == datetime(2026, 1, 5, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "begin", "lasts"),
    [
        pytest.param(NIGHT, clock(22, 28, 3, "Europe/Berlin"), 8, id="the night in which clocks are put forward"),
        pytest.param(NIGHT, clock(22, 24, 10, "Europe/Berlin"), 10, id="the night in which they are put back"),
        pytest.param((time(1), time(2, 30)), datetime(2026, 3, 29, 0, tzinfo=UTC), 1.5, id="an end that is left out"),
        pytest.param((time(2, 15), time(2, 45)), datetime(2026, 3, 29, 1, tzinfo=UTC), 0, id="all of it is left out"),
    ],
)
def test_where_clocks_change_they_end_by_the_clock(hours: tuple[time, time], begin: datetime, lasts: float) -> None:
    until = quiet_until(begin, hours, BERLIN)
    assert until == (begin + timedelta(hours=lasts) if lasts else None)


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    st.tuples(MINUTES, MINUTES).filter(lambda hours: hours[0] != hours[1]),
    st.sampled_from((BERLIN, UTC_ZONE, ZoneInfo("Asia/Kathmandu"), ZoneInfo("Australia/Lord_Howe"))),
)
def test_they_end_within_a_day_and_a_bit(now: datetime, hours: tuple[time, time], zone: ZoneInfo) -> None:
    """Asking again at the time given as their end is outside of them: at once, or minute by minute in the hour that
    occurs twice."""
    begun = now
    for _ in range(65):
        until = quiet_until(now, hours, zone)
        if until is None:
            break
        assert until > now
        now = until
    assert until is None
    assert now <= begun + timedelta(hours=25)


# --- on the floor --------------------------------------------------------------------------------

AFTERNOON = (time(12), time(16))  # the tests begin at noon


def test_nothing_unprompted_in_quiet_hours_but_decided_again_when_they_end() -> None:
    room = Evening(rule_of(hold=1, share_of_voice=0.5, quiet_hours=AFTERNOON))
    room.hear(post("p", "Ana", "does it rise?"), post("q", "Ben", "and rye?", 1))
    room.tick("p")
    assert room.story()["p"] == ("waiting", "quiet_hours")
    assert room.turns["p"].decision.due == NOON + timedelta(hours=4)
    room.hear(comment("a", "p", "Eve", "mine does", 1000))
    assert room.story()["p"] == ("stopped", "someone_answered")
    room.tick("q")
    room.tick("q")
    assert room.story()["q"] == ("due", "unanswered")
    assert room.turns["q"].decision.due == NOON + timedelta(hours=4)


def test_who_calls_us_is_answered_in_quiet_hours_too() -> None:
    room = Evening(rule_of(quiet_hours=AFTERNOON))
    room.hear(post("p", "Ana", "@mochi does it rise?"))
    assert room.story() == {"p": ("due", "addressed")}


def test_a_comment_on_a_post_waits_for_the_morning_too() -> None:
    room = Evening(rule_of("every_post", quiet_hours=AFTERNOON))
    room.hear(post("p", "Ana", "my first loaf"))
    room.tick("p")
    assert room.story() == {"p": ("waiting", "quiet_hours")}
    room.tick("p")
    assert room.story() == {"p": ("due", "every_post")}
