"""18: an answer to a call is shown while it is written, and always ends as the answer or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.adapter import DiscordAdapter
from adapters.discord.previews import EDIT_SECONDS, PREVIEW, UnfinishedAnswer, read_value
from adapters.discord.split import LENGTH, PLACEHOLDER, unfinished, units
from bot.types import Reply, StoreError
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.discord_world import DM
from tests.fakes.waiting import PATIENCE, until

from .conftest import RealClock, adapter_for, running

ANSWER = "Overnight, in the cold. Longer does no harm."


class Stage:
    """A running adapter with `stream: true` and one question, on a clock that also moves Discord's buckets."""

    def __init__(self, discord: FakeDiscord, core: FakeCore, adapter: DiscordAdapter, clock: VirtualClock):
        self.discord, self.core, self.adapter, self.clock = discord, core, adapter, clock

    async def asked(self, channel: str = "general", author: str = "Ada") -> Reply:
        said = await self.discord.say(channel, author, "how long does it prove?", mention=True)
        await self.core.until(lambda core: any(one.id == said["id"] for one in core.messages))
        message = next(one for one in self.core.messages if one.id == said["id"])
        return Reply(message.thread, ANSWER, message.id)

    async def show(self, reply: Reply, text: str | None, key: str = "turn-1") -> None:
        await self.adapter.preview(reply.thread, reply.reply_to, key, text)

    async def stands(self, *texts: str, channel: str = "general") -> None:
        """Waits, while the clock goes on, until these are our messages."""
        async with asyncio.timeout(PATIENCE):
            while tuple(self.said(channel)) != texts:
                await self.pass_time(EDIT_SECONDS / 5)
                await asyncio.sleep(0.002)

    async def pass_time(self, seconds: float) -> None:
        self.discord.world.ahead += timedelta(seconds=seconds)
        await self.clock.advance(seconds)

    def said(self, channel: str = "general") -> list[str]:
        return [str(one["content"]) for one in self.discord.ours(channel)]

    def kept(self) -> list[str]:
        return [key for key in self.core.marks if key.startswith(PREVIEW)]


@asynccontextmanager
async def staged(discord: FakeDiscord, core: FakeCore, clock: VirtualClock | None = None) -> AsyncIterator[Stage]:
    clock = clock or VirtualClock(RealClock().now())
    adapter = adapter_for(discord, core, clock, stream=True)
    async with running(adapter, core):
        yield Stage(discord, core, adapter, clock)


@pytest.fixture
async def stage(discord: FakeDiscord, core: FakeCore) -> AsyncIterator[Stage]:
    async with staged(discord, core) as on:
        yield on


# --- the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "…"),
        ("Over", "…"),
        ("Overnight.", "…"),  # perhaps "Overnight.example"
        ("Overnight. In the co", "Overnight. …"),
        ("Really?! Yes", "Really?! …"),
        ("Version 3.1 is", "…"),
        ("过夜。放在冰", "过夜。 …"),
        ("One line\nand ano", "One line …"),
        ("See:\n```py\nx = 1\ny =", "See:\n```py\nx = 1\n```\n…"),
    ],
)
def test_18_only_whole_sentences_are_shown(text: str, shown: str) -> None:
    assert unfinished(text) == shown


@given(st.text("ab .!?。\n`*_<>😀", max_size=5000))
def test_18_what_is_shown_always_fits(text: str) -> None:
    shown = unfinished(text)
    assert shown.endswith(PLACEHOLDER) and units(shown) <= LENGTH
    assert shown.count("```") % 2 == 0 or text.count("```") % 2 == 0


# --- its course ----------------------------------------------------------------------------------


