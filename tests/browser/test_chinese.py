"""A reader of Chinese finds no English word of ours, wherever they go."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from bot.types import Decision, Reply, State, Turn, Verdict
from tests.browser.conftest import SIZES, Visitor, at_rest, close_by_escape, dialog, keep_picture
from tests.browser.test_page import FACTS
from tests.fakes.local_house import LocalHouse
from tests.fakes.present import present

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = {
    "Cameo",
    "AI",
    "Mochi",
    "Pip",
    "kitchen",
    "workshop",
    "feed",
    "SmolLM2-135M",
    "data/token",
    "Enter",
    "Shift",
    "Ctrl",
}
WORD = re.compile(r"[A-Za-z][A-Za-z0-9/_-]+")
# What is read or shown: texts, and names and titles of elements; without what people say and are called.
TEXTS = """() => {
  const said = "article .text, article .title, article .name, .example, script, style, .speaker";
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const tag = walk.currentNode.parentElement;
    if (tag.closest(said) || !tag.checkVisibility()) continue;
    found.push(walk.currentNode.textContent.trim());
  }
  for (const tag of document.body.querySelectorAll("*")) {
    if (tag.closest(said) || !tag.checkVisibility()) continue;
    for (const name of ["aria-label", "title", "placeholder", "alt", "data-waiting", "data-over"]) {
      if (tag.matches("section.thread") && name === "aria-label") continue;
      if (tag.getAttribute(name)) found.push(tag.getAttribute(name));
    }
  }
  return found.filter(Boolean);
}"""


def english(texts: Iterable[str], names: Iterable[str]) -> set[str]:
    """The words in Latin letters that are neither names nor placeholders."""
    known = OURS | set(names)
    return {word for text in texts for word in WORD.findall(re.sub(r"\\{\\w+\\}|@\\w+", "", text)) if word not in known}


async def assert_chinese(page: Page, house: LocalHouse, where: str) -> None:
    names = {entry.message.author.name for entry in house.community.entries.values() if entry.message}
    texts = await page.evaluate(TEXTS)
    assert len(texts) > 1, where
    assert english(texts, [part for name in names for part in WORD.findall(name)]) == set(), where


async def test_a_word_of_ours_would_be_found() -> None:
    assert english(["想说点什么？", "Ana 回复 Why?"], ["Ana"]) == {"Why"}


async def test_no_english_on_the_page(visitor: Visitor, house: LocalHouse) -> None:
    house.speaker = "某个模型"
    page = await visitor.open(locale="zh-CN", room="workshop")
    await page.locator(".name-field input, .who input").first.fill("诺尔")
    await page.wait_for_function("localStorage.getItem('cameo-name') === '诺尔'")
    post = await house.community.post("workshop", "诺尔", "为什么沉下去？")
    place = present(post.message).thread
    await house.adapter.send(Reply(place, "多加点水。", post.id), "zh")
    await house.adapter.preview(place, post.id, "zh2", "再想想")
    decision = Decision(Verdict.SILENT, "share_of_voice", None, FACTS)
    house.decide(Turn("zh", place, post.id, "noor", "mochi", decision, State.STOPPED, datetime.now(UTC)))
    thread = page.locator("section.thread", has_text="为什么沉下去？")
    await expect(thread.locator("article.ours")).to_be_visible()
    await assert_chinese(page, house, "a room")
    for opener in await thread.locator("article button[aria-haspopup]").all():
        await opener.click()
        window = await dialog(page)
        for more in await window.locator("summary").all():
            await more.click()
            await expect(window.locator("dl")).to_be_visible()
        await assert_chinese(page, house, await opener.inner_text())
        await close_by_escape(page, opener)
    for room in ("kitchen", "feed"):
        await page.locator("nav button", has_text=room).click()
        await expect(page.locator("h1")).to_contain_text(room)
        await assert_chinese(page, house, room)
    box = page.locator(".composer textarea").first
    await box.fill("\u200b")
    await page.locator(".composer .main-button").first.click()
    await expect(page.locator(".composer .error").first).not_to_be_empty()
    await assert_chinese(page, house, "an error")
    await page.evaluate("document.getElementById('popup').ariaHidden = false")
    await expect(page.locator("#popup")).to_contain_text("连接断开了")
    await assert_chinese(page, house, "a lost connection")
    await at_rest(page.locator("#popup"))
    await keep_picture(page, "lost-desktop")


@pytest.mark.parametrize("size", SIZES)
async def test_no_english_at_the_door_and_where_nothing_is(visitor: Visitor, house: LocalHouse, size: str) -> None:
    page = await visitor.open(size, token=None, locale="zh-CN")
    await expect(page.locator("form")).to_be_visible()
    await assert_chinese(page, house, "the door")
    await keep_picture(page, f"door-zh-{size}")
    inside = await visitor.open(size, locale="zh-CN")
    await inside.goto(f"{house.address}/nowhere")
    await expect(inside.locator("h1")).to_have_text("这里什么也没有。")
    await assert_chinese(inside, house, "nowhere")
    await keep_picture(inside, f"nowhere-zh-{size}")
