"""How long the page /history takes, in Chromium: from a dropped file to what it shows, and from step to step of the
dial.

    python -m tests.bench.history_page FILE
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import Page, async_playwright

from bot.measure.trial_results import RISKS
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.test_history import TURN
from tests.fakes.history_house import TOKEN, history_house

PATIENCE_MS = 900_000.0  # for a loaded machine


async def measure(page: Page, file: Path) -> None:
    begun = time.perf_counter()

    def tell(what: str) -> None:
        print(f"{what:24} {time.perf_counter() - begun:6.1f} s", flush=True)

    await page.set_input_files("#files", file)
    await page.locator("#stage", has_text="Reading").wait_for()
    tell("sent")
    await page.locator("#sofar, .dial .numbers").first.wait_for()
    tell("first figures shown")
    await page.locator(".dial .numbers").wait_for()
    tell("first step whole")
    await page.locator("#progress").wait_for(state="hidden")
    tell("all steps ready")
    took = []
    for step in [*range(len(RISKS)), *reversed(range(len(RISKS)))]:
        milliseconds, _ = await page.evaluate(TURN, step)
        took.append(milliseconds)
        await page.wait_for_timeout(500)
    print(f"a step of the dial: median {sorted(took)[len(took) // 2]:.0f} ms, longest {max(took):.0f} ms")


async def main(file: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with history_house(Path(folder)) as house, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            page = await (await browser.new_context(viewport={"width": 1440, "height": 900})).new_page()
            page.set_default_timeout(PATIENCE_MS)
            await page.goto(f"{house.address}/history?token={TOKEN}")
            await measure(page, file)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
