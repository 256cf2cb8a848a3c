"""The virtual clock: sleepers wake in order, and a test that never advances it fails."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.clock import VirtualClock, settle

STALLED = "1 sleep on the virtual clock, the first for 5 s more, and nobody has moved it for 0.01 s"


@given(st.lists(st.integers(1, 100), max_size=20), st.integers(0, 120))
def test_whoever_is_due_wakes_in_the_order_of_time_and_nobody_else(pauses: list[int], seconds: int) -> None:
    woken = []

    async def sleeper(clock: VirtualClock, pause: int) -> None:
        await clock.sleep(pause)
        woken.append(pause)

    async def some_time() -> None:
        clock = VirtualClock()
        sleepers = [asyncio.create_task(sleeper(clock, pause)) for pause in pauses]
        await clock.advance(seconds)
        assert clock.next_wake == min((pause - seconds for pause in pauses if pause > seconds), default=None)
        for task in sleepers:
            task.cancel()

    asyncio.run(some_time())
    assert woken == sorted(pause for pause in pauses if pause <= seconds)


async def sleeps_itself(clock: VirtualClock) -> None:
    await clock.sleep(5)


async def waits_for_a_sleeper(clock: VirtualClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(5))
    await asyncio.Event().wait()
    await sleeper


async def waits_while_a_sleeper_hides_errors(clock: VirtualClock) -> None:
    async def stubborn() -> None:
        try:
            await clock.sleep(5)
        except Exception:
            await asyncio.Event().wait()

    await asyncio.gather(stubborn(), asyncio.Event().wait(), return_exceptions=True)


@pytest.mark.parametrize("test", [sleeps_itself, waits_for_a_sleeper, waits_while_a_sleeper_hides_errors])
def test_where_everybody_sleeps_the_test_fails_and_says_why(
    test: Callable[[VirtualClock], Coroutine[Any, Any, None]],
) -> None:
    async def run() -> None:
        await test(VirtualClock(patience=0.01))

    with pytest.raises(asyncio.CancelledError, match=STALLED):
        asyncio.run(run())


@pytest.mark.parametrize("end", ["woken", "cancelled"])
async def test_where_nobody_sleeps_on_it_a_test_may_wait_for_other_things(end: str) -> None:
    clock = VirtualClock(patience=0.01)
    sleeper = asyncio.create_task(clock.sleep(5))
    await settle()
    if end == "woken":
        await clock.advance(5)
    else:
        sleeper.cancel()
    await asyncio.sleep(0.02)  # timers fire in order: the watch would have ended this test before
    assert sleeper.done()
