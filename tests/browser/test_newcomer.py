"""What a newcomer finds: a community in their language, and examples that say that they are some."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SIZES, Visitor, keep_picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
async def test_the_seed_is_in_the_language_of_the_browser(visitor: Visitor, locale: str) -> None:
    page = await visitor.open("phone", locale=locale)
    chinese = {"en-US": False, "zh-CN": True}[locale]
    texts = await page.locator("article .text").all_inner_texts()
    assert len(texts) > 15
    assert all(any("\u4e00" <= sign <= "\u9fff" for sign in text) == chinese for text in texts)


@pytest.mark.parametrize("size", SIZES)
async def test_an_exchange_is_seen_at_once_and_says_that_it_is_an_example(visitor: Visitor, size: str) -> None:
    page = await visitor.open(size)
    thread = page.locator("section.thread").first
    await keep_picture(page, f"newcomer-{size}")
    ours = await thread.locator("article.ours .name").bounding_box()
    assert ours and ours["y"] + ours["height"] < SIZES[size][1] - 60, "above the rooms at the bottom of a phone"
    badge = thread.get_by_role("button", name="example: Written by hand, to show how Mochi takes part here.")
    tip = "one => getComputedStyle(one, '::after').display"
    assert await badge.evaluate(tip) == "none"
    await page.keyboard.press("Tab")  # focus by keyboard is shown
    await badge.focus()
    assert await badge.evaluate(tip) == "block"
    await thread.locator("article.ours").get_by_role("button", name="Why?").click()
    why = page.locator(".why")
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