async def test_18_a_placeholder_grows_and_becomes_the_answer(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    await stage.show(reply, "Overnight, in the cold. Lon")
    await stage.stands("Overnight, in the cold. …")
    (sent,) = await stage.adapter.send(reply, "turn-1")
    assert stage.said() == [ANSWER] and stage.discord.ours("general")[0]["id"] == sent
    posted = stage.discord.calls("POST", "/messages")
    assert len(posted) == 1 and posted[0]["allowed_mentions"]["parse"] == []
    assert posted[0]["message_reference"]["message_id"] == int(reply.reply_to)
    assert stage.kept() == []
    await stage.show(reply, None)  # as the core does at the end of every turn
    assert stage.said() == [ANSWER]


async def test_18_the_core_hears_nothing_of_an_unfinished_answer(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    await stage.show(reply, "Overnight. And")
    await stage.stands("Overnight. …")
    await stage.discord.say("general", "Bo", "meanwhile")
    await stage.core.until(lambda core: core.messages[-1].text == "meanwhile")
    assert [one.text for one in stage.core.messages if one.author.is_self] == []
    assert [type(one).__name__ for one in stage.core.new] == ["Message", "Message"]


async def test_18_no_typing_sign_beside_a_preview(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.adapter.typing(reply.thread)
    await stage.show(reply, "")
    await stage.stands("…")
    await stage.adapter.typing(reply.thread)
    assert len(stage.discord.calls("POST", "/typing")) == 1


async def test_18_an_answer_that_is_not_said_leaves_nothing_behind(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    await stage.show(reply, None)
    assert stage.said() == [] and stage.kept() == []


async def test_18_without_a_preview_nothing_is_removed(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, None)
    await stage.adapter.send(reply, "turn-1")
    assert stage.said() == [ANSWER]


async def test_18_a_deleted_placeholder_is_sent_anew(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    await stage.discord.delete(stage.discord.ours("general")[0]["id"])
    await stage.show(reply, "Overnight. And")
    await stage.pass_time(5)
    await stage.adapter.send(reply, "turn-1")
    assert stage.said() == [ANSWER] and stage.kept() == []


async def test_18_a_long_answer_goes_on_below_its_preview(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    long = "\n\n".join(f"Paragraph {n}: " + "flour, water, salt and time. " * 40 for n in range(4))
    ids = await stage.adapter.send(Reply(reply.thread, long, reply.reply_to), "turn-1")
    assert [one["id"] for one in stage.discord.ours("general")] == list(ids) and len(ids) > 1


async def test_18_a_preview_in_a_direct_conversation(discord: FakeDiscord, core: FakeCore) -> None:
    direct = discord.world.channel("Ada", DM)
    async with staged(discord, core) as stage:
        reply = await stage.asked(direct)
        await stage.show(reply, "")
        await stage.stands("…", channel=direct)
        await stage.adapter.send(reply, "turn-1")
        assert stage.said(direct) == [ANSWER]


async def test_18_after_an_hour_nothing_is_edited(stage: Stage) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    edits = len(stage.discord.edits)
    stage.clock.set(3540)
    await stage.adapter.send(reply, "turn-1")
    assert stage.said() == [ANSWER] and len(stage.discord.edits) == edits


@pytest.mark.parametrize("code", [30046, 50035])
async def test_18_an_edit_that_is_refused_for_its_age_is_sent_anew(stage: Stage, code: int) -> None:
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    stage.discord.fail("PATCH", "messages", 400, code=code)
    if code == 30046:
        await stage.adapter.send(reply, "turn-1")
    else:  # any other refusal is the turn's to know
        with pytest.raises(Exception, match="50035"):
            await stage.adapter.send(reply, "turn-1")
        await stage.adapter.send(reply, "turn-1", stage.clock.now())
    assert stage.said() == [ANSWER]


async def test_18_a_blocked_answer_gives_way_to_the_line_in_its_place(stage: Stage) -> None:
    reply, stage.discord.automod = await stage.asked(), "cold"
    await stage.show(reply, "")
    await stage.stands("…")
    with pytest.raises(Exception, match="200000"):
        await stage.adapter.send(reply, "turn-1")
    await stage.adapter.send(Reply(reply.thread, "Not today.", reply.reply_to), "turn-1", stage.clock.now())
    assert stage.said() == ["Not today."]


@pytest.mark.parametrize(("deny", "kind"), [(1 << 16, "history"), (1 << 11, "send")])
async def test_18_where_it_could_not_be_found_again_nothing_is_shown(
    discord: FakeDiscord, core: FakeCore, deny: int, kind: str
) -> None:
    discord.world.rights = discord.world.everyone = str(((1 << 53) - 1) & ~8)  # without Administrator
    discord.world.overwrite("general", discord.world.guild_id, deny=deny)
    async with staged(discord, core) as stage:
        reply = await stage.asked()
        await stage.show(reply, "")
        await stage.pass_time(10)
        assert stage.said() == [] and stage.kept() == []


async def test_18_what_cannot_be_stored_is_not_shown(stage: Stage) -> None:
    reply = await stage.asked()
    stage.core.broken = StoreError("disk full")
    await stage.show(reply, "")
    await stage.pass_time(5)
    stage.core.broken = None
    await stage.adapter.send(reply, "turn-1")
    assert stage.said() == [ANSWER]


@pytest.mark.parametrize("fault", ["a 500 after the edit", "interrupted", "not stored"])
async def test_18_what_may_be_the_answer_is_not_taken_away(stage: Stage, fault: str) -> None:
    """The course of a turn ends early, and removes its preview; the next try finds the answer."""
    reply, tried = await stage.asked(), stage.clock.now()
    await stage.show(reply, "")
    await stage.stands("…")
    shown = stage.discord.ours("general")[0]["id"]
    if fault == "interrupted":
        stage.discord.rest.slow.clear()
    elif fault == "not stored":
        stage.core.broken = StoreError("disk full")
    else:
        stage.discord.fail("PATCH", "messages", 503, after=True)
    sending = asyncio.create_task(stage.adapter.send(reply, "turn-1"))
    if fault == "interrupted":
        await until(lambda: stage.discord.calls("PATCH", shown))
        sending.cancel()
    await asyncio.wait([sending])
    assert sending.cancelled() or sending.exception() is not None
    stage.discord.rest.slow.set()
    stage.core.broken = None
    await stage.show(reply, None)
    assert await stage.adapter.send(reply, "turn-1", tried) == (shown,)
    assert stage.said() == [ANSWER] and stage.kept() == []


# --- pace ----------------------------------------------------------------------------------------


async def test_18_ten_channels_at_once_meet_no_limit(discord: FakeDiscord, core: FakeCore) -> None:
    names = [discord.world.channel(f"room-{n}") for n in range(10)]
    discord.rest.has_buckets = True
    async with staged(discord, core) as stage:
        replies = [await stage.asked(name) for name in names]
        for n, reply in enumerate(replies):
            await stage.show(reply, "", f"turn-{n}")
        for name in names:
            await stage.stands("…", channel=name)
        for sentence in range(40):
            for n, reply in enumerate(replies):
                await stage.show(reply, "One more sentence. " * (sentence + 1), f"turn-{n}")
            await stage.pass_time(0.25)
            await asyncio.sleep(0.005)
        ends = [Reply(reply.thread, ANSWER, reply.reply_to) for reply in replies]
        await asyncio.gather(*(stage.adapter.send(end, f"turn-{n}") for n, end in enumerate(ends)))
        assert [stage.said(name) for name in names] == [[ANSWER]] * 10
    assert discord.rest.limited == []
    assert 20 <= len(discord.edits) <= 10 * (10 / EDIT_SECONDS + 2)


async def test_18_the_answer_waits_for_an_edit_that_is_under_way(stage: Stage) -> None:
    """An edit that arrived after the answer would undo it."""
    reply = await stage.asked()
    await stage.show(reply, "")
    await stage.stands("…")
    stage.discord.rest.slow.clear()
    await stage.show(reply, "Overnight. And")
    async with asyncio.timeout(PATIENCE):
        while not stage.discord.calls("PATCH", stage.discord.ours("general")[0]["id"]):
            await stage.pass_time(EDIT_SECONDS)
            await asyncio.sleep(0.002)
    sending = asyncio.create_task(stage.adapter.send(reply, "turn-1"))
    await asyncio.sleep(0.05)
    assert not sending.done()
    stage.discord.rest.slow.set()
    await sending
    assert stage.said() == [ANSWER] and stage.discord.edits[-1][1] == ANSWER


# --- restarts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["asked", "placed", "edited", "finalised"])
async def test_18_after_a_crash_the_same_message_becomes_the_answer(
    discord: FakeDiscord, core: FakeCore, moment: str
) -> None:
    """Whatever the state says of the moment: about to be sent, sent, edited, or answered without our learning of it."""
    async with staged(discord, core) as stage:
        reply, tried = await stage.asked(), stage.clock.now()
        await stage.show(reply, "")
        await stage.stands("…")
        before = dict(core.marks)
        placeholder = discord.ours("general")[0]["id"]
        if moment == "asked":
            (key,) = stage.kept()
            before[key] = before[key].replace(placeholder, "0")
        if moment == "edited":
            await stage.show(reply, "Overnight. And")
            await stage.stands("Overnight. …")
        if moment == "finalised":
            await stage.adapter.send(reply, "turn-1")
    core.marks = before
    discord.world.ahead += timedelta(minutes=5)  # past the window in which Discord knows the nonce
    async with staged(discord, core, VirtualClock(tried + timedelta(minutes=5))) as stage:
        ids = await stage.adapter.send(reply, "turn-1", tried if moment == "finalised" else None)
        assert ids == (placeholder,) and stage.said() == [ANSWER] and stage.kept() == []
    assert [one.text for one in core.messages if one.author.is_self] in ([], [ANSWER])


async def test_18_after_a_crash_the_turn_writes_on_in_the_same_message(discord: FakeDiscord, core: FakeCore) -> None:
    async with staged(discord, core) as stage:
        reply = await stage.asked()
        await stage.show(reply, "Overnight. And")
        await stage.stands("Overnight. …")
    async with staged(discord, core, VirtualClock(stage.clock.now())) as again:
        await again.show(reply, "In the cold. And")
        await again.stands("In the cold. …")
        await again.adapter.send(reply, "turn-1")
        assert again.said() == [ANSWER]


async def test_18_what_no_turn_comes_back_to_is_removed_within_the_hour(discord: FakeDiscord, core: FakeCore) -> None:
    async with staged(discord, core) as stage:
        reply = await stage.asked()
        await stage.show(reply, "")
        await stage.stands("…")
        clock = stage.clock
    core.marks[PREVIEW + "damaged"] = "what is this"
    async with staged(discord, core, VirtualClock(clock.now())) as stage:
        await stage.pass_time(3700)
        await stage.stands()
        assert stage.kept() == []


@given(st.text(max_size=60))
def test_18_no_stored_value_harms(value: str) -> None:
    found = read_value(value)
    assert found is None or found.value()


def test_18_a_stored_value_is_read_back() -> None:
    shown = UnfinishedAnswer(5, "7", RealClock().now(), 9)
    again = read_value(shown.value())
    assert again and (again.channel_id, again.trigger, again.since, again.message_id, again.asked) == (
        5, "7", shown.since, 9, True,
    )  # fmt: skip


def test_18_previews_are_off_unless_they_are_asked_for(discord: FakeDiscord, core: FakeCore) -> None:
    assert not adapter_for(discord, core).capabilities.live_preview
    able = adapter_for(discord, core, stream=True).capabilities
    assert (able.live_preview, able.preview_calls_only, able.preview_after_seconds) == (True, True, 3.0)
