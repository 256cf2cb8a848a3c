"""Pictures of a page in two sizes, light and dark, and a page that shows them side by side."""

from html import escape
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
# Scrolls an element to the top, if one is named; the page is then drawn, with what was out of sight before.
SETTLED = """at => {
  if (at) document.querySelector(at).scrollIntoView();
  return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
HEAD = """<!doctype html><meta charset="utf-8"><title>Cameo's first minute</title>
<style>body { font: 16px system-ui; margin: 2rem; background: #eee; color: #222 }
div { display: flex; gap: 1rem; align-items: start; overflow-x: auto }
figure { margin: 0 } img { display: block; height: 30rem; border: 1px solid #999 }</style>
"""


class Album:
    """Keeps pictures in `folder`; None keeps none."""

    def __init__(self, folder: Path | None):
        self._folder = folder
        self._kept: dict[str, list[str]] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)

    async def keep(self, page: Page, name: str, language: str, *, whole: bool = False, at: str = "") -> None:
        """Takes the page as it is now in every size and scheme; `whole`: all of it, not only what fits the window;
        `at`: from this element on."""
        if self._folder is None:
            return
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                await page.emulate_media(color_scheme=scheme)
                await page.evaluate(SETTLED, at)
                file = f"{name}-{language}-{size}-{scheme}.png"
                await page.screenshot(path=self._folder / file, full_page=whole, animations="disabled")
                self._kept.setdefault(name, []).append(file)
        await page.emulate_media(color_scheme=SCHEMES[0])

    def bind(self) -> Path | None:
        """Writes index.html, a row for each name; returns its path."""
        if self._folder is None:
            return None
        rows = []
        for name, files in self._kept.items():
            figures = (
                f'<figure><a href="{file}"><img src="{file}" alt=""></a><figcaption>{file}</figcaption></figure>'
                for file in map(escape, files)
            )
            rows.append(f"<h2>{escape(name)}</h2><div>{''.join(figures)}</div>")
        path = self._folder / "index.html"
        path.write_text(HEAD + "\n".join(rows), encoding="utf-8")
        return path
