"""Platforms that fail are restarted after a pause, given up when refused, and never affect each other."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from structlog.testing import capture_logs

from bot.live.supervisor import FIRST_PAUSE, LONGEST_PAUSE, STEADY, AllRefused, Supervisor
from bot.types import Event, Hear, Mark, PlatformError, PlatformRefused, Status, StoreError, TypingSign
from tests.fakes.clock import VirtualClock, settle


class Platform:
    """Follows its story: seconds up, then an error (None: it just ends). After the story it stays up."""

    def __init__(self, name: str, clock: VirtualClock, *story: tuple[float, Exception | None]):
        self.name, self.status = name, Status.STARTING
        self._clock, self._story = clock, list(story)
        self.begun: list[float] = []
        self._start = clock.now()

    async def run(self, hear: Hear, typing: TypingSign) -> None:
        self.begun.append((self._clock.now() - self._start).total_seconds())
        self.status = Status.UP
        if not self._story:
            await asyncio.Event().wait()
        seconds, error = self._story.pop(0)
        await self._clock.sleep(seconds)
        if error:
            raise error


async def hear(events: Sequence[Event], mark: Mark | None = None) -> None:
    raise AssertionError("nobody speaks here")


@asynccontextmanager
async def supervised(clock: VirtualClock, *platforms: Platform) -> AsyncIterator[asyncio.Task[None]]:
    """The task that runs the platforms; cancelled at the end."""
    supervisor = Supervisor({one.name: one for one in platforms}, clock)  # type: ignore[misc]  # they only run
    task = asyncio.create_task(supervisor.run({one.name: hear for one in platforms}))
    await settle()
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, BaseExceptionGroup):
            await task


def status(platform: Platform) -> Status:
    """The current status; mypy assumes that an attribute is unchanged after a comparison."""
    return platform.status


def pauses(platform: Platform) -> list[float]:
    return [after - before for before, after in zip(platform.begun, platform.begun[1:], strict=False)]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


async def test_a_lost_platform_is_tried_again_after_longer_and_longer_pauses(clock: VirtualClock) -> None:
    lost = Platform("matrix", clock, *[(0, PlatformError("gone"))] * 9)
    async with supervised(clock, lost):
        assert status(lost) is Status.DOWN
        await clock.advance(1000)
        assert pauses(lost) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert status(lost) is Status.UP
    assert (FIRST_PAUSE, LONGEST_PAUSE) == (1, 60)


@pytest.mark.parametrize("error", [PlatformError("gone"), StoreError("disk full"), KeyError("ours"), None])
async def test_whatever_the_loss_was_it_is_tried_again(clock: VirtualClock, error: Exception | None) -> None:
    lost = Platform("matrix", clock, (0, error))
    async with supervised(clock, lost):
        await clock.advance(1)
        assert (lost.begun, lost.status) == ([0, 1], Status.UP)


async def test_after_a_steady_time_a_loss_is_a_new_one(clock: VirtualClock) -> None:
    short, steady = (10, PlatformError("gone")), (STEADY + 1, PlatformError("gone"))
    lost = Platform("matrix", clock, short, short, steady, short)
    async with supervised(clock, lost):
        await clock.advance(1000)
        assert pauses(lost) == [10 + 1, 10 + 2, STEADY + 1 + 1, 10 + 2]


async def test_one_that_is_down_or_refused_does_not_stop_the_others(clock: VirtualClock) -> None:
    lost = Platform("matrix", clock, *[(0, PlatformError("gone"))] * 99)
    refused = Platform("discord", clock, (0, PlatformRefused("bad token")))
    fine = Platform("local", clock)
    async with supervised(clock, lost, refused, fine) as task:
        await clock.advance(500)
        assert not task.done()
        assert (lost.status, refused.status, fine.status) == (Status.DOWN, Status.REFUSED, Status.UP)
        assert (len(refused.begun), len(fine.begun)) == (1, 1)
        assert len(lost.begun) > 5


async def test_when_the_last_one_is_refused_it_ends(clock: VirtualClock) -> None:
    platforms = [Platform(f"p{n}", clock, (n * 10, PlatformRefused("bad token"))) for n in range(3)]
    async with supervised(clock, *platforms) as task:
        await clock.advance(19)
        assert not task.done()
        await clock.advance(2)
        with pytest.raises(BaseExceptionGroup) as ended:
            await task
        assert ended.group_contains(AllRefused)


async def test_one_that_may_come_back_keeps_us_running(clock: VirtualClock) -> None:
    refused = Platform("discord", clock, (0, PlatformRefused("bad token")))
    lost = Platform("matrix", clock, (0, PlatformError("gone")), (5, PlatformRefused("bad token")))
    async with supervised(clock, refused, lost) as task:
        assert not task.done()
        await clock.advance(1 + 5)
        with pytest.raises(BaseExceptionGroup) as ended:
            await task
        assert ended.group_contains(AllRefused)


async def test_a_fault_of_an_adapter_is_logged_and_stops_neither_it_nor_the_others(clock: VirtualClock) -> None:
    broken, fine = Platform("matrix", clock, (0, KeyError("ours"))), Platform("local", clock)
    with capture_logs() as logs:
        async with supervised(clock, broken, fine) as task:
            assert (status(broken), status(fine)) == (Status.DOWN, Status.UP)
            await clock.advance(1)
            assert not task.done()
            assert (broken.begun, status(broken), fine.begun) == ([0, 1], Status.UP, [0])
    failed = [line for line in logs if line["event"] == "platform.failed"]
    assert [(line["platform"], line["exc_info"], line["log_level"]) for line in failed] == [("matrix", True, "error")]
