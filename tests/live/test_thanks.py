"""The message that we have pointed at gets one emoji, once ever, when somebody else is glad of it."""

from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.explain.why import why_lines
from bot.live.pointed_rooms import GLAD_WITHIN
from bot.remember.lookup import lookup
from bot.remember.thanks import owed, pointings, thanked_with
from bot.types import Deletion, Event, PlatformError, Reaction, Undeliverable
from tests.fakes.present import present
from tests.fakes.shipped import shipped_words
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, line, person

THANKS = shipped_words().say("sign.thanks")
ANSWER = line("answer", "Femi", "Citric acid, 20 g per litre.")
CALL = line("p", "Ana", "@mochi how do I descale it?", 60)


async def pointed(on: Stage) -> str:
    """Femi has said something, and Ana, who asks us, is pointed at it. Returns our reply's id."""
    on.writer.points_at = "answer"
    await on.hear([ANSWER, CALL])
    await on.clock.advance(65)
    await on.until_told("p", "sent")
    on.writer.points_at = ""
    return present((await on.turn("p")).reply_id)


def thanks(reply: str, who: str = "Ana", when: float = 70.0) -> Event:
    return line("t", who, "thank you, that worked!", when, reply_to=reply)


def reacted(message_id: str, who: str = "Ana", emoji: str = "👍", when: float = 70.0) -> Reaction:
    return Reaction(FEED, message_id, person(who), emoji, at(when))


async def quiet(on: Stage) -> None:
    """Waits until the room has heard everything and nothing is owed any more."""
    await on.hear([line("last", "Eve", "@mochi hi", 90)])
    await on.clock.advance(30)
    await on.until_told("last", "sent")

    async def is_done() -> bool:
        return not await on.store.ask(owed(5))

    while not await is_done():
        await on.clock.advance(1)


@pytest.mark.parametrize("way", ["thanks", "reaction to us", "reaction to the person"])
async def test_gladness_gives_the_person_one_emoji(tmp_path: Path, way: str) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        glad = {"thanks": thanks(reply), "reaction to us": reacted(reply), "reaction to the person": reacted("answer")}
        await on.hear([glad[way]])
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])


async def test_it_is_given_once_ever(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        await on.hear([thanks(reply)])
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])
        await on.hear([reacted(reply, "Eve"), reacted("answer", "Noor"), replace(reacted(reply, "Eve"), removed=True)])
        await on.hear([line("t2", "Noor", "thanks Femi!", 75)])
        await quiet(on)
    async with stage(tmp_path) as on:
        await on.hear([reacted("answer", "Zoe", when=95)])
        await quiet(on)
        assert on.platform.reacted == []


NOT: dict[str, tuple[dict[str, Any], Event]] = {
    "nobody is glad": ({}, line("t", "Ana", "hm, I see", 70)),
    "the person themself": ({}, reacted("answer", "Femi")),
    "it is off": ({"thank_helpers": False}, reacted("answer")),
    "the author is left alone": ({"ignore": ["Femi"]}, reacted("answer")),
    "another message": ({}, reacted("p")),
    "no glad emoji": ({}, reacted("answer", emoji="👎")),
}


@pytest.mark.parametrize("case", NOT)
async def test_where_nothing_is_given(tmp_path: Path, case: str) -> None:
    rule, event = NOT[case]
    async with stage(tmp_path, **rule) as on:
        await pointed(on)
        await on.hear([event])
        await quiet(on)
        assert on.platform.reacted == []


@pytest.mark.parametrize(("seconds", "given"), [(-100, 1), (100, 0)])
async def test_only_within_a_day(tmp_path: Path, seconds: float, given: int) -> None:
    async with stage(tmp_path) as on:
        await pointed(on)
        await on.clock.advance(GLAD_WITHIN.total_seconds() + seconds)
        await on.hear([reacted("answer", when=70 + GLAD_WITHIN.total_seconds() + seconds)])
        while await on.store.ask(owed(5)):
            await on.clock.advance(1)
        assert len(on.platform.reacted) == given


@pytest.mark.parametrize("change", [{"join": "watch"}, {"join": "off"}, {"thank_helpers": False}])
async def test_a_rule_that_changes_before_it_is_given_holds(tmp_path: Path, change: dict[str, Any]) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        on.platform.fails_to_react = [PlatformError("away")]
        await on.hear([thanks(reply)])
        await on.until(lambda: not on.platform.fails_to_react)
        on.put_in_force(**change)
        await on.clock.advance(5)
        while await on.store.ask(owed(5)):
            await on.clock.advance(1)
        assert on.platform.reacted == []


async def test_not_in_quiet_hours(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        now = on.clock.now().astimezone(UTC)
        begin, end = ((now + timedelta(hours=hours)).time().replace(tzinfo=None) for hours in (-1, 1))
        on.put_in_force(quiet_hours=(begin, end))
        await on.hear([thanks(reply)])
        await quiet(on)
        assert on.platform.reacted == []


async def test_a_message_that_is_deleted_meanwhile_gets_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        on.platform.fails_to_react = [PlatformError("away")]
        await on.hear([thanks(reply)])
        await on.until(lambda: not on.platform.fails_to_react)
        await on.hear([Deletion(FEED, "answer", at(80))])
        await quiet(on)
        assert on.platform.reacted == []
        assert (await on.turn("p")).points_at == ""
        assert await on.store.ask(pointings(FEED, at(0))) == []


async def test_an_outage_and_a_restart_lose_none_and_repeat_none(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        on.platform.fails_to_react = [PlatformError("away"), PlatformError("still away")]
        await on.hear([thanks(reply)])
        await on.until(lambda: len(on.platform.fails_to_react) == 1)
    async with stage(tmp_path) as on:
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])
        while await on.store.ask(owed(5)):
            await on.clock.advance(1)
    async with stage(tmp_path) as on:
        await quiet(on)
        assert on.platform.reacted == []


async def test_a_restart_still_knows_where_it_has_pointed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
    async with stage(tmp_path) as on:
        await on.clock.advance(66)
        await on.hear([thanks(reply)])
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])


async def test_what_can_never_be_given_is_not_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        on.platform.fails_to_react = [Undeliverable("no such message")]
        await on.hear([thanks(reply)])
        await quiet(on)
        assert on.platform.reacted == [] and not on.platform.fails_to_react


async def test_why_says_what_the_emoji_is_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        await on.hear([thanks(reply)])
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])
        await quiet(on)
        found = present(await lookup(on.store, "local", "answer"))
        assert found.thanked == THANKS == await on.store.ask(thanked_with("local", "answer"))
        shown = "\n".join(why_lines(found, shipped_words()))
        assert f"Cameo thanked for it with {THANKS}" in shown
        other = present(await lookup(on.store, "local", "p"))
        assert "thanked" not in "\n".join(why_lines(other, shipped_words()))


async def test_it_is_purged_with_what_is_old(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        reply = await pointed(on)
        await on.hear([thanks(reply)])
        await on.until(lambda: on.platform.reacted == [("answer", THANKS)])
        await quiet(on)
        await on.store.purge(on.clock.now() + timedelta(days=1))
        assert await on.store.ask(thanked_with("local", "answer")) == ""
        assert await on.store.ask(pointings(FEED, at(0))) == []
