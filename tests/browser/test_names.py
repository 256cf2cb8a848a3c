"""The visitor's name: helped to, kept by the browser, and nobody else's."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitor, keep_picture

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def post(page: Page, text: str) -> None:
    await page.get_by_label("What's on your mind?").fill(text)
    await page.get_by_label("What's on your mind?").press("Control+Enter")


async def test_a_name_is_asked_for_offered_and_then_the_red_line_goes(visitor: Visitor) -> None:
    page = await visitor.open("phone")
    await post(page, "Who am I?")
    await expect(page.get_by_text("Choose a name first.")).to_be_visible()
    await expect(page.get_by_label("Your name")).to_be_focused()
    await keep_picture(page, "name-asked-phone")
    await page.get_by_role("button", name=re.compile("^Call me ")).click()
    await expect(page.get_by_text("Choose a name first.")).to_have_count(0)
    await expect(page.get_by_label("Your name")).not_to_have_value("")
    name = await page.get_by_label("Your name").input_value()
    await post(page, "Now I know")
    await expect(page.locator("article", has_text="Now I know").locator(".name")).to_have_text(name)


async def test_a_name_belongs_to_its_browser(visitor: Visitor) -> None:
    page = await visitor.called("Vera")
    await post(page, "This is mine")
    mine = page.locator("article", has_text="This is mine")
    await expect(mine.get_by_role("button", name="Edit")).to_be_visible()
    twin = await page.context.new_page()
    await twin.goto(page.url)
    await expect(twin.get_by_label("Your name")).to_have_value("Vera")
    await expect(twin.locator("article", has_text="This is mine").get_by_role("button", name="Edit")).to_be_visible()

    stranger = await visitor.open()
    for name in ("vera", "Ana"):
        await stranger.get_by_label("Your name").fill(name)
        await expect(stranger.get_by_text(f"{name} is somebody else here.")).to_be_visible()
        await expect(stranger.get_by_role("button", name=f"Call me {name} 2")).to_be_visible()
        await expect(stranger.get_by_role("button", name="Edit")).to_have_count(0)
    await keep_picture(stranger, "name-taken-desktop")
    await stranger.get_by_role("button", name="Call me Ana 2").click()
    await expect(stranger.get_by_label("Your name")).to_have_value("Ana 2")
    await expect(stranger.get_by_text("somebody else here")).to_have_count(0)
    await post(stranger, "I am the other Ana")
    await expect(stranger.locator("article", has_text="the other Ana").locator(".name")).to_have_text("Ana 2")


async def test_who_was_faster_has_the_name(visitor: Visitor) -> None:
    slow, fast = await visitor.called("Uma"), await visitor.called("Uma", browser="2" * 32)
    await post(fast, "I was first")
    await expect(fast.locator("article", has_text="I was first")).to_be_visible()
    await post(slow, "I was slow")
    await expect(slow.locator(".composer").first.get_by_role("alert")).to_have_text("Uma is somebody else here.")
    await expect(slow.get_by_label("Your name")).to_be_focused()
    await slow.get_by_role("button", name="Call me Uma 2").click()
    await expect(slow.locator(".composer").first.get_by_role("alert")).to_have_count(0)
    await slow.get_by_label("What's on your mind?").press("Control+Enter")
    await expect(slow.locator("article", has_text="I was slow").locator(".name")).to_have_text("Uma 2")
