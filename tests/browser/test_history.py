"""The page /history in a browser: a file is dropped, the dial is turned, moments are judged."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.measure.trial_results import FIRST_RISK, RISKS
from tests.browser.conftest import SIZES, keep_picture
from tests.fakes.history_house import TAGS, TOKEN, HistoryHouse, history, history_house
from tests.fakes.waiting import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")
HISTORY: Any = {"name": "help.jsonl", "mimeType": "application/json", "buffer": history()}
TURN = """async (step) => {
  const dial = document.getElementById("dial"), began = performance.now();
  dial.value = step;
  dial.dispatchEvent(new Event("input"));
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return [performance.now() - began, document.querySelector(".numbers dd").textContent];
}"""
DROP = """async ([name, text]) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name));
  document.getElementById("drop").dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true}));
}"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def served(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HistoryHouse]:
    async with history_house(tmp_path_factory.mktemp("history")) as house:
        yield house


async def opened(browser: Browser, house: HistoryHouse, size: str = "desktop", **how: Any) -> Page:
    width, height = SIZES[size]
    context = await browser.new_context(viewport={"width": width, "height": height}, **how)
    page = await context.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    await page.goto(f"{house.address}/history?token={TOKEN}")
    return page


async def test_from_a_file_to_verdicts_that_stay(browser: Browser, served: HistoryHouse) -> None:
    page = await opened(browser, served)
    await page.set_input_files("#files", HISTORY)
    await expect(page.locator(".numbers")).to_be_visible()
    await expect(page.locator("#progress")).to_be_hidden()
    replies = []
    for step in range(len(RISKS)):
        milliseconds, shown = await page.evaluate(TURN, step)
        print(f"step {step}: {milliseconds:.0f} ms, {shown} replies")
        replies.append(int(shown.replace(",", "")))
    assert len(set(replies)) > 1 and replies == sorted(replies)
    await page.locator("#dial").focus()
    for _ in range(len(RISKS) - 1 - RISKS.index(FIRST_RISK)):
        await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#meaning")).to_contain_text("Risk 25%")
    assert await page.locator("#dial").get_attribute("aria-valuetext") == await page.locator("#meaning").inner_text()
    await page.wait_for_function(f"page.parts.shown === page.results[{FIRST_RISK}]")  # no moments of another step
    moments = page.locator(".moment")
    await expect(page.locator(".judged")).to_have_text("0 of 20 judged")
    await moments.nth(0).get_by_role("button", name="Good moment").click()
    await moments.nth(1).get_by_role("button", name="Bad moment").click()
    await expect(page.locator(".judged")).to_have_text("2 of 20 judged here; 2 in this trial, 1 good (50%)")
    for _ in range(3):  # chosen, taken back, chosen
        await moments.nth(1).get_by_role("button", name="Good moment").click()
    await moments.nth(2).get_by_role("button", name="Good moment").click()
    await moments.nth(2).get_by_role("button", name="Good moment").click()
    told = "2 of 20 judged here; 2 in this trial, 2 good (100%)"
    await expect(page.locator(".judged")).to_have_text(told)
    await page.evaluate("page.judging")
    await expect(page.locator("a[href$='/risks/0.25/print']")).to_be_visible()
    await keep_picture(page, "history-desktop")
    await page.reload()
    await expect(page.locator(".judged")).to_have_text(told)
    phone = await opened(browser, served, "phone", locale="zh-CN", color_scheme="dark")
    await expect(phone.locator(".judged")).to_have_text("这一档判断了 2 / 20 个；这次试用共 2 个，2 个时机好（100%）")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await keep_picture(phone, "history-phone")
    assert [case.verdict for case in served.cases.read()] == ["good", "good"]


async def test_what_people_wrote_is_shown_as_they_wrote_it(browser: Browser, served: HistoryHouse) -> None:
    page = await opened(browser, served)
    await expect(page.locator(".moment").first).to_be_visible()
    await expect(page.locator("#progress")).to_be_hidden()
    assert TAGS in "".join(await page.locator(".questions q, .moment .text").all_text_contents())
    assert await page.locator("#found img").count() == 0 and "taken over" not in await page.title()


async def test_a_file_that_is_no_export_is_told_in_a_sentence(browser: Browser, served: HistoryHouse) -> None:
    page = await opened(browser, served)
    await expect(page.locator(".moment").first).to_be_visible()
    await page.evaluate(DROP, ["cat.json", json.dumps({"cat": "meows"})])
    problem = page.get_by_role("alert")
    await expect(problem).to_contain_text("cat.json")
    await expect(page.locator("#drop .big:not(.again)")).to_be_visible()
    await expect(page.locator(".moment")).to_have_count(0)


async def test_a_trial_that_another_tab_has_deleted_is_gone(browser: Browser, served: HistoryHouse) -> None:
    first = await opened(browser, served)
    await first.evaluate(DROP, ["help.jsonl", HISTORY["buffer"].decode()])
    await expect(first.locator(".numbers")).to_be_visible()
    second = await opened(browser, served)
    await expect(second.locator(".numbers")).to_be_visible()
    await second.locator("#delete").click()
    await expect(second.locator(".card.summary")).to_have_count(0)
    await first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await expect(first.locator(".card.summary")).to_have_count(0)
    assert served.trials.all() == []
