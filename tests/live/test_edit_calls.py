"""A mention that is added by an edit, shortly after the message, is answered once."""

from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.types import Edit
from tests.fakes.stage import stage
from tests.fakes.talk import BOT, FEED, at, line, person, post


def edit(text: str, seconds: float = 1, *, addressed: bool = False) -> Edit:
    return Edit(FEED, "p", text, at(seconds), addressed=addressed)


@pytest.mark.parametrize("join", ["mentions", "unanswered", "every_post"])
@pytest.mark.parametrize(
    "edited",
    [
        edit("@mochi why is it wet?"),
        edit("mochi, why is it wet?"),
        edit("why is it wet? @Cameo"),
        edit("why is it wet, mochi?"),
        edit("Cameo why is it wet?", addressed=True),
        edit("为什么湿 @mochi"),
    ],
)
async def test_an_edit_that_calls_us_is_answered_once(tmp_path: Path, edited: Edit, join: Any) -> None:
    async with stage(tmp_path, join=join) as on:
        await on.hear([post("p", "Ana", "why is it wet?")])
        await on.clock.advance(1)
        await on.hear([edited])
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        await on.hear([edit(edited.text + " please", 8, addressed=True)])
        await on.clock.advance(30)
        assert on.platform.said() == [("p", f"re: {edited.text}")]
        assert (await on.turn("p")).addressed or (await on.story())["p"] == ("sent", "addressed")


@pytest.mark.parametrize(
    ("first", "edited", "after"),
    [
        (post("p", "Ana", "why is it wet?"), edit("why is it so wet?"), 1.0),
        (post("p", "Ana", "why is it wet?"), edit("@mochi why is it wet?", 400), 400.0),
        (post("p", BOT, "wet"), edit("@mochi wet"), 1.0),
        (post("p", "Ana", "why is it wet?", history=True), edit("@mochi why is it wet?"), 1.0),
        (line("p", "Ana", "I use it"), edit("I use mochi"), 1.0),
    ],
)
async def test_other_edits_start_nothing(tmp_path: Path, first: Any, edited: Edit, after: float) -> None:
    async with stage(tmp_path) as on:
        await on.hear([first])
        await on.clock.advance(after)
        await on.hear([edited])
        await on.clock.advance(30)
        assert on.platform.said() == []


async def test_a_call_that_is_edited_after_its_answer_gets_no_second_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi why?")])
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        await on.hear([edit("@mochi why is it wet?", 3, addressed=True)])
        await on.clock.advance(30)
        assert len(on.platform.said()) == 1


async def test_the_manager_is_told_once_of_two_programs(tmp_path: Path) -> None:
    echo = person("Echo")
    async with stage(tmp_path) as on:
        with capture_logs() as logs:
            for n in range(9):
                await on.hear([line(f"m{n}", echo, "@mochi hello there, how are you?", 5 * n)])
                await on.clock.advance(5)
                await on.until_ended(f"m{n}")
        assert [one["room"] for one in logs if one["event"] == "loop"] == ["local/home/feed"]
        assert len(on.platform.said()) <= 6


async def test_a_restart_between_the_edit_and_the_answer_loses_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("p", "Ana", "why is it wet?")])
        await on.hear([edit("@mochi why is it wet?")])
        await on.until_told("p", "writing")
        clock = on.clock
    async with stage(tmp_path, clock) as on:
        await on.clock.advance(5)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "re: @mochi why is it wet?")]
