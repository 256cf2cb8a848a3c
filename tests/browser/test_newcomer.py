"""What a newcomer finds: a community in their language, and examples that say that they are some."""

import re

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import SIZES, Visitor, dialog, keep_picture
from tests.fakes.local_house import LocalHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEEN = {"phone": SIZES["phone"][1] - 58, "desktop": SIZES["desktop"][1]}  # px; on a phone the rooms are at the bottom


async def ends_above(element: Locator, height: int) -> None:
    """Waits until the end of the element is seen without scrolling, on a screen of so many px."""
    ends = "([one, height]) => one.getBoundingClientRect().bottom < height"
    await element.page.wait_for_function(ends, arg=[await element.element_handle(), height])


async def test_the_first_steps_post_for_the_visitor_and_go_away_for_good(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open("phone")
    card = page.get_by_role("region", name="First steps")
    await keep_picture(page, "newcomer-phone")
    await ends_above(page.locator("article.ours header").first, SEEN["phone"])  # an example is on the first screen
    await card.get_by_role("button", name="Ask Mochi").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="# workshop")).to_be_visible()
    await expect(page.get_by_label("Your name")).not_to_have_value("")
    first = page.locator("section.thread").first
    await expect(first.locator(".text")).to_have_text(re.compile("^@Mochi my espresso is sour"))
    await expect(card.get_by_role("status")).to_have_text("You called Mochi. See what it knows.")
    await expect(card.get_by_role("button", name="Ask Mochi: done")).to_have_attribute("aria-disabled", "true")
    await ends_above(first, SEEN["phone"])  # the post is seen, below the card and the box for the next one
    await card.get_by_role("button", name="Ask Mochi: done").evaluate("one => one.click()")
    await card.get_by_role("button", name="Ask the room").click()
    await expect(page.get_by_role("heading", name="# kitchen")).to_be_visible()
    await keep_picture(page, "first-steps-phone")

    other = await visitor.open(locale="zh-CN")
    await expect(other.get_by_role("region", name="先试试看").locator(".taken")).to_have_count(2)
    await card.get_by_role("button", name="Post for Pip").click()
    after = page.get_by_role("region", name="What next?")
    await expect(after.get_by_role("heading")).to_be_focused()
    links = await after.get_by_role("link").all()
    assert [await link.get_attribute("href") for link in links] == ["/model", "/history"]
    said = [message for message in house.core.messages if not message.history]
    assert [message.room.id for message in said] == ["workshop", "kitchen", "feed"]
    assert len({message.author for message in said}) == 1

    house.has_model = True
    await page.reload()
    await expect(after.get_by_role("link")).to_have_count(1)
    house.has_model = False  # it can't be reached any more: who has found it needs no invitation
    await page.reload()
    await expect(after.get_by_role("link")).to_have_attribute("href", "/history")
    theirs = other.get_by_role("region", name="接下来")
    await expect(theirs.get_by_role("link")).to_have_attribute("href", "/history")

    await after.get_by_role("button", name="Close for good").click()
    await expect(after).to_have_count(0)
    await expect(theirs).to_have_count(0)
    await page.reload()
    await page.locator(".composer").first.wait_for()
    await expect(page.locator(".first-steps")).to_have_count(0)
    assert [await link.get_attribute("href") for link in await page.locator(".pages a").all()] == ["/model", "/history"]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_the_seed_is_in_the_language_of_the_browser(visitor: Visitor, locale: str) -> None:
    page = await visitor.open("phone", locale=locale)
    chinese = {"en-US": False, "zh-CN": True}[locale]
    texts = await page.locator("article .text").all_inner_texts()
    seeded = [text for text in texts if "dumpling filling?" not in text]  # what the card has posted is for everybody
    assert len(seeded) > 15
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) == chinese for text in seeded)


async def test_an_example_says_that_it_is_one_and_what_the_rule_is(visitor: Visitor) -> None:
    page = await visitor.open()
    thread = page.locator("section.thread", has_text="nail varnish")
    badge = thread.get_by_role("button", name="example: Written by hand, to show how Mochi takes part here.")
    tip = "one => getComputedStyle(one, '::before').display"
    assert await badge.evaluate(tip) == "none"
    await page.keyboard.press("Tab")  # focus by keyboard is shown
    await badge.focus()
    assert await badge.evaluate(tip) == "block"
    await expect(thread.locator("article.ours .chip")).to_have_count(0)  # it is not judged
    await thread.locator("article.ours").get_by_role("button", name="Why?").click()
    why = await dialog(page)
    await expect(why.locator("p")).to_have_text(
        "This is an example. The rule that it shows: “Nobody had answered for a while, so I said something.”"
    )
    await why.get_by_text("How that came about").click()
    await expect(why).to_contain_text("No model was asked.")
    await expect(why).to_contain_text("Mochi answers what people leave unanswered for 1 min")

    tempeh = page.locator("section.thread", has_text="freeze tempeh")
    await expect(tempeh.get_by_text("Femi answered, so Mochi stays out")).to_be_visible()


async def test_a_thread_that_somebody_joins_is_for_everybody(visitor: Visitor) -> None:
    writing = await visitor.called("Wren")
    starter = writing.locator("section.thread", has_text="nail varnish")
    await starter.get_by_label("Write a comment").fill("Mine smells of paint")
    await starter.get_by_role("button", name="Comment").click()
    await expect(starter.get_by_text("Mine smells of paint")).to_be_visible()
    reading = await visitor.open(locale="zh-CN")
    await expect(reading.get_by_text("Mine smells of paint")).to_be_visible()
    await expect(reading.get_by_text("basil")).to_have_count(0)
