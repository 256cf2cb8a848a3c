"""Naming people: what "@" offers, by keys, mouse and touch."""

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")


def options(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


async def test_names_are_offered_and_taken(visitor: Visitor, house: LocalHouse) -> None:
    for name in ("小明", "Zoë Quill", "Zoltan"):
        await house.community.post("workshop", name, "Here I am")
    page = await visitor.called("Noor", room="workshop")
    box = page.get_by_label("What's on your mind?")
    await box.press_sequentially("me@zo")
    await expect(options(page)).to_have_count(0)
    await box.fill("")
    await box.press_sequentially("Hi @")
    await expect(options(page).first).to_have_text("Mochi")
    await expect(box).to_have_attribute("aria-expanded", "true")
    await box.press_sequentially("z")
    await expect(options(page)).to_have_text(["Zoltan", "Zoë Quill"])
    await box.press("ArrowDown")
    await expect(options(page).nth(1)).to_have_attribute("aria-selected", "true")
    await keep_picture(page, "complete-desktop")
    await box.press("Enter")
    await expect(box).to_have_value("Hi @Zoë Quill ")
    await expect(options(page)).to_have_count(0)
    assert await box.get_attribute("role") is None

    await box.press_sequentially("你好@小")
    await expect(options(page)).to_have_text(["小明"])
    await box.press("Tab")
    await box.press_sequentially("@zol")
    await expect(options(page)).to_have_text(["Zoltan"])
    await box.press("Escape")
    await expect(options(page)).to_have_count(0)
    await box.press("Backspace")
    await options(page).first.click()
    await expect(box).to_have_value("Hi @Zoë Quill 你好@小明 @Zoltan ")
    await expect(box).to_be_focused()
    await box.press("Enter")
    await expect(box).to_have_value("")
    sent = house.core.messages[-1]
    assert sent.mentions == tuple(house.community.author(name).id for name in ("Zoë Quill", "小明", "Zoltan"))
    await expect(page.locator("article", has_text="你好").locator(".named")).to_have_text(
        ["@Zoë Quill", "@小明", "@Zoltan"]
    )


async def test_a_name_is_taken_by_touch_and_who_writes_is_offered_at_once(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Tess", "phone", has_touch=True, is_mobile=True)
    await house.community.post("kitchen", "Quentin", "I came later")
    await expect(page.get_by_text("I came later")).to_be_visible()
    await expect(page.locator("[data-names*=Quentin]")).to_be_attached()
    box = page.get_by_label("Write a comment").nth(1)
    await box.press_sequentially("@quen")
    await keep_picture(page, "complete-phone")
    await options(page).first.tap()
    await expect(box).to_have_value("@Quentin ")
    wide, inner = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner
