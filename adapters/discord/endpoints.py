"""Where Discord is: the real one, or the server that the settings name instead (a proxy, a test server)."""

from collections.abc import Iterator
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route


@contextmanager
def pointed_at(api_url: str | None, gateway_url: str | None) -> Iterator[None]:
    """Points discord.py at other addresses and back again.

    The SDK keeps both as attributes of its classes, so they hold for the whole process: one Discord at a time.
    `api_url` includes the version ("http://127.0.0.1:8080/api/v10"). A session is resumed wherever its READY said.
    """
    api, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE = api_url.rstrip("/") if api_url else api
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url) if gateway_url else gateway
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = api, gateway
