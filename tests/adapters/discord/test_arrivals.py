"""28: one word when we come to a server, whatever happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.arrivals import ARRIVED, TOLD_WITHIN, ArrivalStep, Noted, next_step, read_noted
from bot.config.room_rule import RoomRule
from bot.explain.arrival_word import arrival_word
from bot.explain.words import LANGUAGES
from bot.types import Arrival, Room, StoreError
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import DM
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE, until

from .conftest import RealClock, running, settings_for

NOW = RealClock().now()
SEND, HISTORY, VIEW = 1 << 11, 1 << 16, 1 << 10
WITHOUT_ADMIN = str(((1 << 53) - 1) & ~8)


class Greeter:
    """Gives the word, and keeps what it was asked with."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []

    def __call__(self, arrival: Arrival) -> str:
        self.arrivals.append(arrival)
        return "Hello, I am an AI."


@asynccontextmanager
async def greeting(
    discord: FakeDiscord, core: FakeCore, clock: VirtualClock | None = None
) -> AsyncIterator[tuple[Greeter, VirtualClock]]:
    greeter, clock = Greeter(), clock or VirtualClock(discord.world.now())
    adapter = DiscordAdapter(
        settings_for(discord), core, clock, greet=greeter, identify_pause=0, guild_ready_timeout=0.05
    )
    async with running(adapter, core):
        yield greeter, clock


@pytest.fixture
def home(discord: FakeDiscord) -> FakeDiscord:
    """A server with a system channel, in which we may do all but administer."""
    discord.world.system_channel = discord.world.channel("lobby")
    discord.world.rights = discord.world.everyone = WITHOUT_ADMIN
    return discord


def told(discord: FakeDiscord) -> list[str]:
    return [str(one["content"]) for one in discord.ours("lobby")]


async def a_round(discord: FakeDiscord, core: FakeCore) -> None:
    """Waits until all that was sent before has been seen."""
    said = await discord.say("kitchen", "Ada", "a round")
    await core.until(lambda core: any(one.id == said["id"] for one in core.messages))


def stored(core: FakeCore) -> list[str]:
    return [value for key, value in core.marks.items() if key.startswith(ARRIVED)]


async def until_stored(core: FakeCore, ending: str) -> None:
    await until(lambda: any(value.endswith(ending) for value in stored(core)))


# --- when ----------------------------------------------------------------------------------------


async def test_28_invited_while_we_run_we_say_one_word(home: FakeDiscord, core: FakeCore) -> None:
    async with greeting(home, core):
        await home.emit("GUILD_DELETE", {"id": home.world.guild_id})
        await home.join()
        await until_stored(core, "told")
        assert told(home) == ["Hello, I am an AI."]
    body = home.calls("POST", "/messages")[0]
    assert body["allowed_mentions"]["parse"] == [] and not body.get("message_reference")


async def test_28_invited_shortly_before_we_start_we_say_it_too(home: FakeDiscord, core: FakeCore) -> None:
    home.world.joined_at = home.world.now() - timedelta(minutes=5)
    async with greeting(home, core):
        await until_stored(core, "told")
    assert told(home) == ["Hello, I am an AI."]


async def test_28_where_we_have_long_been_nothing_is_said(home: FakeDiscord, core: FakeCore) -> None:
    async with greeting(home, core) as (greeter, _):
        await a_round(home, core)
        await home.emit("GUILD_DELETE", {"id": home.world.guild_id, "unavailable": True})
        await home.emit("GUILD_CREATE", home.world.guild())  # the end of an outage
        await a_round(home, core)
    assert (told(home), greeter.arrivals, stored(core)) == ([], [], [])


async def test_28_replays_outages_and_new_sessions_say_nothing_twice(home: FakeDiscord, core: FakeCore) -> None:
    async with greeting(home, core):
        await home.emit("GUILD_DELETE", {"id": home.world.guild_id})
        await home.join()
        await until_stored(core, "told")
        joined = home.world.guild()
        del joined["unavailable"]
        await home.emit("GUILD_CREATE", joined)
        await home.emit("GUILD_CREATE", home.world.guild())
        await home.drop(1001)
        await until(lambda: home.resumed == 1)
        await a_round(home, core)
        await home.order(9, False)
        await until(lambda: home.identified == 2)
        await a_round(home, core)
    async with greeting(home, core):
        await a_round(home, core)
    assert told(home) == ["Hello, I am an AI."]


