"""Back, Forward and links to posts."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def settled(page: Page, message: str) -> float:
    """The distance of a message from the top of the window, once scrolling has been noted by the browser."""
    await page.wait_for_function("history.state && history.state.at")
    return float(await page.locator(f"[data-id='{message}']").evaluate("one => one.getBoundingClientRect().top"))


async def heading(page: Page, room: str) -> None:
    await expect(page.get_by_role("heading", name=f"# {room}")).to_be_visible()


async def test_back_and_forward_return_to_rooms_and_places(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    await page.locator("[data-id='seed01']").evaluate("one => one.scrollIntoView()")
    before = await settled(page, "seed01")
    await page.get_by_role("button", name="# workshop").click()
    await heading(page, "workshop")
    await expect(page).to_have_url(re.compile("room=workshop"))
    await page.get_by_role("button", name="# feed").click()
    await heading(page, "feed")
    await page.wait_for_function("scrollY === 0")
    await page.go_back()
    await heading(page, "workshop")
    await house.community.post("kitchen", "Ana", "What came meanwhile moves all the others down.\n" * 9)
    await page.go_back()
    await heading(page, "kitchen")
    await page.wait_for_function(
        "was => Math.abs(document.querySelector('[data-id=seed01]').getBoundingClientRect().top - was) < 3", arg=before
    )
    await page.go_forward()
    await heading(page, "workshop")
    await page.reload()
    await heading(page, "workshop")


async def test_a_link_leads_to_its_message_in_an_older_and_folded_thread(visitor: Visitor, house: LocalHouse) -> None:
    old = await house.community.post("feed", "Ana", "An old post")
    wanted = await house.community.post("feed", "Ben", "The answer that everybody links to", thread=old.id)
    for number in range(12):
        await house.community.post("feed", "Ben", f"Comment {number}", thread=old.id)
    for number in range(13):
        await house.community.post("feed", "Ana", f"Newer post {number}")
    page = await visitor.open()
    assert wanted.message is not None
    await page.goto(house.address + house.adapter.link(wanted.message.thread, wanted.id))
    shown = page.locator(f"[data-id='{wanted.id}']")
    await expect(shown).to_be_in_viewport(ratio=1)
    await expect(shown).to_have_class(re.compile("pointed"))
    await expect(shown).to_be_focused()
    await keep_picture(page, "pointed-desktop")
    ids = await page.locator(".thread .first article").evaluate_all("all => all.map(one => one.dataset.id)")
    assert ids == sorted(ids, key=lambda id_: -house.community.entries[id_].order), "each thread at its place"
    await page.get_by_role("button", name="# kitchen").click()
    await heading(page, "kitchen")
    await page.evaluate(f"location.hash = '{wanted.id}'")
    await heading(page, "feed")
    await expect(shown).to_be_in_viewport()


async def test_what_is_not_there_is_said_kindly(visitor: Visitor, house: LocalHouse) -> None:
    page = await visitor.open()
    for address, said in (
        ("/?room=attic", "There is no room called attic here. This is # kitchen."),
        ("/?room=feed#m123", "That message isn't here any more"),
        ("/?room=feed&post=m123", "That message isn't here any more"),
    ):
        await page.goto(house.address + address)
        await expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
    await page.get_by_role("button", name="# workshop").click()
    await expect(page.get_by_text("isn't here any more")).to_have_count(0)
