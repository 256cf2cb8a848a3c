"""20: the community's own filter refuses an answer."""

from pathlib import Path

from bot.types import Blocked
from tests.fakes.stage import stage
from tests.fakes.talk import post


async def test_20_who_called_gets_a_line_when_the_community_blocks_the_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [Blocked("its filter")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        assert on.platform.said() == [("p", "sorry: blocked")]
        assert (await on.turn("p")).error == "blocked"
        assert [key for key, _ in on.platform.attempts] == [(await on.turn("p")).key] * 2


async def test_20_a_line_that_is_blocked_too_is_not_tried_for_ever(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.platform.trouble = [Blocked("its filter"), Blocked("its filter")]
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "failed")
        assert on.platform.said() == [] and (await on.turn("p")).error == "blocked"


async def test_20_what_nobody_called_for_is_blocked_in_silence(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold=1) as on:
        on.platform.trouble = [Blocked("its filter")]
        await on.hear([post("p", "Ana", "Does anybody know how long rye takes?")])
        await on.clock.advance(200)
        await on.until_told("p", "failed")
        assert on.platform.said() == [] and (await on.turn("p")).error == "blocked"
