"""A newcomer's first minutes: the real process and a real browser, from the printed address to an explained reply."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.conftest import SIZES, browser, close_by_escape, dialog, fits, keep_picture
from tests.fakes.cameo import Cameo, cameo, scripted
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.fakes.waiting import PATIENCE

__all__ = ["browser"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOMS = [
    {"match": "local/*/feed", "persona": "pip", "join": "every_post"},
    {"match": "local/*/kitchen", "join": "unanswered", "hold_minutes": 1},
    {"match": "*", "join": "mentions"},
]
ANSWER = (
    "Try folding it twice before it rests. Rye has little gluten, so it needs acid more than it needs kneading. "
    "How long does yours rest before it goes into the oven?"
)
COMMENT = "Nine kilos of soup says you never have to explain yourself again."


class Pen:
    """Writes the answer step by step, as the test reads it, and a comment for the feed."""

    def __init__(self) -> None:
        self.may_go_on, self.may_end = asyncio.Event(), asyncio.Event()

    def write(self, request: Request) -> Say:
        return Say(COMMENT) if "soup" in request.last_user else Say(ANSWER, piece=9, before=self._hold)

    async def _hold(self, said: str) -> None:
        if said.startswith("Try folding"):
            await self.may_go_on.wait()
        if "gluten" in said:
            await self.may_end.wait()


@asynccontextmanager
async def visiting(browser: Browser, running: Cameo, size: str) -> AsyncIterator[Page]:
    """A tab at the printed address, with its token, in a new browser profile."""
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height}, has_touch=size == "phone")
    problems: list[str] = []
    page = await context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    address = running.printed[-1].split()[-1]
    page.on("request", lambda asked: None if asked.url.startswith(HERE) else problems.append(asked.url))
    await page.goto(address)
    await page.locator(".composer").first.wait_for()
    assert "token" not in page.url
    yield page
    await context.close()
    assert problems == []


HERE = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")


async def write(page: Page, text: str) -> Locator:
    """Posts, and returns the thread."""
    await page.get_by_label("What's on your mind?").fill(text)
    await page.get_by_role("button", name="Post", exact=True).click()
    thread = page.locator("section.thread", has_text=text)
    await expect(thread).to_be_visible()
    return thread


async def go_to(page: Page, room: str) -> None:
    await page.get_by_role("button", name=f"# {room}").click()
    await expect(page.get_by_role("heading", name=f"# {room}")).to_be_visible()


async def no_sideways_scroll(page: Page) -> None:
    wide, inner = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner


@pytest.mark.parametrize("size", SIZES)
async def test_a_newcomer_calls_mochi_and_watches_it_write(browser: Browser, tmp_path: Path, size: str) -> None:
    pen = Pen()
    async with (
        ScriptedModel(pen.write) as model,
        cameo(tmp_path, scripted(model.url, rooms=ROOMS)) as running,
        visiting(browser, running, size) as page,
    ):
        await keep_picture(page, f"app-arrived-{size}")
        await page.get_by_label("Your name").fill("Noor")
        await go_to(page, "workshop")
        thread = await write(page, "@mochi why does my rye bread always sink?")
        await watch_it_grow(page, thread, size, pen)
        await expect(thread.locator("article.ours .text")).to_have_text(ANSWER)
        await expect(thread.locator("article.ours .badge")).to_have_text("AI")
        await expect(thread.locator("article.ours .name")).to_have_text("Mochi")
        await expect(thread.locator(".unfinished")).to_have_count(0)
        await no_sideways_scroll(page)
        await keep_picture(page, f"app-answered-{size}")
        await ask_why(page, thread, size)
        await go_to(page, "feed")
        shown = await write(page, "I won the raffle: nine kilos of soup.")
        await expect(shown.locator("article.ours .text")).to_have_text(COMMENT)
        await expect(shown.locator("article.ours .name")).to_have_text("Pip")
        await no_sideways_scroll(page)
        await keep_picture(page, f"app-feed-{size}")
        assert [len(texts) for texts in (await running.replies("workshop")).values()] == [1]
        await look_at_what_is_next(page)


async def watch_it_grow(page: Page, thread: Locator, size: str, pen: Pen) -> None:
    """The preview shows the beginning of the answer, then more of it; only then is the message there."""
    preview = thread.locator(".unfinished .text")
    await expect(preview).to_have_text(re.compile("^Try folding"))
    early = await preview.inner_text()
    pen.may_go_on.set()
    await expect(preview).to_have_text(re.compile("^Try folding.*gluten"))
    later = await preview.inner_text()
    assert ANSWER.startswith(early) and len(early) < len(later) < len(ANSWER)
    assert await thread.locator("article.ours").count() == 0
    await keep_picture(page, f"app-preview-{size}")
    pen.may_end.set()


async def look_at_what_is_next(page: Page) -> None:
    """The card leads to pages that are there."""
    await page.locator(".first-steps").get_by_role("button", name="Skip").click()
    links = page.locator(".next-steps a")
    await expect(links).to_have_count(2)
    for link in await links.all():
        there = await page.request.get(urljoin(page.url, await link.get_attribute("href")))
        assert there.status == 200


async def ask_why(page: Page, thread: Locator, size: str) -> None:
    opener = thread.locator("article.ours").get_by_role("button", name="Why?")
    await opener.click()
    window = await dialog(page)
    await expect(window.locator("p")).to_have_text("I was called, so I answered.")
    await window.get_by_text("How that came about").click()
    await expect(window).to_contain_text("it calls Cameo")
    await expect(window).to_contain_text("it answered")
    await expect(window).to_contain_text("Noor: “@mochi why does my rye bread always sink?”")
    await expect(window).to_contain_text("written by scripted")
    await expect(window).not_to_contain_text("tokens")
    await fits(window)
    await keep_picture(page, f"app-why-{size}")
    await close_by_escape(page, opener)


async def test_without_any_key_a_toy_answers_and_the_page_says_so(browser: Browser, tmp_path: Path) -> None:
    builtin = {"writer": ["builtin"], "models": {"builtin": {"builtin": "smollm2-135m"}}}
    async with cameo(tmp_path, builtin) as running, visiting(browser, running, "phone") as page:
        await expect(page.get_by_text("only a toy, so expect little")).to_be_visible()
        await page.get_by_label("Your name").fill("Noor")
        await go_to(page, "workshop")
        thread = await write(page, "@cameo what is a good name for a cat?")
        ours = thread.locator("article.ours .text")
        await expect(ours).to_have_text(re.compile(r"\w"))
        await expect(thread.locator(".unfinished")).to_have_count(0)
        [texts] = (await running.replies("workshop")).values()
        assert texts == [await ours.inner_text()]
        await keep_picture(page, "app-toy-phone")
