"""2, 3, 4, 19: whatever the gateway and the API do, every call is answered once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.types import Status
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_house import answers, discord_house
from tests.fakes.waiting import PATIENCE, until

from .conftest import RealClock, adapter_for
from .test_gateway import free_port

Trouble = Callable[[FakeDiscord], Awaitable[None]]
VIA = {"Via": "1.1 google", "Retry-After": "1"}
SOON = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
CLOUDFLARE = "<html><body>error code: 1015</body></html>"


async def nothing(discord: FakeDiscord) -> None:
    """For comparison."""


async def op_7(discord: FakeDiscord) -> None:
    await discord.order(7)


async def op_9(discord: FakeDiscord) -> None:
    await discord.order(9, False)


async def op_9_that_can_be_resumed(discord: FakeDiscord) -> None:
    await discord.order(9, True)


async def drop(discord: FakeDiscord) -> None:
    await discord.drop(1001)


async def unknown_close(discord: FakeDiscord) -> None:
    await discord.drop(4000)


async def replayed_events(discord: FakeDiscord) -> None:
    """The gateway repeats all that it has sent, as new events and in another session."""
    said = [frame for session in discord.sessions.values() for frame in session.said]
    for frame in said:
        if frame["t"] == "MESSAGE_CREATE":
            await discord.emit("MESSAGE_CREATE", frame["d"])
    await discord.drop(1001)
    for frame in said:
        if frame["t"] == "MESSAGE_CREATE":
            await discord.emit("MESSAGE_CREATE", frame["d"])


async def route_limit(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 429, times=3, headers=VIA)
    discord.faults[-1].body = SOON


async def global_limit(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 429, times=2, headers={**VIA, "X-RateLimit-Global": "true"})
    discord.faults[-1].body = {**SOON, "global": True}


async def long_limit(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 429, times=2, headers=VIA)
    discord.faults[-1].body = {**SOON, "retry_after": 3600.0}


async def cloudflare(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 429, times=3)
    discord.faults[-1].body = CLOUDFLARE


async def a_503_with_html(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 503, times=2)
    discord.faults[-1].body = CLOUDFLARE


async def a_503_after_the_message(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 503, times=2, after=True)


async def a_502(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 502)


async def a_500_after_the_message(discord: FakeDiscord) -> None:
    discord.fail("POST", "messages$", 500, after=True)


async def no_answers(discord: FakeDiscord) -> None:
    """Requests are read, and their connections break."""
    discord.away = True
    await until(lambda: discord.calls("POST", "/messages"))
    discord.away = False


TROUBLES = (
    nothing, op_7, op_9, op_9_that_can_be_resumed, drop, unknown_close, replayed_events, route_limit, global_limit,
    long_limit, cloudflare, a_503_with_html, a_503_after_the_message, a_502, a_500_after_the_message, no_answers,
)  # fmt: skip


SHOWN = (op_7, op_9, drop, cloudflare, a_503_after_the_message)  # the same while answers are shown unfinished


@pytest.mark.parametrize(
    ("trouble", "stream"),
    [*((trouble, False) for trouble in TROUBLES), *((trouble, True) for trouble in SHOWN)],
    ids=lambda given: given if isinstance(given, bool) else given.__name__,
)
async def test_03_19_every_call_is_answered_once(
    trouble: Trouble, stream: bool, discord: FakeDiscord, tmp_path: Path
) -> None:
    async with discord_house(tmp_path, discord, stream=stream) as house:
        asked = [await house.ask("general", f"before {n}?") for n in range(2)]
        await trouble(discord)
        asked += [await house.ask(channel, f"during in {channel}?") for channel in ("general", "lobby")]
        await house.until_answered(asked)
        asked.append(await house.ask("general", "after?"))
        await house.until_answered(asked)
        assert [len(answers(discord, said)) for said in asked] == [1] * len(asked)
        assert house.adapter.status is Status.UP


@pytest.fixture
def discord_with_lobby(discord: FakeDiscord) -> FakeDiscord:
    discord.world.channel("lobby")
    return discord


@pytest.fixture(autouse=True)
def lobby(discord_with_lobby: FakeDiscord) -> None:
    """One more room: the kitchen is off."""


async def test_03_a_half_open_connection_is_noticed_by_its_missing_heartbeats(
    discord: FakeDiscord, tmp_path: Path
) -> None:
    discord.beat_ms = 1000
    async with discord_house(tmp_path, discord, heartbeat_timeout=1.5) as house:
        discord.silent.set()
        await asyncio.wait_for(discord.fell_silent.wait(), PATIENCE)
        asked = [await house.ask("general", "do you hear me?")]  # arrives nowhere: nothing is read, nothing is sent
        discord.silent.clear()
        await until(lambda: discord.resumed + discord.identified > 1)
        await house.until_answered(asked)
        assert len(answers(discord, asked[0])) == 1


async def test_02_a_first_connection_that_is_refused_for_half_a_minute(discord: FakeDiscord, core: FakeCore) -> None:
    port, clock = free_port(), VirtualClock(RealClock().now())
    adapter = adapter_for(discord, core, clock, gateway_url=f"ws://127.0.0.1:{port}/gw")
    task = asyncio.create_task(adapter.run(core.hear, core.typing))
    for _ in range(6):
        await until(lambda: clock.next_wake == 5.0)
        assert adapter.status is Status.DOWN
        await clock.advance(5)
    await until(lambda: clock.next_wake == 5.0)
    await discord.listen(port)
    await clock.advance(5)
    await until(lambda: adapter.status is Status.UP)
    await discord.say("general", "Ada", "at last")
    await core.until(lambda core: [one.text for one in core.messages] == ["at last"])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, PATIENCE)
    assert adapter.status is Status.DOWN and discord.identified == 1


@pytest.mark.parametrize(("minutes", "calls"), [(5, 1), (20, 0)])
async def test_04_after_an_outage_recent_calls_are_answered_and_what_is_old_is_not(
    discord: FakeDiscord, tmp_path: Path, minutes: int, calls: int
) -> None:
    rule = {"join": "unanswered", "hold": 1}
    async with discord_house(tmp_path, discord, rule=rule) as house:
        await house.until_answered([await house.ask("general", "are you there?")])
    called = await discord.say("general", "Ada", "why does rye sink?", mention=True)
    talk = await discord.say("general", "Bo", "Does anybody know how long rye takes?")
    discord.world.ahead += timedelta(minutes=minutes)
    async with discord_house(tmp_path, discord, rule=rule) as house:
        house.people = 9
        await house.until_answered([called] if calls else [])
        await house.until_answered([await house.ask("general", "and now?")])
        assert len(answers(discord, called)) == calls
        assert minutes < 15 or answers(discord, talk) == []
