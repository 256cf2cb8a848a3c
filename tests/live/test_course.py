"""The course of a turn, on the real store: nothing is lost and nothing is said twice."""

import asyncio
import gc
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Limits
from bot.types import Deletion, Edit, Message, PlatformError, Room, StoreError, Undeliverable, Usage
from tests.fakes.clock import VirtualClock
from tests.fakes.present import present
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, comment, post

KITCHEN = Room("local", "home", "kitchen", "kitchen", "home")
SHORTLY = 0.1  # seconds that the store waits for a database that the test has locked


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Locks the database, as another program might, so that nothing can be stored."""
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def _next_wake_in(on: Stage, seconds: float) -> None:
    await on.until(lambda: on.clock.next_wake == seconds)


async def test_a_burst_gets_one_reply_to_its_last_message(tmp_path: Path) -> None:
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


async def test_people_first_then_we_speak(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        await on.hear([post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", 1)])
        await on.clock.advance(30)
        await on.hear([comment("c", "q", "Ben", "rye too", 30), post("called", "Ben", "@mochi hi", 30)])
        await on.clock.advance(29)
        await on.until_told("called", "sent")
        assert on.writer.writing == ["called"], "while the hold lasts, nothing uncalled is written"
        await on.clock.advance(2)
        await on.until_told("p", "sent")
        story = await on.story()
        assert (story["p"], story["q"]) == (("sent", "unanswered"), ("stopped", "someone_answered"))
        assert on.platform.said() == [("called", "re: @mochi hi"), ("p", "re: does it rise?")]
        turn = await on.turn("p")
        assert present(turn.tried) >= present(turn.decision.due) >= at(60)


async def test_a_person_who_answers_while_we_write_stops_us_and_the_preview_goes(tmp_path: Path) -> None:
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


QUIET: dict[str, Any] = {"join": "unanswered", "hold_minutes": 59, "share_of_voice": 1.0, "quiet_hours": "13:00-14:00"}


async def _writes_into_quiet_hours(on: Stage) -> None:
    """The draft of a decision at 12:59 is ready at 13:00."""
    on.writer.usd = 0.5
    on.writer.pen.clear()
    await on.hear([post("p", "Ana", "does it rise?")])
    await on.clock.advance(59 * 60)
    await on.until(lambda: on.writer.writing == ["p"])
    await on.clock.advance(60)
    on.writer.pen.set()
    await on.until_told("p", "waiting")


async def test_what_is_written_when_quiet_hours_begin_waits_for_their_end_and_is_decided_and_written_again(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, **QUIET) as on:
        await _writes_into_quiet_hours(on)
        turn = await on.turn("p")
        assert (turn.decision.reason, turn.decision.due, turn.text) == ("quiet_hours", at(7200), "")
        assert turn.usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 0.5, "the draft cost that"
        await on.clock.advance(3599)
        assert on.platform.attempts == [] and on.platform.previews == {}
        await on.clock.advance(1)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")] and len(on.platform.attempts) == 1
        turn = await on.turn("p")
        assert turn.usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 1.0
        asked = turn.decision.facts["asked_again"]
        assert len(asked) == len(set(asked)), "each gate is told of once"


async def test_who_answers_in_quiet_hours_ends_what_was_written_before_them(tmp_path: Path) -> None:
    async with stage(tmp_path, **QUIET) as on:
        await _writes_into_quiet_hours(on)
        await on.hear([comment("c", "p", "Ben", "mine does", 3700)])
        await on.clock.advance(3600)
        assert (await on.story())["p"] == ("stopped", "someone_answered")
        assert on.platform.attempts == []
        assert on.rooms.budget.usd_today(on.clock.now()) == 0.5


async def test_what_waits_for_the_end_of_quiet_hours_survives_a_restart(tmp_path: Path) -> None:
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
async def test_a_platform_that_was_away_gets_nothing_uncalled_in_quiet_hours(tmp_path: Path, restarts: bool) -> None:
    """The first attempt may be on the platform: the turn can't be ended, and looks for its reply after quiet hours. It
    is too late by then for a reply that is not there."""
    clock, away = VirtualClock(), [PlatformError("away")] * 1000
    async with stage(tmp_path, clock, **QUIET) as on:
        on.platform.trouble = list(away)
        await on.hear([post("p", "Ana", "does it rise?")])
        await clock.advance(3540)
        await on.until_told("p", "sending")
        await on.hear([post("q", "Eve", "@mochi hi", 3550)])
        await clock.advance(15)
        await on.until_told("q", "sending")
        await clock.advance(55)
        await on.until(lambda: len(on.platform.attempts) > 3 and len({key for key, _ in on.platform.attempts}) > 1)
        if not restarts:
            on.platform.trouble = []
            await _nothing_uncalled_until_two(on)
    if restarts:
        async with stage(tmp_path, clock, **QUIET) as on:
            await _nothing_uncalled_until_two(on)


async def _nothing_uncalled_until_two(on: Stage) -> None:
    """Ten seconds past one, with quiet hours until two, when the platform is back."""
    tried = len(on.platform.attempts)
    await on.clock.advance(70)
    await on.until_told("q", "sent")  # calls are answered at any hour
    await on.clock.advance(3430)
    assert [reply_to for reply_to, _ in on.platform.said()] == ["q"]
    await on.clock.advance(100)
    await on.clock.advance(2)
    await on.until_told("p", "stopped")
    assert [reply_to for reply_to, _ in on.platform.said()] == ["q"]
    assert on.platform.attempts[-1][1] is not None and len(on.platform.attempts) == tried + 1


@pytest.mark.parametrize("event", [Deletion(FEED, "p", at(1))])
async def test_a_deleted_call_is_not_answered_and_its_words_are_gone(tmp_path: Path, event: Deletion) -> None:
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


async def test_an_edited_call_is_answered_in_its_new_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        await on.hear([Edit(FEED, "p", "@mochi bye", at(1))])
        on.writer.pen.set()
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi bye")]


async def test_the_writer_may_pass(tmp_path: Path) -> None:
    async with stage(tmp_path, join="every_post") as on:
        on.writer.passes = True
        await on.hear([post("p", "Ana", "a loaf")])
        await on.clock.advance(5)
        await on.until_told("p", "passed")
        assert on.platform.said() == []


async def test_a_platform_that_is_away_gets_the_reply_later_and_is_told_to_look_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [PlatformError("away"), PlatformError("away")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(2)
        await on.until(lambda: len(on.platform.attempts) == 1 and on.clock.next_wake == 1)
        await on.clock.advance(1)
        await on.until(lambda: len(on.platform.attempts) == 2 and on.clock.next_wake == 2)
        await on.clock.advance(2)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi hi")]
        assert [tried is not None for _, tried in on.platform.attempts] == [False, True, True]


async def test_what_can_never_be_delivered_fails_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [Undeliverable("no permission")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "failed")
        await on.hear([post("q", "Ben", "@mochi hi", 9)])
        await on.clock.advance(9)
        await on.until_told("q", "sent")


async def test_over_the_limit_a_line_and_then_an_emoji(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        for number in range(3):
            await on.hear([post(f"p{number}", "Ana", "@mochi hi", number * 10)])
            await on.clock.advance(5)
            await on.until_told(f"p{number}", "sent")
        assert on.platform.said() == [("p0", "re: @mochi hi"), ("p1", "sign: member_limit")]
        assert on.platform.signs == {"p2": "⏳"}


async def test_waiting_turns_and_replies_half_sent_survive_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.platform.trouble = [PlatformError("away")] * 100
        await on.hear([post("p", "Ana", "does it rise?"), post("q", "Eve", "@mochi hi", 1)])
        await on.clock.advance(4)
        await on.until_told("q", "sending")
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        await on.until_told("q", "sent")
        assert on.platform.attempts[0][1] is not None  # it may be there already: look first
        await clock.advance(60)
        await on.until_told("p", "sent")
        assert sorted(on.platform.said()) == [("p", "re: does it rise?"), ("q", "re: @mochi hi")]


async def test_what_was_spent_survives_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.usd = 0.5
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
    async with stage(tmp_path, clock) as on:
        assert on.rooms.budget.usd_today(clock.now()) == 0.5
        assert (await on.turn("p")).usage.cost_usd == 0.5


@pytest.mark.parametrize("usd", [0.5, 0.0], ids=["paid", "free"])
@pytest.mark.parametrize(
    "ending", [Deletion(FEED, "p", at(61)), Edit(FEED, "p", "never mind", at(61)), comment("c", "p", "Ben", "yes", 61)]
)
async def test_a_turn_ended_while_a_model_writes_keeps_its_cost(
    tmp_path: Path, ending: Deletion | Edit | Message, usd: float
) -> None:
    """The highest possible cost is reserved before the call, on disk too; the real cost replaces it afterwards."""
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.usd, on.writer.spare_usd = usd, 2 * usd
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(60)
        await on.until(lambda: on.writer.writing == ["p"])
        assert (await on.turn("p")).usage.cost_usd == 3 * usd
        await on.hear([ending])
        await on.until_told("p", "stopped", lambda turn: turn.usage == Usage(10, 0, 5, usd))
        assert on.rooms.budget.usd_today(on.clock.now()) == usd
        assert (await on.turn("p")).model == "fake"


async def test_an_answer_that_is_begun_anew_keeps_what_was_set_aside_for_the_first_call(tmp_path: Path) -> None:
    """The interrupted call may have cost the reserved amount."""
    async with stage(tmp_path) as on:
        on.writer.usd, on.writer.spare_usd = 0.5, 1.0
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        await on.hear([Edit(FEED, "p", "@mochi bye", at(1))])
        on.writer.pen.set()
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert (await on.turn("p")).usage.cost_usd == 1.5 + 0.5
        assert on.rooms.budget.usd_today(on.clock.now()) == 1.5 + 0.5


async def test_a_crash_while_a_model_writes_hides_no_cost(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.usd = 0.5
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
    async with stage(tmp_path, clock) as on:  # resumed: the first call may have cost what was reserved
        on.writer.usd = 0.25
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert (await on.turn("p")).usage.cost_usd == 0.75
        assert on.rooms.budget.usd_today(clock.now()) == 0.75


async def test_a_batch_that_cannot_be_stored_is_not_acknowledged_and_not_remembered(tmp_path: Path) -> None:
    async with stage(tmp_path, busy_seconds=SHORTLY) as on:
        await on.hear([post("before", "Ana", "good morning")])
        with locked(tmp_path / "cameo.db"), pytest.raises(StoreError):
            await on.hear([post("p", "Ana", "@mochi hi")])
        assert set(await on.story()) == {"before"}
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")


async def test_a_turn_that_has_waited_goes_on_when_the_disk_is_there_again(tmp_path: Path) -> None:
    async with stage(tmp_path, busy_seconds=SHORTLY, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(60)
        await on.until(lambda: on.writer.writing == ["p"])
        with locked(tmp_path / "cameo.db"):
            on.writer.pen.set()
            await on.until(lambda: on.clock.next_wake is not None)  # could not be stored: waits for a retry
        await on.clock.advance(60)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: does it rise?")]


async def test_while_the_disk_is_away_a_turn_is_tried_after_longer_and_longer_pauses(tmp_path: Path) -> None:
    """Retries slow down to once a minute, and no model is asked again for a draft that could not be stored."""
    async with stage(tmp_path, busy_seconds=SHORTLY, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(60)
        await on.until(lambda: on.writer.writing == ["p"])
        with locked(tmp_path / "cameo.db"):
            on.writer.pen.set()
            for pause in (1, 2, 4, 8, 16, 32, 60, 60):
                await _next_wake_in(on, pause)
                await on.clock.advance(pause)
            await _next_wake_in(on, 60)
        assert on.writer.writing == ["p"]
        await on.clock.advance(60)
        await on.until_told("p", "sent")
        assert on.writer.writing == ["p", "p"]


@pytest.mark.parametrize("ending", [None, Deletion(FEED, "p", at(1)), Edit(FEED, "p", "@mochi bye", at(1))])
async def test_a_turn_that_has_ended_leaves_no_task_in_memory(tmp_path: Path, ending: Deletion | Edit | None) -> None:
    async with stage(tmp_path) as on:
        before = asyncio.all_tasks()
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        begun = [weakref.ref(task) for task in asyncio.all_tasks() - before]
        if ending:
            await on.hear([ending])
        on.writer.pen.set()
        await on.clock.advance(3)
        await on.until_told("p", "stopped" if isinstance(ending, Deletion) else "sent")
        await on.until(lambda: asyncio.all_tasks() <= before)
        gc.collect()
        assert begun and [task() for task in begun] == [None] * len(begun)
