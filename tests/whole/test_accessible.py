"""axe-core finds nothing serious on any page: one browser and one Cameo, in the states that people see."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Locator, Page, expect

from bot.console.pages.home import home_page
from bot.console.pages.trouble import trouble_page
from bot.types import Status
from tests.browser.conftest import SIZES, browser, close_by_escape, dialog, keep_picture
from tests.fakes.cameo import TOKEN, Cameo, cameo, scripted
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE

__all__ = ["browser"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOMS = [
    {"match": "local/*/feed", "persona": "pip", "join": "every_post"},
    {"match": "local/*/kitchen", "join": "unanswered", "hold_minutes": 5},
    {"match": "*", "join": "mentions"},
]
POPUPS = ["picker", "why", "sure"]
PATHS = ["/no/such/page", "/model", "/history"]  # besides the community
GRAVE = ("serious", "critical")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cameo]:
    async with ScriptedModel(answer) as model:
        folder: Path = tmp_path_factory.mktemp("accessible")
        async with cameo(folder, scripted(model.url, rooms=ROOMS)) as running:
            yield running


def answer(request: Request) -> Say:
    return Say("Fold it twice before it rests, and give it more water than you dare.")


@pytest_asyncio.fixture(loop_scope="module", params=["light-desktop-en-GB", "dark-phone-zh-CN"])
async def page(request: pytest.FixtureRequest, browser: Browser, running: Cameo) -> AsyncIterator[Page]:
    scheme, size, locale = request.param.split("-", 2)
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, locale=locale, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    yield page
    await context.close()


async def grave(page: Page) -> list[str]:
    """What axe-core finds that keeps somebody out, with the elements."""
    found = await Axe().run(page)
    return [
        f"{one['id']} ({one['impact']}): {[node['html'][:400] for node in one['nodes'][:5]]}"
        for one in found.response["violations"]
        if one["impact"] in GRAVE
    ]


async def test_the_community(page: Page, running: Cameo) -> None:
    assert running.http is not None
    name = f"Noor {await page.evaluate('navigator.language')}"
    asked = await running.post("workshop", name, "@mochi why does my bread sink?")
    await running.until_turn(asked["id"], "sent")
    await running.http.post(f"api/local/messages/{asked['id']}/reactions", json={"author": "Ana", "emoji": "🎉"})
    waits = await running.post("kitchen", "Ana", "Does anyone know how long pesto keeps in a fridge?")
    await running.until_turn(waits["id"], "waiting", "silent")  # silent: asked again
    address = f"{running.http.base_url}"
    await page.goto(f"{address}?token={TOKEN}&room=kitchen")
    await expect(page.locator(".outlook p").first).to_be_visible()
    assert await grave(page) == []
    await page.goto(f"{address}?room=workshop")
    await page.locator(".who input").fill(name)
    thread = page.locator("section.thread").first
    await expect(thread.locator("article.ours").first).to_be_visible()
    await expect(thread.locator(".chip").first).to_be_visible()
    await expect(thread.locator("article").first.locator(".actions button[aria-haspopup]")).to_have_count(len(POPUPS))
    for css in POPUPS:
        opener = await opened(page, thread, css)
        assert await grave(page) == [], css
        await keep_picture(page, f"open-{css}-{await page.evaluate('innerWidth')}")
        await close_by_escape(page, opener)


async def opened(page: Page, thread: Locator, css: str) -> Locator:
    """Opens a popup, which then lies under its button. Returns the button."""
    opener = thread.locator("article").first.locator(".actions button[aria-haspopup]").nth(POPUPS.index(css))
    await opener.click()
    window = await dialog(page)
    await expect(window).to_have_class(re.compile(css))
    await expect(opener).to_have_attribute("aria-expanded", "true")
    if css == "why":
        await window.locator("summary").click()
        await expect(window.locator("dl")).to_be_visible()
    return opener


async def test_the_other_pages(page: Page, running: Cameo) -> None:
    assert running.http is not None
    address = f"{running.http.base_url}".rstrip("/")
    await page.goto(address)  # without the token
    await expect(page.locator("form")).to_be_visible()
    assert await grave(page) == []
    await page.locator("input").fill("wrong")
    await page.locator("button").click()
    await expect(page.locator(".wrong")).to_be_visible()
    assert await grave(page) == []
    await page.goto(f"{address}/?token={TOKEN}")
    for path in PATHS:
        await page.goto(address + path)
        await expect(page.locator("h1")).to_be_visible()
        assert await grave(page) == [], path


async def test_the_plain_pages(page: Page) -> None:
    health = {"discord": Status.UP, "matrix": Status.REFUSED}
    for html in (home_page(shipped_words(), "zh", health), trouble_page("broken")):
        await page.set_content(html)
        assert await grave(page) == []
