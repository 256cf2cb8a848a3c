"""What members can do with an answer of ours: judge it, and take it away if they asked for it."""

import pytest
from playwright.async_api import Locator, Page, expect

from bot.types import Deletion, Reaction, Reply
from tests.browser.conftest import Visitor, close_by_escape, dialog, keep_picture
from tests.fakes.local_house import LocalHouse
from tests.fakes.present import present

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered(house: LocalHouse, asker: str, question: str) -> str:
    """Posts a question with an answer of ours; returns the answer's id."""
    post = await house.community.post("workshop", asker, question)
    place = present(post.message).thread
    (ours,) = await house.adapter.send(Reply(place, f"An answer to {question}", post.id), f"key {post.id}")
    return ours


def ours(page: Page, question: str) -> Locator:
    return page.locator("article.ours", has_text=f"An answer to {question}")


def chip(page: Page, question: str, emoji: str) -> Locator:
    return ours(page, question).locator(".chip", has_text=emoji)


async def test_an_answer_is_judged_by_one_thumb(visitor: Visitor, house: LocalHouse) -> None:
    id_ = await answered(house, "Ana", "Which glue?")
    page = await visitor.called("Noor", room="workshop")
    good, bad = chip(page, "Which glue?", "👍"), chip(page, "Which glue?", "👎")
    await expect(good).to_have_attribute("aria-label", "👍 A good answer")
    await good.click()
    await expect(good).to_have_attribute("aria-label", "👍 1 A good answer: Noor")
    await expect(good).to_have_attribute("aria-pressed", "true")
    await bad.click()
    await expect(bad).to_have_attribute("aria-pressed", "true")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await keep_picture(page, "thumbs-desktop")
    heard = [(event.emoji, event.removed) for event in house.core.new if isinstance(event, Reaction)]
    assert heard == [("👍", False), ("👍", True), ("👎", False)]
    assert list(present(house.community.standing(id_)).reactions) == ["👎"]
    await expect(page.locator("article", has_text="Which glue?").first.locator(".chip")).to_have_count(0)  # a person's


async def test_who_asked_can_take_the_answer_away(visitor: Visitor, house: LocalHouse) -> None:
    id_ = await answered(house, "Otto", "Which saw?")
    other = await visitor.called("Noor", room="workshop")
    await expect(ours(other, "Which saw?")).to_be_visible()
    await expect(ours(other, "Which saw?").get_by_role("button", name="Delete")).to_have_count(0)
    asker = await visitor.called("Otto", room="workshop")
    delete = ours(asker, "Which saw?").get_by_role("button", name="Delete")
    await expect(ours(asker, "Which saw?").get_by_role("button", name="Edit")).to_have_count(0)
    await delete.click()
    await close_by_escape(asker, delete)  # changed my mind
    await delete.click()
    await (await dialog(asker)).get_by_role("button", name="Delete").click()
    for page in (asker, other):
        await expect(ours(page, "Which saw?")).to_have_count(0)
    assert any(isinstance(event, Deletion) and event.message_id == id_ for event in house.core.new)


async def test_one_dialog_is_open_at_a_time_and_under_its_button(visitor: Visitor, house: LocalHouse) -> None:
    await answered(house, "Ana", "Which nail?")
    page = await visitor.called("Noor", room="workshop")
    reply = ours(page, "Which nail?")
    for name in ("React", "Why?", "React"):
        opener = reply.get_by_role("button", name=name)
        await opener.click()
        await expect(page.get_by_role("dialog", name=name)).to_be_visible()
        window = await dialog(page)
        await expect(opener).to_have_attribute("aria-expanded", "true")
        below, above = present(await window.bounding_box()), present(await opener.bounding_box())
        assert abs(below["x"] - above["x"]) < 4 and 0 <= below["y"] - (above["y"] + above["height"]) < 12
    await close_by_escape(page, reply.get_by_role("button", name="React"))
    await expect(reply.get_by_role("button", name="React")).to_have_attribute("aria-expanded", "false")
