"""The hourglass on a call that could not be answered goes when its author gets an answer."""

from pathlib import Path

from bot.decide.floor import SIGN
from bot.types import PlatformError, Reaction
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, post


async def signed(on: Stage, *message_ids: str) -> None:
    """Puts our hourglass on messages, as the platform then reports it."""
    for message_id in message_ids:
        on.platform.signs[message_id] = SIGN
        await on.hear([Reaction(FEED, message_id, US, SIGN, at(-700))])


async def test_it_goes_from_what_the_same_member_wrote_and_from_nothing_else(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", "does it rise?", -900), post("b", "Ben", "and rye?", -800)])
        await signed(on, "a", "b")
        on.platform.signs["a-thumb"] = "👍"
        await on.hear([post("c", "Ana", "@mochi does it rise?")])
        await on.clock.advance(5)
        await on.until_told("c", "sent")
        await on.until(lambda: "a" not in on.platform.signs)
        assert on.platform.signs == {"b": SIGN, "a-thumb": "👍"}


async def test_a_platform_that_fails_then_loses_no_answer_and_is_asked_again_after_the_next(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("a", "Ana", "does it rise?", -900)])
        await signed(on, "a")
        on.platform.fails_to_unreact = PlatformError("away")
        await on.hear([post("c", "Ana", "@mochi does it rise?")])
        await on.clock.advance(5)
        await on.until_told("c", "sent")
        await on.until(lambda: on.platform.fails_to_unreact is None)
        assert on.platform.signs == {"a": SIGN}
        await on.clock.advance(900)
        await on.hear([post("d", "Ana", "@mochi and rye?", 900)])
        await on.clock.advance(5)
        await on.until(lambda: not on.platform.signs)
        assert len(on.platform.said()) == 2
