"""Calls that are deleted while they are answered: they escape no limit."""

from pathlib import Path

import pytest

from bot.config.settings import Limits
from bot.types import Deletion
from tests.fakes.stage import stage
from tests.fakes.talk import FEED, at, post


@pytest.mark.parametrize("usd", [0.01, 0.0], ids=["paid", "free"])
async def test_a_call_that_is_deleted_while_a_model_writes_counts(tmp_path: Path, usd: float) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=3)) as on:
        on.writer.usd = usd
        on.writer.pen.clear()
        for number in range(3):
            key = f"p{number}"
            await on.hear([post(key, "Ana", "@mochi hi", number * 20)])
            await on.clock.advance(5)
            await on.until(lambda key=key: on.writer.writing[-1:] == [key])  # type: ignore[misc]
            await on.hear([Deletion(FEED, key, at(number * 20 + 6))])
            await on.until_told(key, "stopped", lambda turn: turn.usage.input_tokens > 0)
        on.writer.pen.set()
        await on.hear([post("q", "Ana", "@mochi hi", 80), post("r", "Ben", "@mochi hi", 81)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        await on.until_told("r", "sent")
        assert sorted(on.platform.said()) == [("q", "sign: member_limit"), ("r", "re: @mochi hi")]


async def test_a_call_that_is_deleted_before_a_model_is_asked_counts_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        await on.hear([post("p", "Ana", "@mochi hi"), Deletion(FEED, "p", at(0))])
        await on.hear([post("q", "Ana", "@mochi hi", 20)])
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        assert on.platform.said() == [("q", "re: @mochi hi")]
