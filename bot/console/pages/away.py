"""Bounds the pages that no browser is connected to.

NiceGUI keeps a page for a minute after it was loaded, or after its browser has left, so loading pages without opening
them would fill the memory.
"""

from nicegui import Client
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_AWAY = 20  # pages without a connection that are kept: just loaded, or reconnecting; each takes about 3 MB
ASSETS = "/_nicegui"  # scripts, styles and the websocket: requests that load no page


class BoundedPages:
    """ASGI middleware: a request that may load a page first deletes the oldest pages that nobody looks at."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(ASSETS):
            forget_pages_away(MOST_AWAY)
        await self._app(scope, receive, send)


def forget_pages_away(most: int) -> None:
    """Deletes the oldest pages, of any path, that no browser is connected to, but for so many."""
    away = sorted((page for page in Client.instances.values() if not page.has_socket_connection), key=_created)
    for page in away[: max(0, len(away) - most)]:
        page.delete()


def _created(page: Client) -> float:
    return page.created
