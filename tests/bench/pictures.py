"""Makes the README's pictures from the running product, in Chromium: a still in light and dark, and a moving one.

make pictures [ARGS="--folder docs/pictures"]
"""

import argparse
import asyncio
import io
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from tests.bench.first_minute import started
from tests.browser.conftest import ARGUMENTS, chromium
from tests.fakes.cameo import ROOT

FOLDER = ROOT / "docs" / "pictures"
STILL, MOVING = (1080, 760), (860, 760)  # CSS pixels; GitHub shows at most about 900
SHARP = 2.0  # device pixels per CSS pixel of the stills
NAME = "Noor"
# The seconds of the countdown that are shown, and for how many milliseconds each.
SHOWN = {60: 900, 59: 700, 58: 700, 57: 700, 50: 250, 40: 250, 30: 250, 20: 250, 10: 250, 3: 700, 2: 700, 1: 700}
BEGIN_MS, PRESSED_MS, END_MS = 1500, 600, 5000
# True once the countdown has come to so many seconds, or to fewer on a busy machine.
LEFT = r"""seconds => {
  const left = document.querySelector("[role=timer]").textContent.match(/(\d+) s\b/);
  return left && Number(left[1]) <= seconds;
}"""
QUALITY = 82  # of WebP: letters stay sharp
PATIENCE_MS = 120_000


def laid_out(folder: Path) -> Path:
    """A folder that looks like a clone of this working tree, on a free port."""
    for name in ("bot", "adapters", "personas"):
        (folder / name).symlink_to(ROOT / name)
    config = (ROOT / "config.yaml").read_text(encoding="utf-8")
    (folder / "config.yaml").write_text(config.replace("port: 8765", "port: 0"), encoding="utf-8")
    return folder


async def visited(browser: Browser, home: str, size: tuple[int, int], scale: float) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    context = await browser.new_context(viewport=viewport, device_scale_factor=scale, locale="en-US")  # type: ignore[arg-type]
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    await page.goto(home)
    await page.locator(".composer").first.wait_for()
    await page.get_by_label("Your name").fill(NAME)
    await page.wait_for_function("name => localStorage.getItem('cameo-name') === name", arg=NAME)
    await page.mouse.move(0, 0)
    return page


async def picture(page: Page) -> Image.Image:
    await page.evaluate("document.activeElement?.blur()")
    png = await page.screenshot(animations="disabled")
    return Image.open(io.BytesIO(png)).convert("RGB")


async def stills(browser: Browser, home: str, folder: Path) -> None:
    """The first step taken: a question, and the pointer's answer."""
    page = await visited(browser, home, STILL, SHARP)
    await page.locator("[data-step=ask]").click()
    await page.locator("section.thread", has_text="espresso").first.locator("article.ours .text").wait_for()
    for scheme, name in (("light", "community"), ("dark", "community-dark")):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        shown = await picture(page)
        shown.quantize(256, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)
    await page.context.close()


async def moving(browser: Browser, home: str, folder: Path) -> None:
    """The second step: a question waits for people, counts down, and is pointed at."""
    page = await visited(browser, home, MOVING, 1.0)
    frames = [(await picture(page), BEGIN_MS)]
    await page.locator("[data-step=wait]").hover()
    frames.append((await picture(page), PRESSED_MS))
    await page.locator("[data-step=wait]").click()
    await page.mouse.move(0, 0)
    thread = page.locator("section.thread", has_text=f"{NAME}").first
    timer = thread.get_by_role("timer")
    await timer.wait_for()
    for second, milliseconds in SHOWN.items():
        await page.wait_for_function(LEFT, arg=second)
        frames.append((await picture(page), milliseconds))
    answer = thread.locator("article.ours .text")
    await answer.wait_for()
    await thread.locator(".unfinished").wait_for(state="detached")
    frames.append((await picture(page), END_MS))
    await page.context.close()
    images, lasting = zip(*frames, strict=True)
    images[0].save(
        folder / "waiting.webp", save_all=True, append_images=images[1:], duration=lasting, loop=0, quality=QUALITY
    )


async def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cameo-pictures-") as place:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            home_of = laid_out(Path(place))
            for make in (stills, moving):
                async with started(home_of, quick=True) as home:
                    await make(browser, home, folder)
            await browser.close()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where to")
    folder, begun = parser.parse_args().folder, time.monotonic()
    asyncio.run(_make(folder))
    for file in sorted(folder.iterdir()):
        print(f"{file}: {file.stat().st_size / 1000:.0f} kB")
    print(f"{time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    _main()
