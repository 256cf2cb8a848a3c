"""A command in a box of the page: completed, used instead of posted, and answered to its asker alone."""

import asyncio

import pytest
from playwright.async_api import expect

from bot.types import Answer, AnswerFile, Asked
from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse
from tests.fakes.waiting import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def asked(house: LocalHouse, text: str) -> Asked:
    """The command that the page has handed to the core."""

    def found() -> list[Asked]:
        return [event for event in house.core.new if isinstance(event, Asked) and event.text == text]

    async with asyncio.timeout(PATIENCE):
        await house.core.until(lambda core: bool(found()))
    return found()[-1]


async def test_a_command_is_completed_used_and_answered_to_its_asker(visitor: Visitor, house: LocalHouse) -> None:
    page, other = await visitor.called("Noor"), await visitor.called("Zoltan")
    before = len(house.community.messages("kitchen") or [])
    box = page.get_by_label("What's on your mind?")
    await box.press_sequentially("/cameo priv")
    offered = page.get_by_role("listbox").get_by_role("option")
    await expect(offered.first).to_have_text("privacy show")
    await box.press("Enter")
    await expect(box).to_have_value("/cameo privacy show ")
    await box.press("Enter")
    await expect(box).to_have_value("")
    event = await asked(house, "privacy show ")
    assert (event.room.id, event.thread.root, event.author.name) == ("kitchen", None, "Noor")

    told = "What I keep about you:\n`!cameo privacy delete` erases it, <b>all</b>."
    file = AnswerFile("about-you.json", b"{}")
    await house.adapter.answer(event, Answer(told, file=file), "a1")
    answer = page.locator(".private-answer")
    await expect(answer).to_have_count(1)
    await expect(answer).to_contain_text("Only you see this")
    await expect(answer.locator("code").last).to_have_text("!cameo privacy delete")
    await expect(answer).to_contain_text("<b>all</b>")
    async with page.expect_download() as download:
        await answer.get_by_role("link", name="about-you.json").click()
    assert (await download.value).suggested_filename == "about-you.json"
    await keep_picture(page, "command-desktop")

    await house.community.post("kitchen", "Quentin", "Good morning")
    await expect(other.get_by_text("Good morning").first).to_be_visible()
    await expect(other.locator(".private-answer")).to_have_count(0)
    assert len(house.community.messages("kitchen") or []) == before + 1, "a command is no message"
    await answer.get_by_role("button", name="Dismiss").click()
    await expect(answer).to_have_count(0)


async def test_a_command_below_a_post_is_about_that_thread(visitor: Visitor, house: LocalHouse) -> None:
    entry = await house.community.post("workshop", "Quentin", "My chair wobbles")
    page = await visitor.called("Tess", "phone", room="workshop", color_scheme="dark")
    thread = page.locator("section.thread", has_text="My chair wobbles")
    box = thread.locator("textarea").last
    await box.fill("！cameo 帮助")
    await box.press("Enter")
    event = await asked(house, "帮助")
    assert (event.thread.root, event.locale) == (entry.id, "en")
    await house.adapter.answer(event, Answer("What you can ask of me:"), "a2")
    await expect(thread.locator(".private-answer")).to_contain_text("Only you see this")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    size = await thread.get_by_role("button", name="Dismiss").bounding_box()
    assert size is not None and min(size["width"], size["height"]) >= 40
    await keep_picture(page, "command-phone")
