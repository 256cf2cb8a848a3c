"""The frame of the console's own NiceGUI pages: their style, the way back, and the heading."""

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import Client, ui

from bot.console.pages.elements import say_language, tag
from bot.console.pages.frame import FOLDER
from bot.explain.words import Words


@contextmanager
def sheet(client: Client, words: Words, language: str, title: str, style: str = "") -> Iterator[None]:
    """Draws the frame; what is drawn inside comes below the heading. `style` is the page's own file of styles."""
    for name in filter(None, ("sheet.css", style)):
        ui.add_css((FOLDER / name).read_text(encoding="utf-8"))
    client.title = f"{title} · Cameo"
    say_language(client, language)
    with tag("div", css="sheet"):
        tag("a", f"← {words.say('model.back', language)}", "back", href="/")
        tag("h1", title)
        yield