async def test_28_invited_again_we_say_it_again(home: FakeDiscord, core: FakeCore) -> None:
    async with greeting(home, core):
        for times in (1, 2):
            await home.emit("GUILD_DELETE", {"id": home.world.guild_id})
            home.world.ahead += timedelta(seconds=1)
            await home.join()
            await until(lambda: len(told(home)) == times)  # noqa: B023 - awaited at once


@pytest.mark.parametrize("was_sent", [True, False])
@pytest.mark.parametrize("readable", [True, False])
async def test_28_after_a_crash_at_the_worst_moment_it_is_there_once(
    home: FakeDiscord, core: FakeCore, was_sent: bool, readable: bool
) -> None:
    """The state says that the word was about to be sent; Discord does not know the nonce any more."""
    home.world.joined_at = home.world.now() - timedelta(minutes=5)
    lobby = home.world.find("lobby")
    if was_sent:
        home.world.message(lobby, home.world.bot, "Hello, I am an AI.")
    if not readable:
        home.world.overwrite("lobby", home.world.guild_id, deny=HISTORY)
        home.fail("GET", f"{lobby}/messages", 403, code=50001, times=9)
    core.marks[f"{ARRIVED}{home.world.guild_id}"] = Noted(home.world.joined_at, told=False).value()
    async with greeting(home, core):
        await until_stored(core, "told")
    assert len(told(home)) == (1 if was_sent or readable else 0), "never twice"


async def test_28_while_discord_fails_it_is_tried_again(home: FakeDiscord, core: FakeCore) -> None:
    home.world.joined_at = home.world.now() - timedelta(minutes=5)
    home.fail("POST", "messages$", 503, times=1, after=True)
    home.fail("POST", "messages$", 429, times=1)
    async with greeting(home, core) as (_, clock):
        async with asyncio.timeout(PATIENCE):
            while not any(value.endswith("told") for value in stored(core)):
                await clock.advance(60)
                await asyncio.sleep(0.005)
    assert told(home) == ["Hello, I am an AI."]


async def test_28_what_cannot_be_noted_is_not_said(home: FakeDiscord, core: FakeCore) -> None:
    async with greeting(home, core) as (_, clock):
        core.broken = StoreError("disk full")
        await home.emit("GUILD_DELETE", {"id": home.world.guild_id})
        await home.join()
        await until(lambda: core.refusals > 0)
        assert told(home) == []
        core.broken = None
        async with asyncio.timeout(PATIENCE):
            while not told(home):
                await clock.advance(60)
                await asyncio.sleep(0.005)


# --- where ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("deny", [SEND, VIEW])
async def test_28_where_we_may_not_write_nothing_is_said(home: FakeDiscord, core: FakeCore, deny: int) -> None:
    home.world.joined_at = home.world.now()
    home.world.overwrite("lobby", home.world.guild_id, deny=deny)
    async with greeting(home, core):
        await a_round(home, core)
    assert told(home) == [] and home.calls("POST", "/messages") == []


async def test_28_without_a_system_channel_nothing_is_said(home: FakeDiscord, core: FakeCore) -> None:
    home.world.joined_at, home.world.system_channel = home.world.now(), None
    async with greeting(home, core):
        await a_round(home, core)
    assert home.calls("POST", "/messages") == []


async def test_28_it_knows_where_it_can_write_and_names_no_hidden_channel(home: FakeDiscord, core: FakeCore) -> None:
    world, everyone = home.world, home.world.guild_id
    forum, secret, rules, ours = (world.channel(name, kind) for name, kind in (
        ("questions", 15), ("secret", 0), ("rules", 0), ("staff", 0)))  # fmt: skip
    world.overwrite("secret", everyone, deny=VIEW)
    world.overwrite("rules", everyone, deny=SEND)
    world.overwrite("staff", everyone, deny=VIEW | SEND)
    world.overwrite("staff", world.role_id, allow=VIEW)  # we see it and may not write; members don't see it
    world.joined_at, world.locale = world.now(), "zh-CN"
    async with greeting(home, core) as (greeter, _):
        await until_stored(core, "told")
    (arrival,) = greeter.arrivals
    named = {room.id: shown for room, shown in arrival.open.items()}
    assert named == {one: f"<#{one}>" for one in (*map(world.find, ("general", "kitchen", "lobby")), forum)}
    assert {room.id for room in arrival.closed} == {rules} and not {secret, ours} & named.keys()
    assert (arrival.language, arrival.room.id) == ("zh-CN", world.find("lobby"))


