"""Puts the community's page into NiceGUI; the console serves it."""

from collections.abc import Callable
from pathlib import Path

from nicegui import Client, ui

from adapters.local.community import Community
from adapters.local.page.tab import Tab
from adapters.local.page.visit import Around

PATH = "/"
STYLE = Path(__file__).with_name("style.css")


def local_pages(community: Community, around: Around) -> Callable[[], None]:
    """A function that adds the page; the console calls it once it is ready for pages."""

    def put() -> None:
        style = STYLE.read_text(encoding="utf-8")

        @ui.page(PATH, title="Cameo", language="en-US")
        def page(client: Client, room: str = "") -> None:
            ui.add_css(style)
            Tab(community, around, client, room)

    return put
