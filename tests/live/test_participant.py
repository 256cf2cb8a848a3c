"""The path of a message and the course of its turn, on the real store: nothing is lost, nothing said twice."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import datetime

import pytest

from bot.decide.room import RECENT
from bot.config.settings import Limits
from bot.types import Deletion, Edit, PlatformError, StoreError, Undeliverable
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import PATIENCE, Stage, stage
from tests.fakes.talk import FEED, Room, at, comment, post

KITCHEN = Room("local", "home", "kitchen", "kitchen", "home")


async def test_a_mention_is_answered_once_however_often_it_is_heard(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.hear([post("p", "Ana", "@mochi hi"), post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        await on.hear([post("p", "Ana", "@mochi hi")])
        assert on.platform.said() == [("p", "re: @mochi hi")]
        turn = await on.store.turn("local", "p")
        assert (turn.reply_id, turn.model, turn.usage.output_tokens) == (f"reply-{turn.key}", "fake", 5)


async def test_our_reply_is_remembered_without_waiting_for_the_echo(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        said = await on.store.thread_messages(post("p", "Ana").thread, 10)
        assert [(message.author.is_self, message.text) for message in said] == [
            (False, "@mochi hi"),
            (True, "re: @mochi hi"),
        ]
        await on.hear([comment("c", "p", "Ben", "oh?", 5, reply_to=said[1].id)])
        assert (await on.story())["c"][1] == "addressed"


@pytest.mark.parametrize(("answered", "is_addressed"), [("ours", True), ("theirs", False)])
async def test_an_answer_to_our_words_calls_us_however_old_they_are(tmp_path, answered, is_addressed):
    """The floor remembers the last 200 messages; who wrote older ones is looked up in the store."""
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        ids = {"ours": (await on.store.turn("local", "p")).reply_id, "theirs": "p"}
        await on.hear([post(f"p{number}", "Eve", "a loaf", 4) for number in range(2 * RECENT)])
        await on.hear([post("c", "Ben", "oh?", 5, reply_to=ids[answered])])
        assert ((await on.story())["c"][1] == "addressed") is is_addressed


async def test_an_answer_to_words_that_nobody_knows_is_heard(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "oh?", reply_to="from-before-we-came")])
        assert await on.store.message("local", "p") is not None


@pytest.mark.parametrize("beside", [0, 1, 5])
async def test_what_cannot_be_taken_in_fails_alone(tmp_path, beside):
    """What is heard at the same moment shares one commit; a fault in it costs only the call that brought it."""
    impossible = replace(post("bad", "Ana"), at=datetime(2026, 1, 5, 12, 0))  # no time zone: adapters never send that  # noqa: DTZ001
    async with stage(tmp_path) as on:
        calls = [on.hear([post(f"p{number}", "Ben", "@mochi hi")]) for number in range(beside)]
        async with asyncio.timeout(PATIENCE):
            *fine, failed = await asyncio.gather(*calls, on.hear([impossible]), return_exceptions=True)
        assert isinstance(failed, StoreError) and fine == [None] * beside
        assert set(await on.story()) == {f"p{number}" for number in range(beside)}
        await on.hear([post("later", "Eve", "@mochi hi")])
        assert "later" in await on.story()


async def test_an_off_room_is_neither_heard_nor_stored_but_its_mark_is_kept(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi", room=KITCHEN)], {"token": "7"})
        assert await on.store.message("local", "p") is None
        assert await on.story() == {}
        assert await on.store.adapter_state("local").get("token") == "7"


async def test_a_burst_gets_one_reply_to_its_last_message(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(1.5)
        await on.hear([comment("a", "p", "Ana", "@mochi about rye", 1.5)])
        await on.clock.advance(1.5)
        await on.hear([comment("b", "p", "Ana", "@mochi it sinks", 3)])
        await on.clock.advance(10)
        await on.until_told("b", "sent")
        assert await on.story() == {"p": ("merged", "merged"), "a": ("merged", "merged"), "b": ("sent", "addressed")}
        assert on.platform.said() == [("b", "re: @mochi it sinks")]
        assert on.platform.previews == {}


async def test_people_first_then_we_speak(tmp_path):
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        await on.hear([post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", 1)])
        await on.clock.advance(30)
        await on.hear([comment("c", "q", "Ben", "rye too", 30)])
        await on.clock.advance(31)
        await on.until_told("p", "sent")
        story = await on.story()
        assert (story["p"], story["q"]) == (("sent", "unanswered"), ("stopped", "someone_answered"))
        assert on.platform.said() == [("p", "re: does it rise?")]


async def test_a_person_who_answers_while_we_write_stops_us_and_the_preview_goes(tmp_path):
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(61)
        await on.until(lambda: on.platform.previews != {})
        await on.hear([comment("c", "p", "Ben", "mine does", 62)])
        await on.until(lambda: on.platform.previews == {})
        on.writer.pen.set()
        await on.clock.advance(10)
        assert (await on.story())["p"] == ("stopped", "someone_answered")
        assert on.platform.said() == []


QUIET = {"join": "unanswered", "hold_minutes": 59, "share_of_voice": 1.0, "quiet_hours": "13:00-14:00"}


async def _writes_into_quiet_hours(on: Stage) -> None:
    """What was decided at 12:59 is ready at 13:00."""
    on.writer.usd = 0.5
    on.writer.pen.clear()
    await on.hear([post("p", "Ana", "does it rise?")])
    await on.clock.advance(59 * 60)
    await on.until(lambda: on.writer.writing == ["p"])
    await on.clock.advance(60)
    on.writer.pen.set()
    await on.until_told("p", "waiting")


async def test_what_is_written_when_quiet_hours_begin_waits_for_their_end_and_is_decided_and_written_again(tmp_path):
    async with stage(tmp_path, **QUIET) as on:
        await _writes_into_quiet_hours(on)
        turn = await on.store.turn("local", "p")
        assert (turn.decision.reason, turn.decision.due, turn.text) == ("quiet_hours", at(7200), "")
        assert turn.usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 0.5, "the draft cost that"
        await on.clock.advance(3599)
        assert on.platform.attempts == [] and on.platform.previews == {}
        await on.clock.advance(1)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")] and len(on.platform.attempts) == 1
        turn = await on.store.turn("local", "p")
        assert turn.usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 1.0
        asked = turn.decision.facts["asked_again"]
        assert len(asked) == len(set(asked)), "each gate is told of once"


async def test_who_answers_in_quiet_hours_ends_what_was_written_before_them(tmp_path):
    async with stage(tmp_path, **QUIET) as on:
        await _writes_into_quiet_hours(on)
        await on.hear([comment("c", "p", "Ben", "mine does", 3700)])
        await on.clock.advance(3600)
        assert (await on.story())["p"] == ("stopped", "someone_answered")
        assert on.platform.attempts == []
        assert on.rooms.budget.usd_today(on.clock.now()) == 0.5


async def test_what_waits_for_the_end_of_quiet_hours_survives_a_restart(tmp_path):
    clock = VirtualClock()
    async with stage(tmp_path, clock, **QUIET) as on:
        await _writes_into_quiet_hours(on)
    async with stage(tmp_path, clock, **QUIET) as on:
        assert on.rooms.budget.usd_today(clock.now()) == 0.5
        await clock.advance(3599)
        assert on.platform.attempts == []
        await clock.advance(1)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")] and len(on.platform.attempts) == 1


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_platform_that_was_away_gets_nothing_uncalled_in_quiet_hours(tmp_path, restarts):
    """The first try may stand there: it is beyond recall, and looked for when they are over."""
    clock, away = VirtualClock(), [PlatformError("away")] * 1000
    async with stage(tmp_path, clock, **QUIET) as on:
        on.platform.trouble = list(away)
        await on.hear([post("p", "Ana", "does it rise?")])
        await clock.advance(3540)
        await on.until_told("p", "sending")
        await on.hear([post("q", "Eve", "@mochi hi", 3550)])
        await clock.advance(70)
        await on.until(lambda: len(on.platform.attempts) > 3)
        if not restarts:
            on.platform.trouble = []
            await _nothing_uncalled_until_two(on)
    if restarts:
        async with stage(tmp_path, clock, **QUIET) as on:
            await _nothing_uncalled_until_two(on)


async def _nothing_uncalled_until_two(on: Stage) -> None:
    """From ten seconds past one, in quiet hours until two, when the platform is there again."""
    tried = len(on.platform.attempts)
    await on.clock.advance(3500)
    await on.until_told("q", "sent")  # who calls is answered at any hour
    assert [reply_to for reply_to, _ in on.platform.said()] == ["q"]
    await on.clock.advance(100)
    await on.until_told("p", "sent")
    assert [reply_to for reply_to, _ in on.platform.said()] == ["q", "p"]
    assert on.platform.attempts[-1][1] is not None and len(on.platform.attempts) == tried + 2


@pytest.mark.parametrize("event", [Deletion(FEED, "p", at(1))])
async def test_a_deleted_call_is_not_answered_and_its_words_are_gone(tmp_path, event):
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        await on.hear([event])
        on.writer.pen.set()
        await on.clock.advance(10)
        await on.hear([post("p", "Ana", "@mochi hi")])  # a replay can't bring it back
        await on.clock.advance(10)
        assert (await on.story())["p"] == ("stopped", "deleted")
        assert on.platform.said() == []
        assert await on.store.message("local", "p") is None


async def test_an_edited_call_is_answered_in_its_new_words(tmp_path):
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        await on.hear([Edit(FEED, "p", "@mochi bye", at(1))])
        on.writer.pen.set()
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi bye")]


async def test_the_writer_may_pass(tmp_path):
    async with stage(tmp_path, join="every_post") as on:
        on.writer.passes = True
        await on.hear([post("p", "Ana", "a loaf")])
        await on.clock.advance(5)
        await on.until_told("p", "passed")
        assert on.platform.said() == []


async def test_a_platform_that_is_away_gets_the_reply_later_and_is_told_to_look_first(tmp_path):
    async with stage(tmp_path) as on:
        on.platform.trouble = [PlatformError("away"), PlatformError("away")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        for _ in range(40):
            await on.clock.advance(1)
            await asyncio.sleep(0.005)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi hi")]
        assert [tried is not None for _, tried in on.platform.attempts] == [False, True, True]


async def test_what_can_never_be_delivered_fails_alone(tmp_path):
    async with stage(tmp_path) as on:
        on.platform.trouble = [Undeliverable("no permission")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "failed")
        await on.hear([post("q", "Ben", "@mochi hi", 9)])
        await on.clock.advance(9)
        await on.until_told("q", "sent")


async def test_over_the_limit_a_line_and_then_an_emoji(tmp_path):
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        for number in range(3):
            await on.hear([post(f"p{number}", "Ana", "@mochi hi", number * 10)])
            await on.clock.advance(5)
            await on.until_told(f"p{number}", "sent")
        assert on.platform.said() == [("p0", "re: @mochi hi"), ("p1", "sign: member_limit")]
        assert on.platform.signs == {"p2": "⏳"}


async def test_waiting_turns_and_replies_half_sent_survive_a_restart(tmp_path):
    clock = VirtualClock()
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.platform.trouble = [PlatformError("away")] * 100
        await on.hear([post("p", "Ana", "does it rise?"), post("q", "Eve", "@mochi hi", 1)])
        await on.clock.advance(4)
        await on.until_told("q", "sending")
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        await on.until_told("q", "sent")
        assert on.platform.attempts[0][1] is not None  # it may stand already: look first
        await clock.advance(60)
        await on.until_told("p", "sent")
        assert sorted(on.platform.said()) == [("p", "re: does it rise?"), ("q", "re: @mochi hi")]


async def test_what_was_spent_survives_a_restart(tmp_path):
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.usd = 0.5
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
    async with stage(tmp_path, clock) as on:
        assert on.rooms.budget.usd_today(clock.now()) == 0.5
        assert (await on.store.turn("local", "p")).usage.cost_usd == 0.5


async def test_a_turn_ended_while_a_model_writes_keeps_its_cost(tmp_path):
    async with stage(tmp_path) as on:
        on.writer.usd = 0.5
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        assert (await on.store.turn("local", "p")).usage.cost_usd == 0.5  # set aside on disk before the call
        assert on.rooms.budget.usd_today(on.clock.now()) == 0.5


async def test_a_crash_while_a_model_writes_hides_no_cost(tmp_path):
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.usd = 0.5
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
    async with stage(tmp_path, clock) as on:  # taken up again: the first call may have cost what was set aside
        on.writer.usd = 0.25
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert (await on.store.turn("local", "p")).usage.cost_usd == 0.75
        assert on.rooms.budget.usd_today(clock.now()) == 0.75


async def test_a_batch_that_cannot_be_stored_is_not_acknowledged_and_not_remembered(tmp_path):
    async with stage(tmp_path) as on:
        await on.hear([post("before", "Ana", "good morning")])
        other = sqlite3.connect(tmp_path / "cameo.db")
        other.execute("BEGIN IMMEDIATE")  # another program holds the database
        with pytest.raises(StoreError):
            await on.hear([post("p", "Ana", "@mochi hi")])
        other.rollback()
        other.close()
        assert set(await on.story()) == {"before"}
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")


async def test_a_turn_that_has_waited_goes_on_when_the_disk_is_there_again(tmp_path):
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(60)
        await on.until(lambda: on.writer.writing == ["p"])
        other = sqlite3.connect(tmp_path / "cameo.db")
        other.execute("BEGIN IMMEDIATE")
        on.writer.pen.set()
        await asyncio.sleep(0.3)  # what was written can't be stored
        other.rollback()
        other.close()
        await on.clock.advance(60)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")]


async def test_whoever_called_us_goes_first(tmp_path):
    async with stage(tmp_path, join="every_post", share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post(f"p{n}", "Ana", "a loaf", room=Room("local", "home", f"r{n}")) for n in range(6)])
        await on.clock.advance(2)
        await on.until(lambda: len(on.writer.writing) == 4)  # all places taken, two in line
        await on.hear([post("q", "Ben", "@mochi help", 3)])
        await on.until_told("q", "due")
        await asyncio.sleep(0.02)
        on.writer.pen.set()
        await on.until(lambda: len(on.writer.writing) == 7)
        assert on.writer.writing.index("q") == 4
