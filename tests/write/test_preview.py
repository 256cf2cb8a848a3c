"""A draft is shown while it grows only where the platform can, and not for every chunk."""

import asyncio

import pytest

from bot.types import Capabilities, Thread
from bot.write.models.failover import Models
from bot.write.preview import live_preview
from tests.fakes.clock import VirtualClock
from tests.fakes.scripted_model import HangUp, Say, ScriptedModel
from tests.fakes.stage import stage
from tests.fakes.talk import post
from tests.write.house import model
from tests.write.test_writer import CALL, PERSONAS, turn_about

MOCHI = PERSONAS["mochi"]


class Screen:
    """What members see of a draft."""

    def __init__(self, *, live_preview: bool):
        self.capabilities = Capabilities(live_preview=live_preview)
        self.shown: list[str | None] = []

    async def preview(self, thread: Thread, trigger: str, key: str, text: str | None) -> None:
        assert (trigger, key) == (CALL.id, turn_about(CALL).key)
        self.shown.append(text)


def test_where_nobody_sees_it_nothing_is_composed():
    assert live_preview(Screen(live_preview=False), turn_about(CALL), MOCHI, VirtualClock()) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("pause", "shown"), [(0.01, 4), (0.1, 34), (0.3, 100)])  # of 100 chunks
async def test_however_fast_the_chunks_come_the_guard_reads_a_few_times_a_second(pause: float, shown: int):
    screen, clock = Screen(live_preview=True), VirtualClock()
    show = live_preview(screen, turn_about(CALL), MOCHI, clock)  # type: ignore[arg-type]
    assert show is not None
    for number in range(100):
        await show(" ".join(["rye"] * (number + 1)))
        await clock.advance(pause)
    assert len(screen.shown) == shown
    assert screen.shown[0] == "rye", "the first words are shown at once"


@pytest.mark.parametrize("can_preview", [False, True])
async def test_a_model_that_hangs_up_is_asked_again_where_nobody_has_seen_a_beginning(tmp_path, can_preview):
    async with ScriptedModel([HangUp("It rises sl"), Say("It rises in an hour.")]) as server:
        one_model = {"one": model("one", server)}
        async with stage(tmp_path, models=lambda clock: Models(one_model, ["one"], clock)) as on:
            on.platform.capabilities = Capabilities(live_preview=can_preview)
            await on.hear([post("p", "Ana", "@mochi does it rise?")])
            await on.until(lambda: bool(server.requests))
            while not on.platform.said():
                await on.clock.advance(0.5)
                await asyncio.sleep(0.01)
            [(_, said)] = on.platform.said()
            assert (said == "It rises in an hour.") is not can_preview
            assert len(server.requests) == (1 if can_preview else 2)
            assert on.platform.previews == {}
