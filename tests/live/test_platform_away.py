"""Outages of a platform or of Cameo: a reply that certainly was not sent is decided again, a late one is not said."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.types import Deletion, Edit, NotSent, PlatformError
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, comment, post

ALONE: dict[str, Any] = {"join": "unanswered", "hold_minutes": 10, "share_of_voice": 1.0}
AWAY = [NotSent("not connected")] * 10_000
MINUTE, HOUR, WEEK = 60, 3600, 7 * 24 * 3600  # seconds


async def go_on(on: Stage, seconds: float, step: float = 20) -> None:
    """Lets time pass, once every open turn waits for it."""
    until = on.clock.now().timestamp() + seconds
    while on.clock.now().timestamp() < until:
        await all_wait(on)
        await on.clock.advance(step)
    await all_wait(on)


async def all_wait(on: Stage) -> None:
    await on.until(lambda: on.clock.sleeping == len(on.turns._tasks))


async def left(on: Stage, trigger: str) -> tuple[str, str, str]:
    turn = await on.turn(trigger)
    return str(turn.state), str(turn.decision.reason), turn.text


async def _cannot_send_p(on: Stage, text: str = "does it rise?", wait: float = 10 * MINUTE) -> None:
    on.platform.trouble = list(AWAY)
    await on.hear([post("p", "Ana", text)])
    await on.clock.advance(wait)
    await on.until(lambda: len(on.platform.attempts) >= 1)
    await all_wait(on)


async def test_who_answers_while_the_platform_is_away_ends_what_could_not_be_sent(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALONE) as on:
        await _cannot_send_p(on)
        assert await left(on, "p") == ("waiting", "platform_away", "re: does it rise?")
        await on.hear([comment("c", "p", "Ben", "mine does", 10 * MINUTE + 30)])
        on.platform.trouble = []
        await go_on(on, HOUR)
        assert await left(on, "p") == ("stopped", "someone_answered", "")
        assert on.platform.said() == []


async def test_what_is_still_wanted_when_the_platform_is_back_is_sent_without_a_second_draft(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALONE) as on:
        on.writer.usd = 0.5
        await _cannot_send_p(on)
        await go_on(on, 5 * MINUTE)
        assert len(on.platform.attempts) > 3
        on.platform.trouble = []
        await go_on(on, 2 * MINUTE)
        assert await left(on, "p") == ("sent", "unanswered", "re: does it rise?")
        assert {tried for _, tried in on.platform.attempts} == {None}, "nothing may stand there: nothing is looked for"
        turn = await on.turn("p")
        assert on.writer.writing == ["p"]
        assert turn.usage.cost_usd == on.rooms.budget.usd_today(on.clock.now()) == 0.5


async def test_a_platform_that_is_away_for_long_gets_nothing_uncalled_when_it_is_back(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALONE) as on:
        await _cannot_send_p(on)
        await go_on(on, 12 * MINUTE)
        assert await left(on, "p") == ("stopped", "too_late", "")


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_call_is_tried_again_until_its_deadline(tmp_path: Path, restarts: bool) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await _cannot_send_p(on, "@mochi hi", 3)
        assert await left(on, "p") == ("due", "addressed", "re: @mochi hi")
        await on.hear([comment("c", "p", "Ben", "hi", 10)])
        await go_on(on, 10 * MINUTE)
        if not restarts:
            on.platform.trouble = []
            await go_on(on, 2 * MINUTE)
            assert on.platform.said() == [("p", "re: @mochi hi")] and on.writer.writing == ["p"]
    if restarts:
        async with stage(tmp_path, clock) as on:
            await on.until(lambda: len(on.turns._tasks) == 1)
            await go_on(on, 2 * MINUTE)
            assert on.platform.said() == [("p", "re: @mochi hi")] and on.writer.writing == []


async def test_a_call_gets_an_apology_after_its_deadline_and_after_some_hours_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await _cannot_send_p(on, "@mochi hi", 3)
        await go_on(on, 20 * MINUTE)
        assert await left(on, "p") == ("due", "addressed", "sorry: late")
        await on.hear([post("q", "Ben", "@mochi hi", on.clock.now().timestamp() - at(0).timestamp())])
        on.platform.trouble = []
        await go_on(on, 2 * MINUTE)
        assert sorted(on.platform.said()) == [("p", "sorry: late"), ("q", "re: @mochi hi")]
        assert (await on.turn("p")).error == "late"
        on.platform.trouble = list(AWAY)
        await on.hear([post("r", "Ben", "@mochi hi", on.clock.now().timestamp() - at(0).timestamp())])
        await go_on(on, 6 * HOUR + 2 * MINUTE, step=50)
        assert await left(on, "r") == ("stopped", "too_late", "")


@pytest.mark.parametrize(
    ("away", "ends"),
    [(10 * MINUTE, ("sent", "re: @mochi hi")), (HOUR, ("sent", "sorry: late")), (3 * WEEK, ("stopped", ""))],
)
async def test_what_a_restart_finds_due_is_answered_in_time_or_not_at_all(
    tmp_path: Path, away: int, ends: tuple[str, str]
) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
    await clock.advance(away)
    async with stage(tmp_path, clock) as on:
        await on.until_told("p", ends[0])
        assert (await left(on, "p"))[2] == ends[1]
        assert on.writer.writing == (["p"] if "re:" in ends[1] else [])


@pytest.mark.parametrize("away", [3 * WEEK, 25 * MINUTE, 15 * MINUTE])
async def test_what_a_restart_finds_waiting_is_said_within_one_more_hold(tmp_path: Path, away: int) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock, **ALONE) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
    await clock.advance(away)
    async with stage(tmp_path, clock, **ALONE) as on:
        in_time = away < 20 * MINUTE
        await on.until_told("p", "sent" if in_time else "stopped")
        assert (await left(on, "p"))[1] == ("unanswered" if in_time else "too_late")


async def _hangs_up_on_p(on: Stage, text: str, wait: float, *, arrives: bool) -> None:
    on.platform.trouble, on.platform.arrives = [PlatformError("hung up")] * 100, arrives
    await on.hear([post("p", "Ana", text)])
    await on.clock.advance(wait)
    await on.until(lambda: on.platform.attempts != [])
    await on.until_told("p", "sending")


async def test_what_has_arrived_is_found_whatever_its_age(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await _hangs_up_on_p(on, "@mochi hi", 3, arrives=True)
        standing = on.platform.standing
    await clock.advance(3 * WEEK)
    async with stage(tmp_path, clock) as on:
        on.platform.standing = standing
        on.platform.trouble = [NotSent("not connected")]  # says nothing about the first attempt
        await on.until(lambda: on.platform.trouble == [])
        await on.clock.advance(2)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi hi")] and on.platform.attempts[0][1] is not None


@pytest.mark.parametrize(
    ("away", "ends"),
    [(10 * MINUTE, "re: @mochi hi"), (HOUR, "sorry: late"), (7 * HOUR, ""), (3 * WEEK, "")],
)
@pytest.mark.parametrize("restarts", [False, True])
async def test_a_call_whose_answer_is_looked_for_and_not_found_is_not_answered_late(
    tmp_path: Path, away: int, ends: str, *, restarts: bool
) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await _hangs_up_on_p(on, "@mochi hi", 3, arrives=False)
        if not restarts:
            on.platform.trouble = [PlatformError("hung up")] * 10_000
            await go_on(on, away, step=max(20, away / 100))
            on.platform.trouble = []
            await _all_end(on, ends)
    if restarts:
        await clock.advance(away)
        async with stage(tmp_path, clock) as on:
            await _all_end(on, ends)


async def _all_end(on: Stage, ends: str) -> None:
    await on.until(lambda: bool(on.platform.attempts or on.clock.sleeping))  # a restart has resumed the turn
    await go_on(on, 2 * MINUTE)
    assert [text for _, text in on.platform.said()] == ([ends] if ends else [])
    assert await left(on, "p") == (("sent", "addressed", ends) if ends else ("stopped", "too_late", ""))


async def test_an_uncalled_reply_that_is_looked_for_and_not_found_is_not_said_late(tmp_path: Path) -> None:
    async with stage(tmp_path, **ALONE) as on:
        await _hangs_up_on_p(on, "does it rise?", 10 * MINUTE, arrives=False)
        await go_on(on, HOUR)
        assert await left(on, "p") == ("sending", "unanswered", "re: does it rise?")  # looking fails as well
        on.platform.trouble = []
        await go_on(on, 3 * MINUTE)
        assert (await left(on, "p"))[::2] == ("stopped", "") and on.platform.said() == []


async def test_what_a_model_writes_too_late_becomes_an_apology_and_is_paid_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.usd = 0.5
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.until(lambda: on.writer.writing == ["p"])
        await on.clock.advance(16 * MINUTE)
        on.writer.pen.set()
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "sorry: late")]
        assert (await on.turn("p")).usage.cost_usd == 0.5


@pytest.mark.parametrize(
    ("event", "ends"),
    [
        (Edit(FEED, "p", "@mochi bye", at(2)), ("sent", "re: @mochi bye")),
        (Deletion(FEED, "p", at(2)), ("stopped", "")),
    ],
)
async def test_what_changes_while_it_cannot_be_sent_is_written_anew_or_ends(
    tmp_path: Path, event: Deletion | Edit, ends: tuple[str, str]
) -> None:
    async with stage(tmp_path) as on:
        await _cannot_send_p(on, "@mochi hi", 3)
        await on.hear([event])
        on.platform.trouble = []
        await go_on(on, 2 * MINUTE)
        state, _, text = await left(on, "p")
        assert (state, text) == ends
        assert [text for _, text in on.platform.said()] == ([ends[1]] if ends[1] else [])


async def test_that_it_never_left_is_stored_however_long_the_disk_is_full(tmp_path: Path) -> None:
    """Otherwise it would count as possibly sent, and be sent even if somebody has answered meanwhile."""
    async with stage(tmp_path, busy_seconds=0.1, **ALONE) as on:
        with capture_logs() as logged:
            on.platform.trouble = [NotSent("not connected")]
            on.platform.pause.clear()
            await on.hear([post("p", "Ana", "does it rise?")])
            await on.clock.advance(10 * MINUTE)
            await on.until(lambda: len(on.platform.attempts) == 1)
            other = sqlite3.connect(tmp_path / "cameo.db")
            other.execute("BEGIN IMMEDIATE")
            on.platform.pause.set()
            await on.until(lambda: any(entry["event"] == "turn.delivery_not_stored" for entry in logged))
            other.rollback()
            other.close()
        await on.hear([comment("c", "p", "Ben", "mine does", 10 * MINUTE + 1)])
        await go_on(on, 5 * MINUTE)
        assert await left(on, "p") == ("stopped", "someone_answered", "")
        assert on.platform.said() == []


async def test_what_was_deleted_while_it_was_being_sent_is_not_tried_again_after_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        on.platform.trouble = [PlatformError("hung up")] * 100
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sending")
        await on.hear([Deletion(FEED, "p", at(3))])
    async with stage(tmp_path, clock) as on:
        await on.until_told("p", "failed")
        assert on.platform.attempts == []


@pytest.mark.parametrize("trouble", [NotSent("not connected"), None])
async def test_what_is_deleted_while_it_is_being_sent_still_gets_its_end(
    tmp_path: Path, trouble: NotSent | None
) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [trouble] if trouble else []
        on.platform.pause.clear()
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until(lambda: len(on.platform.attempts) == 1)
        await on.hear([Deletion(FEED, "p", at(3))])
        on.platform.pause.set()
        await on.until_told("p", "stopped" if trouble else "sent")
        assert on.platform.said() == ([] if trouble else [("p", "re: @mochi hi")])
