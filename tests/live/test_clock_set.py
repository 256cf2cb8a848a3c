"""The system's clock is set back or forward: turns go on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.live.system_clock import SystemClock
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import stage
from tests.fakes.talk import comment, post

HOUR, DAY = 3600, 86_400
FIRST: dict[str, Any] = {"join": "unanswered", "hold_minutes": 1, "share_of_voice": 1.0}


@pytest.mark.parametrize("jump", [-HOUR, -DAY, -10, 10, 300])
@pytest.mark.parametrize("after", [0, 0.5, 3])
async def test_who_called_is_answered(tmp_path: Path, jump: float, after: float) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(after)
        on.clock.set(jump)
        await on.clock.advance(20)
        await on.until_told("p", "sent")


@pytest.mark.parametrize("jump", [-HOUR, -DAY, -10, 10])
@pytest.mark.parametrize("after", [0, 30, 59])
async def test_a_hold_is_no_longer_than_it_was(tmp_path: Path, jump: float, after: float) -> None:
    async with stage(tmp_path, **FIRST) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(after)
        on.clock.set(jump)
        await on.clock.advance(80)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")]


@pytest.mark.parametrize("jump", [-HOUR, -DAY])
async def test_a_hold_is_kept_over_a_restart_with_an_earlier_clock(tmp_path: Path, jump: float) -> None:
    async with stage(tmp_path, **FIRST) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        begun = on.clock.now()
    async with stage(tmp_path, clock=VirtualClock(begun + timedelta(seconds=jump)), **FIRST) as on:
        await on.until(lambda: on.clock.sleeping > 0)
        await on.clock.advance(80)
        await on.until_told("p", "sent")


async def test_a_person_still_answers_first_after_the_clock_was_set_back(tmp_path: Path) -> None:
    async with stage(tmp_path, **FIRST) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        on.clock.set(-HOUR)
        await on.hear([comment("c", "p", "Ben", "mine does", 10 - HOUR)])
        await on.clock.advance(80)
        assert (await on.story())["p"][0] in ("silent", "stopped")


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(-DAY, DAY)), max_size=20))
def test_the_live_clock_never_goes_back_and_never_stands(steps: list[tuple[float, float]]) -> None:
    """`steps`: seconds that pass, and by how many the system's clock is set then."""
    passed, offset, start = [0.0], [0.0], datetime(2026, 1, 5, tzinfo=UTC)
    clock = SystemClock(lambda: start + timedelta(seconds=passed[0] + offset[0]), lambda: passed[0])
    for seconds, jump in steps:
        offset[0] += jump
        before = clock.now()
        passed[0] += seconds
        now = clock.now()
        assert now - before >= timedelta(seconds=seconds / 2 - 0.001)
        assert now >= start + timedelta(seconds=passed[0] + offset[0] - 0.001)


def test_the_live_clock_catches_up() -> None:
    passed, wall = [0.0], datetime(2026, 1, 5, tzinfo=UTC)
    offset = [0.0]
    clock = SystemClock(lambda: wall + timedelta(seconds=passed[0] + offset[0]), lambda: passed[0])
    offset[0] = -HOUR
    for _ in range(2 * HOUR):
        passed[0] += 1.0
        clock.now()
    assert clock.now() == wall + timedelta(seconds=passed[0] + offset[0])
