"""A real headless Chromium on the real page. Without a browser these tests are skipped with a warning; in CI they
fail."""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nicegui.testing.general import nicegui_reset_globals
from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, async_playwright, expect

from tests.fakes.local_house import TOKEN, LocalHouse, open_house
from tests.fakes.waiting import PATIENCE

ARTEFACTS = Path(__file__).parent.parent / "artefacts"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without them each tab starts two more pages, for suggestions below an address that nobody types: half of the processor
# time of an empty tab (0.6 s, now 0.3 s). Of several options of this name the last one counts, so those of Playwright's
# own that matter here are repeated.
NOT_NEEDED = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "PreloadTopChromeWebUI"),
    *("DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "MediaRouter"),
    *("PaintHolding", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
)
ARGUMENTS = [
    f"--disable-features={','.join(NOT_NEEDED)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}


def chromium() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if chromium() is None:
        terminalreporter.section("NO BROWSER", sep="!", red=True)
        terminalreporter.line("The page was NOT tested: install chromium (Debian: apt-get install chromium).")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    path = chromium()
    if path is None:
        (pytest.fail if os.environ.get("CI", "").casefold() == "true" else pytest.skip)("no chromium: page NOT tested")
    expect.set_options(timeout=1000 * PATIENCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def house(browser: Browser) -> AsyncIterator[LocalHouse]:
    """Stops at the end while a page is still open, which must not delay it."""
    with nicegui_reset_globals():
        async with AsyncExitStack() as open_until_the_end:
            house = await open_until_the_end.enter_async_context(open_house(seed=True, pages=True))
            yield house
            looking = Visitor(browser, house)
            await looking.open()
            async with asyncio.timeout(PATIENCE):
                await open_until_the_end.aclose()
        await looking.leave()


class Visitor:
    """A person with a browser: opens tabs of one size, with the token or without."""

    def __init__(self, browser: Browser, house: LocalHouse):
        self._browser, self._house = browser, house
        self.problems: list[str] = []
        self._contexts: list[BrowserContext] = []

    async def open(
        self, size: str = "desktop", *, room: str = "kitchen", token: str | None = TOKEN, secret: str = "", **how: Any
    ) -> Page:
        width, height = SIZES[size]
        context = await self._browser.new_context(viewport={"width": width, "height": height}, **how)
        context.set_default_timeout(1000 * PATIENCE)
        self._contexts.append(context)
        if secret:
            await context.add_init_script(f"try {{ localStorage['cameo-browser'] = '{secret}' }} catch {{}}")
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", self._notice)
        await page.goto(f"{self._house.address}/?room={room}" + (f"&token={token}" if token else ""))
        if token:
            await page.locator(".composer").first.wait_for()
        return page

    async def called(self, name: str, size: str = "desktop", *, browser: str = "", **how: Any) -> Page:
        """A tab of the person with this name, who has one browser in all tests; in another browser by its secret."""
        secret = browser or hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        page = await self.open(size, secret=secret, **how)
        await page.get_by_label("Your name").fill(name)
        await page.wait_for_function("name => localStorage.getItem('cameo-name') === name", arg=name)
        return page

    def _notice(self, request: Request) -> None:
        if not request.url.startswith((self._house.address, "data:", "blob:")):
            self.problems.append(f"asked another host: {request.url}")

    async def leave(self) -> None:
        for context in self._contexts:
            await context.close()
        assert self.problems == []


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser, house: LocalHouse) -> AsyncIterator[Visitor]:
    visitor = Visitor(browser, house)
    yield visitor
    await visitor.leave()


FITS = """one => {
  const box = one.getBoundingClientRect(), margin = 8;
  return box.left >= margin && box.right <= innerWidth - margin && box.top >= 0 && box.bottom <= innerHeight;
}"""


async def dialog(page: Page) -> Locator:
    """The one open dialog, once it takes keys and lies where it stays: it comes from the server, and a key that is
    pressed before it holds the focus goes elsewhere."""
    await expect(page.locator("[role=dialog]:focus-within")).to_be_visible()
    window = page.get_by_role("dialog")
    await expect(window).to_have_count(1)
    await at_rest(window)
    return window


async def close_by_escape(page: Page, opener: Locator) -> None:
    """Closes the open dialog with the Escape key; its button has the focus again."""
    await dialog(page)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(opener).to_be_focused()


async def at_rest(element: Locator) -> None:
    """Waits until the element is not moving or fading."""
    await element.evaluate("one => Promise.allSettled(one.getAnimations().map(each => each.finished))")


async def fits(window: Locator) -> None:
    """Waits until all of the element is on the screen."""
    await window.page.wait_for_function(FITS, arg=await window.element_handle())


async def keep_picture(page: Page, name: str) -> None:
    ARTEFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTEFACTS / f"{name}.png")
