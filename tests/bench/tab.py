"""A tab open on the local community's page, without a browser: when does a text reach it?"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio  # type: ignore[import-untyped]  # it ships no types

from tests.fakes.cameo import TOKEN, Cameo


class Tab:
    """Notes when the text that was last asked for first appears."""

    def __init__(self) -> None:
        self._wanted, self._came = "", asyncio.Event()
        self._at = 0.0

    def look_for(self, text: str) -> None:
        self._wanted = text
        self._came.clear()

    async def seen_at(self, patience: float = 30) -> float:
        """When the text appeared, in monotonic seconds. Raises TimeoutError."""
        async with asyncio.timeout(patience):
            await self._came.wait()
        return self._at

    def take(self, update: Any) -> None:
        if not self._came.is_set() and self._wanted in json.dumps(update):
            self._at = time.monotonic()
            self._came.set()


@asynccontextmanager
async def open_tab(running: Cameo, room: str) -> AsyncIterator[Tab]:
    """Fetches the page, and connects to its live updates as its script would."""
    assert running.http is not None
    entered = {"room": room, "token": TOKEN}  # the answer is a cookie that opens the page and its socket
    page = await running.http.get("/", params=entered, follow_redirects=True)
    client_id = re.search(r"client_id\W+([0-9a-f-]{36})", page.text)
    assert client_id is not None, "the page names no client"
    cookie = "; ".join(f"{name}={value}" for name, value in running.http.cookies.items())
    tab, socket = Tab(), socketio.AsyncClient()
    socket.on("update", tab.take)
    address = str(running.http.base_url)
    await socket.connect(address, {"Cookie": cookie}, ["websocket"], socketio_path="/_nicegui_ws/socket.io")
    known = {"client_id": client_id[1], "tab_id": "bench", "document_id": "bench", "next_message_id": 0}
    assert await socket.call("handshake", known), "the page did not take us for its tab"
    try:
        yield tab
    finally:
        await socket.disconnect()
