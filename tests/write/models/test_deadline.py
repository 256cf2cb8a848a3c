"""Time limits of a model's answer: none passes early, and none is missed."""

import asyncio

import pytest

from bot.write.models.deadline import Deadline, TooSlow
from tests.fakes.clock import VirtualClock, settle

STEP = 0.25  # seconds


@pytest.mark.parametrize(
    ("tokens", "ends"),
    [
        ([], 10.0),  # no first token
        ([0.5], 5.5),  # idle since
        ([0.5, 5.25], 10.25),
        ([9.75], 14.75),
        ([4.0 * n for n in range(1, 9)], 30.0),  # in total
    ],
)
async def test_an_answer_is_too_slow_at_its_limit_and_not_before(tokens: list[float], ends: float) -> None:
    clock = VirtualClock()
    limits = Deadline(clock, first=10, idle=5, total=30)
    running = asyncio.create_task(limits.run(asyncio.Event().wait()))
    seconds = 0.0
    while seconds < ends:
        await settle()
        assert not running.done(), seconds
        await clock.advance(STEP)
        seconds += STEP
        if seconds in tokens:
            limits.token()
    with pytest.raises(TooSlow):
        await running