async def test_28_a_direct_conversation_is_no_arrival(home: FakeDiscord, core: FakeCore) -> None:
    direct = home.world.channel("Ada", DM)
    async with greeting(home, core) as (greeter, _):
        await home.say(direct, "Ada", "hello")
        await a_round(home, core)
    assert greeter.arrivals == []


# --- the rule ------------------------------------------------------------------------------------

MOMENTS = st.integers(-10_000, 10_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
NOTED = st.none() | st.builds(Noted, MOMENTS, st.booleans())


@given(NOTED, MOMENTS, MOMENTS)
def test_28_told_once_and_only_while_it_is_fresh(noted: Noted | None, joined: object, now: object) -> None:
    from datetime import datetime

    assert isinstance(joined, datetime) and isinstance(now, datetime)
    step = next_step(noted, joined, now)
    if now - joined >= TOLD_WITHIN:
        assert step is ArrivalStep.NOTHING
    if step is ArrivalStep.TELL:
        assert noted is None or noted.joined != joined
    assert next_step(Noted(joined, told=True), joined, now) is ArrivalStep.NOTHING
    assert next_step(Noted(joined, told=False), joined, now) in (ArrivalStep.LOOK, ArrivalStep.NOTHING)


@given(st.text(max_size=40))
def test_28_no_stored_value_harms(value: str) -> None:
    read_noted(value)
    assert read_noted(None) is None


@given(st.builds(Noted, MOMENTS, st.booleans()))
def test_28_what_is_stored_is_read_back(noted: Noted) -> None:
    assert read_noted(noted.value()) == noted


# --- the word ------------------------------------------------------------------------------------


def place(name: str) -> Room:
    return Room("discord", "1", name, name)


def word(joins: dict[str, str], closed: tuple[str, ...] = (), language: str = "en", *, reads_all: bool = True) -> str:
    """The word in the first room of `joins`; rooms by name, with how Cameo joins them."""
    rooms = {place(name): f"#{name}" for name in joins}
    arrival = Arrival(next(iter(rooms)), rooms, {place(one): f"#{one}" for one in closed}, language, reads_all)
    rules = {name: RoomRule(match="*", join=join) for name, join in joins.items()}  # type: ignore[arg-type]
    return arrival_word(arrival, shipped_words(), "Mochi", lambda room: rules[room.name])


@pytest.mark.parametrize("language", [*LANGUAGES, "zh-TW", "fr", "en-GB"])
def test_28_the_word_says_who_it_is_and_names_no_command_that_is_not_there(language: str) -> None:
    said = word({"general": "mentions"}, language=language)
    assert "Mochi" in said and "AI" in said
    assert "`" not in said
    assert len(said) < 400 and ("大家好" in said) is language.startswith("zh")


@pytest.mark.parametrize(
    ("joins", "closed", "has", "lacks"),
    [
        ({"a": "mentions", "b": "mentions"}, (), ["every channel"], ["#a", "unasked", "can't"]),
        ({"a": "mentions", "b": "off"}, (), ["in #a."], ["#b", "every channel"]),
        ({"a": "mentions", "b": "watch"}, (), ["in #a."], ["#b"]),
        ({"a": "mentions", "b": "unanswered"}, (), ["In #b I may also", "people go first"], []),
        ({"a": "mentions"}, ("rules", "news"), ["in #a.", "can't write in #rules, #news."], ["every"]),
        ({"a": "mentions"}, tuple("cdefghi"), ["can't write in #c, #d, #e, #f, #g and 2 more."], ["#h"]),
    ],
)
def test_28_the_word_says_only_what_holds(
    joins: dict[str, str], closed: tuple[str, ...], has: list[str], lacks: list[str]
) -> None:
    said = word(joins, closed)
    assert all(one in said for one in has) and not any(one in said for one in lacks), said


@pytest.mark.parametrize("join", ["off", "watch"])
def test_28_where_cameo_is_to_say_nothing_there_is_no_word(join: str) -> None:
    assert word({"a": join, "b": "mentions"}) == ""


def test_28_without_message_content_the_word_says_so() -> None:
    said = word({"a": "mentions", "b": "unanswered"}, reads_all=False)
    assert "only see messages that call me" in said and "In #b" not in said
