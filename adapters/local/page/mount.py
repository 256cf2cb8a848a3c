"""Puts the community's page into NiceGUI; the console serves it."""

from collections.abc import Callable
from pathlib import Path

from nicegui import Client, ui

from adapters.local.community import Community
from adapters.local.page.places import place_of
from adapters.local.page.tab import Tab
from adapters.local.page.visit import Around

PATH = "/"
STYLE = Path(__file__).with_name("style.css")
SCRIPT_NAMES = ("places.js", "complete.js", "composer.js", "spoilers.js", "focus.js")
SCRIPTS = [Path(__file__).with_name(name) for name in SCRIPT_NAMES]


def local_pages(community: Community, around: Around) -> Callable[[], None]:
    """A function that adds the page; the console calls it once it is ready for pages."""

    def put() -> None:
        style = STYLE.read_text(encoding="utf-8")
        script = "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)

        @ui.page(PATH, title="Cameo", language="en-US")
        def page(client: Client, room: str = "", post: str = "") -> None:
            ui.add_css(style)
            ui.add_head_html(f"<script>{script}</script>")
            Tab(community, around, client, place_of(community, room, post))

    return put
