"""Puts the community's page into NiceGUI; the console serves it."""

from collections.abc import Callable
from pathlib import Path

from nicegui import Client, ui

from adapters.local.community import Community
from adapters.local.page.tab import Tab
from adapters.local.page.visit import Around

PATH = "/"
MOST_AWAY = 20  # pages without a connection that are kept: just loaded, or reconnecting; each takes about 3 MB
STYLE = Path(__file__).with_name("style.css")


def local_pages(community: Community, around: Around) -> Callable[[], None]:
    """A function that adds the page; the console calls it once it is ready for pages."""

    def put() -> None:
        style = STYLE.read_text(encoding="utf-8")

        @ui.page(PATH, title="Cameo", language="en-US")
        def page(client: Client, room: str = "") -> None:
            forget_pages_away(MOST_AWAY)
            ui.add_css(style)
            Tab(community, around, client, room)

    return put


def forget_pages_away(most: int) -> None:
    """Deletes the oldest pages that no browser is connected to, but for so many. NiceGUI keeps each for a minute, so
    loading pages without opening them would fill the memory."""
    away = sorted((client for client in Client.instances.values() if _is_away(client)), key=lambda one: one.created)
    for client in away[: max(0, len(away) - most)]:
        client.delete()


def _is_away(client: Client) -> bool:
    return not client.has_socket_connection and client.page.path == PATH
