"""The page on a phone: little above the talk, nothing wrapped or covered, everything large enough for a finger."""

import pytest
from playwright.async_api import Page, expect

from bot.types import Reply
from tests.browser.conftest import Visitor, keep_picture
from tests.fakes.local_house import LocalHouse
from tests.fakes.present import present

pytestmark = pytest.mark.asyncio(loop_scope="module")

FINGER = 40  # px, each way
SHARE = 0.25  # of the first screen, at most, for header and composer
MARGIN = 16  # px around a card
# What can be pressed and is smaller; a small badge may have its larger ground as ::after.
SMALL = """least => [...document.querySelectorAll("button, a[href], input, textarea, summary")]
  .filter((one) => one.checkVisibility())
  .map((one) => {
    const box = one.getBoundingClientRect(), more = getComputedStyle(one, "::after");
    const grown = (side) => more.position === "absolute" ? -parseFloat(more[side]) || 0 : 0;
    const width = box.width + grown("left") + grown("right"), height = box.height + grown("top") + grown("bottom");
    return [one.className, one.innerText, Math.round(width), Math.round(height)];
  })
  .filter(([, , width, height]) => width < least || height < least)"""


async def lines(page: Page, css: str) -> list[int]:
    """How many lines each of the elements takes."""
    found: list[int] = await page.locator(css).evaluate_all(
        "all => all.map(one => { const range = document.createRange(); range.selectNodeContents(one);"
        " return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size })"
    )
    return found


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568)])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
async def test_a_phone_shows_the_talk(
    visitor: Visitor, house: LocalHouse, width: int, height: int, locale: str
) -> None:
    page = await visitor.open("phone", locale=locale)
    await page.set_viewport_size({"width": width, "height": height})
    post = await house.community.post("kitchen", "Ana", "Which flour?")
    await house.adapter.send(Reply(present(post.message).thread, "The old one.", post.id), f"phone {width} {locale}")
    await expect(page.locator("article.ours", has_text="The old one.").first).to_be_visible()
    composer = present(await page.locator(".composer").first.bounding_box())
    steps = page.locator(".first-steps")  # a newcomer's, until it is closed for good
    taken = present(await steps.bounding_box())["height"] if await steps.count() else 0
    if height == 844:
        assert composer["y"] + composer["height"] - taken <= SHARE * height + MARGIN
    assert await lines(page, ".joins, .speaker, .room-name, h1") == [1] * 6
    await house.community.post("workshop", "Rosa", "Something new")
    dot = page.locator("nav .has-fresh .fresh")
    await expect(dot).to_be_visible()
    name = present(await page.locator("nav .has-fresh .room-name").bounding_box())
    assert present(await dot.bounding_box())["x"] >= name["x"] + name["width"]
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate(SMALL, FINGER) == []
    await keep_picture(page, f"phone-{width}-{locale[:2]}")
