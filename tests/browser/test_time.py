"""Texts about time on the page, which the browser keeps right by itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from adapters.local.entries import Entry
from bot.types import Decision, State, Thread, Turn, Verdict
from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse
from tests.fakes.present import present

DAY = timedelta(days=1)
pytestmark = pytest.mark.asyncio(loop_scope="module")


def turn(
    house: LocalHouse,
    post: Entry,
    state: State,
    reason: str,
    seconds: float = 0,
    facts: Mapping[str, Any] | None = None,
) -> Turn:
    """A turn about the post that is due in so many seconds."""
    now = datetime.now(UTC)
    decision = Decision(Verdict.WAIT, reason, now + timedelta(seconds=seconds), facts or {})
    place = Thread(house.community.rooms[post.room_id], post.thread_id)
    return Turn(f"turn-{post.id}", place, post.id, "ana", "mochi", decision, state, now)


def under(page: Page, text: str) -> Locator:
    """The line under the message with this text."""
    return page.locator("article", has_text=text).locator(".outlook")


async def test_a_post_that_waits_counts_down_until_somebody_answers(visitor: Visitor, house: LocalHouse) -> None:
    page, phone = await visitor.open(), await visitor.open("phone", locale="zh-CN")
    post = await house.community.post("kitchen", "Ana", "Does anyone know how long pesto keeps?")
    house.decide(turn(house, post, State.WAITING, "holding", 119.5))
    line = under(page, "how long pesto keeps")
    await expect(line).to_have_text(re.compile(r"Mochi leaves this to people for another \d+ s"))
    await expect(under(phone, "how long pesto keeps")).to_have_text(re.compile(r"先留给大家回答，Mochi 再等 \d+ 秒"))
    await keep_picture(page, "waiting-desktop")
    first = await line.inner_text()
    await expect(line).not_to_have_text(first)
    assert await line.get_by_role("timer").count() == 1
    later = await visitor.open()  # as after a reload: it has not begun anew
    ends = await line.locator("[data-until]").get_attribute("data-until")
    again = under(later, "how long pesto keeps")
    await expect(again).to_have_text(re.compile(r"another \d+ s"))
    await expect(again.locator("[data-until]")).to_have_attribute("data-until", present(ends))
    answer = await house.community.post("kitchen", "Femi", "A week, under oil.", thread=post.id)
    house.decide(turn(house, post, State.STOPPED, "someone_answered", facts={"ended_by": answer.id}))
    for each in (page, later):
        await expect(under(each, "how long pesto keeps")).to_have_text("Femi answered, so Mochi stays out")
    await expect(under(phone, "how long pesto keeps")).to_have_text("Femi 回答了，Mochi 就不插话了")
    await house.community.delete(answer.id)
    house.decide(turn(house, post, State.STOPPED, "passed"))
    await expect(line).to_have_text("Mochi: “I had nothing to add here.”")


WAITS = {
    ("holding", 900): r"for another 15 minutes",
    ("holding", 3 * 3600): r"for another 3 hours",
    ("quiet_hours", 3600): r"Quiet hours: Mochi looks at this again at \w{3},? \d+:\d\d [AP]M",
    ("two_in_a_row", 3600): r"The last word here was Mochi's",
    ("holding", -1): r"Mochi is looking whether it is still needed",
}


async def test_waits_are_told_in_words(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    for (reason, seconds), told in WAITS.items():
        text = f"One more question: {reason}, {seconds}?"
        post = await house.community.post("kitchen", "Ana", text)
        house.decide(turn(house, post, State.WAITING, reason, seconds))
        await expect(under(page, text)).to_have_text(re.compile(told))


async def test_a_watched_room_tells_when_it_would_have_spoken(visitor: Visitor, house: LocalHouse) -> None:
    page, phone = await visitor.open(), await visitor.open("phone", locale="zh-CN")
    post = await house.community.post("kitchen", "Ana", "Is anybody watching the oven?")
    would = {"reason": "unanswered", "at": (datetime.now(UTC) + timedelta(minutes=12)).isoformat()}
    house.decide(turn(house, post, State.SILENT, "watching", facts={"would": would}))
    told = "Mochi only listens here; it would have answered after 12 minutes"
    await expect(under(page, "watching the oven")).to_have_text(told)
    await expect(under(phone, "watching the oven")).to_have_text("Mochi 在这里只听不说；不然它会在 12 分钟后回答")


async def test_times_are_the_readers(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open(timezone_id="Asia/Tokyo", locale="en-GB")
    post = await house.community.post("kitchen", "Ana", "What time is it?")
    shown = page.locator("article", has_text="What time is it?").locator("time")
    await expect(shown).to_have_text("just now")
    tokyo = post.at + timedelta(hours=9)
    await expect(shown).to_have_attribute(
        "title", re.compile(rf"{tokyo:%A},? {tokyo.day} {tokyo:%B %Y} at {tokyo:%H:%M}")
    )
    await page.evaluate("cameoClock.set(Date.now() + 300_000)")  # five minutes later
    await expect(shown).to_have_text("5 min ago")
    await page.evaluate("cameoClock.set(Date.now() + 10 * 86_400_000)")
    await expect(shown).to_have_text(f"{tokyo.day} {tokyo:%b %Y}")


async def test_a_wrong_clock_of_the_reader_does_no_harm(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    await page.clock.install(time=datetime.now(UTC) + timedelta(hours=3))
    await page.reload()
    post = await house.community.post("kitchen", "Ana", "Is my clock right?")
    house.decide(turn(house, post, State.WAITING, "holding", 100))
    await expect(page.locator("article", has_text="Is my clock right?").locator("time")).to_have_text("just now")
    await expect(under(page, "Is my clock right?")).to_have_text(re.compile(r"another \d+ s"))


async def test_an_old_post_no_longer_says_why_nothing_came(visitor: Visitor, house: LocalHouse) -> None:
    old = (entry for entry in house.community.entries.values() if datetime.now(UTC) - entry.at > DAY and entry.is_post)
    shown = [entry for entry in old if entry.room_id == "kitchen" and entry.language == "en" and not entry.example]
    post = max(shown, key=lambda entry: entry.order)
    page = await visitor.open()
    await page.goto(house.address + house.adapter.link(present(post.message).thread, post.id))  # unfolds what is older
    line = page.locator(f"article[data-id='{post.id}'] .outlook")
    house.decide(turn(house, post, State.WAITING, "holding", 3600))
    await expect(line).to_contain_text("another 60 minutes")
    house.decide(turn(house, post, State.STOPPED, "passed"))
    await expect(line).to_be_empty()
