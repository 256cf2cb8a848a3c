"""Writing: the keys that send, and drafts that survive whatever happens to the page."""

import pytest
from playwright.async_api import Locator, Page, expect

from adapters.local.page.visit import Joining
from bot.types import StoreError
from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")


def new_post(page: Page) -> Locator:
    return page.get_by_label("What's on your mind?")


def comment_in(page: Page, post: str) -> Locator:
    return page.locator("section.thread", has=page.locator(f"[data-id='{post}']")).get_by_label("Write a comment")


def said(house: LocalHouse, text: str) -> int:
    return sum(text in message.text for message in house.core.messages)


async def press_while_composing(box: Locator, **how: object) -> None:
    """Enter as an input method gives it, which takes a word over."""
    pressed = {"key": "Enter", "bubbles": True, "cancelable": True, **how}
    await box.evaluate("(box, how) => box.dispatchEvent(new KeyboardEvent('keydown', how))", pressed)


async def test_enter_sends_once_and_breaks_where_it_should(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Noor")
    box = new_post(page)
    await box.press_sequentially("你好")
    await press_while_composing(box, isComposing=True)
    await press_while_composing(box, keyCode=229)
    await expect(box).to_have_value("你好")
    await box.press("Shift+Enter")
    await box.press_sequentially("second line")
    await expect(page.get_by_text("Enter sends, Shift+Enter starts a new line").first).to_be_visible()
    await keep_picture(page, "composing-desktop")
    await page.evaluate(
        """document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}));
        document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true}))"""
    )
    await expect(box).to_have_value("")
    await expect(box).to_be_focused()
    assert [message.text for message in house.core.messages if "你好" in message.text] == ["你好\nsecond line"]
    await box.press("Enter")
    await box.press_sequentially("by Control")
    await box.press("Control+Enter")
    await expect(box).to_have_value("")
    assert said(house, "by Control") == 1


async def test_on_a_phone_enter_breaks_and_the_button_sends(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Tess", "phone", has_touch=True, is_mobile=True)
    box = new_post(page)
    await box.press_sequentially("on a")
    await box.press("Enter")
    await box.press_sequentially("phone")
    await expect(box).to_have_value("on a\nphone")
    await expect(page.locator(".keys").first).to_be_hidden()
    await page.get_by_role("button", name="Post", exact=True).tap()
    await expect(box).to_have_value("")
    assert said(house, "on a\nphone") == 1


async def test_drafts_survive_rooms_reloads_and_failures(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Drafty")
    await new_post(page).fill("A post to be")
    thread = page.locator("section.thread", has=page.locator("[data-id='seed04']"))
    await thread.locator("[data-id='seed04-1']").get_by_role("button", name="Reply").click()
    await expect(comment_in(page, "seed04")).to_be_focused()
    await page.keyboard.type("A comment to be")
    assert said(house, "to be") == 0 and "to be" not in str(house.core.signs)
    await page.get_by_role("button", name="# feed").click()
    await expect(page.get_by_role("heading", name="# feed")).to_be_visible()
    await expect(new_post(page)).to_have_value("")
    await page.reload()
    await page.go_back()
    await expect(new_post(page)).to_have_value("A post to be")
    await expect(comment_in(page, "seed04")).to_have_value("A comment to be")
    await expect(thread.locator(".answering-to")).to_contain_text("to Femi")
    house.core.broken = StoreError("the disk is full")
    await comment_in(page, "seed04").press("Enter")
    await expect(thread.get_by_role("alert")).to_contain_text("Nothing was stored")
    house.core.broken = None
    await page.reload()
    await expect(thread.locator(".answering-to")).to_contain_text("to Femi")
    await comment_in(page, "seed04").press("Enter")
    await expect(comment_in(page, "seed04")).to_have_value("")
    await expect(thread.locator(".answering-to")).to_be_empty()
    sent = next(message for message in house.core.messages if message.text == "A comment to be")
    assert sent.reply_to == "seed04-1"
    await page.reload()
    await expect(new_post(page)).to_have_value("A post to be")
    await expect(comment_in(page, "seed04")).to_have_value("")


async def test_a_draft_whose_sending_was_not_confirmed_is_not_sent_twice(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.called("Kay")
    await new_post(page).fill("Sent, but the page died")
    kept = await page.evaluate("localStorage['cameo-draft/room/kitchen']")
    await new_post(page).press("Enter")
    await expect(new_post(page)).to_have_value("")
    assert await page.evaluate("localStorage['cameo-draft/room/kitchen']") is None
    await page.evaluate("kept => localStorage.setItem('cameo-draft/room/kitchen', kept)", kept)
    await page.reload()
    await expect(new_post(page)).to_have_value("Sent, but the page died")
    await new_post(page).press("Enter")
    await expect(new_post(page)).to_have_value("")
    assert said(house, "Sent, but the page died") == 1


async def test_drafts_are_bounded_in_age_and_number(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    await page.evaluate(
        """for (let n = 0; n < 80; n++)
             localStorage['cameo-draft/thread/x' + n] = JSON.stringify({text: 'x', at: Date.now() - n * 86400e3 / 5})"""
    )
    await page.reload()
    await expect(new_post(page)).to_be_visible()
    kept = await page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('cameo-draft/')).length")
    assert kept == 50


async def test_without_a_name_one_is_led_to_it_and_back(visitor: Visitor) -> None:
    page = await visitor.open("phone")
    await comment_in(page, "seed04").fill("But who am I?")
    await comment_in(page, "seed04").press("Control+Enter")
    await expect(page.get_by_text("Choose a name first.")).to_be_visible()
    await expect(page.get_by_label("Your name")).to_be_focused()
    await page.keyboard.type("Nia")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Choose a name first.")).to_have_count(0)
    await expect(comment_in(page, "seed04")).to_be_focused()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("article", has_text="But who am I?").locator(".name")).to_have_text("Nia")


async def test_who_calls_by_name_where_only_an_at_calls_is_told_so(visitor: Visitor, house: LocalHouse) -> None:
    house.joins["workshop"] = Joining("mentions", by_name=False)
    page = await visitor.called("Noor", room="workshop")
    await expect(page.get_by_text("Mochi answers when called with an @: @Mochi").first).to_be_visible()
    await new_post(page).fill("mochi are you there?")
    await new_post(page).press("Control+Enter")
    await expect(page.get_by_text("Here Mochi only hears @Mochi.")).to_be_visible()
    await new_post(page).fill("@mochi are you there?")
    await new_post(page).press("Control+Enter")
    await expect(page.get_by_text("Here Mochi only hears @Mochi.")).to_have_count(0)
    house.joins["workshop"] = Joining("mentions")
