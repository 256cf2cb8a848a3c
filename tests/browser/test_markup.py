"""Markdown as a person sees it: it fits the page, covers what is covered, and loads nothing from elsewhere."""

import pytest
from playwright.async_api import expect

from bot.types import Reply
from tests.browser.conftest import SIZES, Visitor, keep_picture
from tests.fakes.local_house import LocalHouse

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXT = """# Rye, the short way
**Fold** it *twice*, @Ana, ~~no kneading~~ and `wait`. ||It rises **anyway**.||

> Nine kilos of soup
> says a [friend](https://soup.example/a/very/long/path), see https://rye.example/why

1. flour
2. water
   - cold

```
if dough.is_flat(): wait(hours=2)  # a line of code that is longer than the page of a phone is wide
```
![a loaf](https://rye.example/loaf.png)
مرحبا @小明
你好@小明，看https://a.example/茶"""


@pytest.mark.parametrize("size", SIZES)
async def test_markdown_fits_and_covered_text_is_shown_when_pressed(
    visitor: Visitor, house: LocalHouse, size: str
) -> None:
    await house.community.post("feed", "小明", "hello")
    post = await house.community.post("feed", "Mira", TEXT)
    assert post.message is not None
    await house.adapter.send(Reply(post.message.thread, TEXT, post.id), f"markup-{size}")
    how = {"color_scheme": "dark"} if size == "phone" else {}
    page = await visitor.open(size, room="feed", **how)
    texts = page.locator("section.thread").first.locator("article .text")
    await expect(texts).to_have_count(2)
    assert await texts.nth(0).inner_html() == await texts.nth(1).inner_html(), "members' and ours are read alike"
    await keep_picture(page, f"markup-{size}")
    await expect(texts.first.locator("img")).to_have_count(0)
    await expect(texts.first.locator(".named")).to_have_text(["@Ana", "@小明", "@小明"])
    wide, inner = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= inner
    covered = texts.first.get_by_role("button", name="Covered text")
    assert await covered.evaluate("one => getComputedStyle(one).color") == "rgba(0, 0, 0, 0)"
    await covered.press("Enter")
    await expect(covered).to_have_count(0)
    await expect(texts.first.get_by_text("It rises anyway.")).to_be_visible()
