"""19: fewer than Discord's 50 requests a second, whatever is asked for at once."""

import asyncio
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.pace import REQUESTS, SECONDS, Pace
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.waiting import PATIENCE

from .conftest import adapter_for, running


@given(st.lists(st.floats(0, 3), min_size=1, max_size=60), st.integers(1, 8))
async def test_19_no_window_of_a_second_has_more_requests(pauses: list[float], most: int) -> None:
    clock = VirtualClock()
    begun: list[float] = []

    def now() -> float:
        return clock.now().timestamp()

    pace = Pace(now, clock.sleep, most)

    async def request() -> None:
        await pace.wait()
        begun.append(now())

    async with asyncio.TaskGroup() as tasks:
        for pause in pauses:
            await clock.advance(pause)
            tasks.create_task(request())
        await clock.advance(len(pauses) * SECONDS)
    assert len(begun) == len(pauses)
    assert all(first <= second for first, second in pairwise(begun)), "in the order in which they came"
    assert all(later - first >= SECONDS - 1e-5 for first, later in zip(begun, begun[most:], strict=False))


async def test_19_requests_are_not_delayed_below_the_limit() -> None:
    pace = Pace(lambda: 0.0, lambda seconds: asyncio.sleep(3600))
    async with asyncio.timeout(PATIENCE):
        for _ in range(REQUESTS):
            await pace.wait()
    late = asyncio.create_task(pace.wait())
    await settle()
    assert not late.done()
    late.cancel()


async def test_19_the_clients_requests_are_paced(discord: FakeDiscord, core: FakeCore) -> None:
    loop = asyncio.get_running_loop()
    adapter = adapter_for(discord, core)
    async with running(adapter, core):
        said = await discord.say("general", "Ada", "hello")
        await core.until(lambda core: len(core.messages) == 1)
        thread, begun = core.messages[0].thread, loop.time()
        await asyncio.gather(*(adapter.message(thread, said["id"]) for _ in range(REQUESTS + 5)))
        assert loop.time() - begun >= SECONDS
    assert len([path for method, path, _ in discord.requests if path.endswith(said["id"])]) == REQUESTS + 5
