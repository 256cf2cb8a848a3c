"""A member who wants no uncalled answers gets none, and is answered when they call."""

from pathlib import Path

import pytest

from bot.remember.person import Person
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import stage
from tests.fakes.talk import comment, post

ANA = Person("local", "id-ana")
ASKS = "does anybody know why my dough is flat?"


@pytest.mark.parametrize("when", ["before", "in the hold", "while it is written"])
async def test_nothing_uncalled_is_said_about_their_posts(tmp_path: Path, when: str) -> None:
    async with stage(tmp_path, join="unanswered", hold=60, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        if when == "before":
            await on.persons.be_quiet(ANA)
        await on.hear([post("a", "Ana", ASKS), post("b", "Ben", "how do I store a sourdough starter for a week?", 1)])
        await on.until_told("b", "waiting")
        if when == "in the hold":
            await on.persons.be_quiet(ANA)
        await on.clock.advance(90 * 60)
        if when == "while it is written":
            await on.until(lambda: "a" in on.writer.writing)
            await on.persons.be_quiet(ANA)
        on.writer.pen.set()
        await on.until_told("b", "sent")
        await on.until_told("a", "silent" if when == "before" else "stopped")
        assert (await on.story())["a"][1] == "member_quiet"
        assert [trigger for trigger, _ in on.platform.said()] == ["b"]


async def test_they_are_answered_when_they_call_and_after_a_restart_too(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock, join="unanswered", hold=60) as on:
        await on.persons.be_quiet(ANA)
    async with stage(tmp_path, clock, join="unanswered", hold=60) as on:
        await on.hear([post("a", "Ana", ASKS), comment("c", "a", "Ana", "@mochi do you know?", 1)])
        await on.clock.advance(10)
        await on.until_told("c", "sent")
        assert (await on.story())["a"] == ("silent", "member_quiet")
        await on.persons.be_quiet(ANA, wanted=False)
        await on.hear([post("a2", "Ana", "how long should the dough rest then?", 600)])
        await on.until_told("a2", "waiting")


async def test_an_erasure_forgets_the_wish(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.persons.be_quiet(ANA)
        assert on.persons.standing(ANA) == (False, True)
        await on.persons.erase(ANA)
        assert on.persons.standing(ANA) == (False, False)
