"""A growing draft is shown only on platforms that support it, and not for every chunk."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.types import Capabilities, Thread
from bot.write.guard import look
from bot.write.models.failover import Models
from bot.write.preview import EVERY_SECONDS, live_preview
from bot.write.settled import settled
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.scripted_model import HangUp, Say, ScriptedModel
from tests.fakes.stage import stage
from tests.fakes.talk import post
from tests.write.house import model
from tests.write.test_writer import CALL, PERSONAS, turn_about

MOCHI = PERSONAS["mochi"]


class Screen:
    """Records what members see of a draft. `more` are further capabilities."""

    def __init__(self, *, live_preview: bool, **more: Any):
        self.capabilities = Capabilities(live_preview=live_preview, **more)
        self.shown: list[str | None] = []

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        assert (trigger, key) == (CALL.id, turn_about(CALL).key)
        self.shown.append(text)


async def test_where_nobody_sees_it_nothing_is_composed() -> None:
    async with live_preview(Screen(live_preview=False), turn_about(CALL), MOCHI, VirtualClock()) as show:  # type: ignore[arg-type]
        assert show is None


@pytest.mark.parametrize(("pause", "shown"), [(0.01, 5), (0.1, 41), (0.3, 100)])  # of 100 chunks
async def test_however_fast_the_chunks_come_the_guard_reads_a_few_times_a_second(pause: float, shown: int) -> None:
    screen, clock = Screen(live_preview=True), VirtualClock()
    async with live_preview(screen, turn_about(CALL), MOCHI, clock) as show:  # type: ignore[arg-type]
        assert show is not None
        await show("rye 0")
        await settle()
        assert screen.shown == ["rye 0"], "the first words are shown at once"
        for number in range(1, 100):
            await clock.advance(pause)
            await show(f"rye {number}")
        await clock.advance(EVERY_SECONDS)
        assert screen.shown[-1] == "rye 99", "the newest words are shown although nothing comes after them"
        assert len(screen.shown) == shown
    assert clock.next_wake is None


@pytest.mark.parametrize("can_preview", [False, True])
async def test_a_model_that_hangs_up_before_a_whole_sentence_is_asked_once_more(
    tmp_path: Path, can_preview: bool
) -> None:
    async with ScriptedModel([HangUp("It rises sl"), Say("It rises in an hour.")]) as server:
        one_model = {"one": model("one", server)}
        async with stage(tmp_path, models=lambda clock: Models(one_model, ["one"], clock)) as on:
            on.platform.capabilities = Capabilities(live_preview=can_preview)
            await on.hear([post("p", "Ana", "@mochi does it rise?")])
            await on.until(lambda: bool(server.requests))
            while not on.platform.said():
                await on.clock.advance(0.5)
                await asyncio.sleep(0.01)
            assert [said for _, said in on.platform.said()] == ["It rises in an hour."]
            assert len(server.requests) == 2
            assert on.platform.previews == {}


TAKEN_BACK = [
    "Mochi (to Ana): Rye, then.",
    "Intent: joke about rye.\nRye, then.",
    "Let me think... The user asks about flour. I should be brief.\n\nRye, then.",
    "PASS - nothing to add.",
    "Reply: Rye, then.",
    "Rye, then.\nAna: and oats?",
    "Rye, then.\n| Ana: and oats?",
    "我应该简短回答用户问的。\n\n黑麦。",
]


@pytest.mark.parametrize("draft", TAKEN_BACK)
def test_what_was_shown_is_not_taken_back(draft: str) -> None:
    whole = look(draft, MOCHI, addressed=True, speakers=("Ana",)).text or ""
    for end in range(len(draft)):
        sure = settled(draft[:end], MOCHI.called, ("Ana",))
        seen = look(sure, MOCHI, addressed=True, speakers=("Ana",)).text or ""
        assert whole.startswith(seen.rstrip("…")), draft[:end]


async def test_a_long_text_is_read_less_often() -> None:
    screen, clock = Screen(live_preview=True), VirtualClock()
    async with live_preview(screen, turn_about(CALL), MOCHI, clock) as show:  # type: ignore[arg-type]
        assert show is not None
        for number in range(60):
            await show("Rye takes its time. " * 100 + str(number))
            await settle()
            await clock.advance(EVERY_SECONDS)
        await clock.advance(4 * EVERY_SECONDS)
    assert len(screen.shown) == 16, "2,000 characters: every second"


async def test_18_a_platform_that_shows_only_slow_answers_gets_a_placeholder_after_its_time() -> None:
    screen, clock = Screen(live_preview=True, preview_after_seconds=3.0), VirtualClock()
    async with live_preview(screen, turn_about(CALL), MOCHI, clock) as show:  # type: ignore[arg-type]
        assert show is not None
        await clock.advance(2.9)
        assert screen.shown == []
        await clock.advance(0.2)
        assert screen.shown == [""], "before the first word"
        await show("rye")
        await clock.advance(EVERY_SECONDS)
        assert screen.shown == ["", "rye"]


async def test_18_a_quick_answer_is_never_seen_unfinished() -> None:
    screen, clock = Screen(live_preview=True, preview_after_seconds=3.0), VirtualClock()
    async with live_preview(screen, turn_about(CALL), MOCHI, clock) as show:  # type: ignore[arg-type]
        assert show is not None
        await show("rye")
        await clock.advance(2.9)
    await clock.advance(10)
    assert screen.shown == []


@pytest.mark.parametrize("addressed", [True, False])
async def test_18_some_platforms_show_only_what_somebody_called_for(addressed: bool) -> None:
    screen = Screen(live_preview=True, preview_calls_only=True)
    turn = turn_about(CALL, addressed=addressed)
    async with live_preview(screen, turn, MOCHI, VirtualClock()) as show:  # type: ignore[arg-type]
        assert (show is not None) is addressed
