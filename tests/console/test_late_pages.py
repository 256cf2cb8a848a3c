"""The pages are built when the first one is asked for, once, and nothing else waits for that."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
from nicegui import core, ui
from nicegui.testing.general import nicegui_reset_globals

from bot.config.settings import ConsoleSettings
from bot.console.late_pages import LatePages, Mount
from bot.console.web import Console
from tests.fakes.waiting import PATIENCE, until

TOKEN = "t" * 20
HERE = "http://127.0.0.1"
AT_ONCE = 12  # requests


class Shelf:
    """Pages whose import waits for the test."""

    def __init__(self) -> None:
        self.may_be_read, self.asked, self.read, self.broken = threading.Event(), 0, 0, False

    def pages(self) -> list[Mount]:
        self.asked += 1
        assert self.may_be_read.wait(PATIENCE)
        if self.broken:
            raise ImportError("a page can't be imported")
        self.read += 1
        return [self._mount]

    def _mount(self) -> None:
        @ui.page("/leaf")
        def leaf() -> None:
            ui.label("a leaf")


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with nicegui_reset_globals():
        yield Shelf()


@asynccontextmanager
async def served(pages: Callable[[], list[Mount]]) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.Task[None]]]:
    """A visitor who is signed in, and the console's task."""
    console = Console(ConsoleSettings(port=0), TOKEN, health=dict, pages=pages)
    console.open()
    serving = asyncio.create_task(console.run())
    async with httpx.AsyncClient(base_url=console.address, trust_env=False, timeout=PATIENCE) as client:
        assert (await client.get("/", params={"token": TOKEN})).status_code == 303
        yield client, serving
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_a_console_whose_pages_nobody_opens_never_imports_them(shelf: Shelf) -> None:
    async with served(shelf.pages) as (client, _):
        assert (await client.get("/healthz")).status_code == 200
        assert (await client.get("/favicon.ico")).headers["content-type"] == "image/svg+xml"
        assert (await client.get("/api/none", headers={"authorization": f"Bearer {TOKEN}"})).status_code == 404
        async with httpx.AsyncClient(base_url=client.base_url, trust_env=False) as stranger:
            assert (await stranger.get("/leaf")).status_code == 401
    assert shelf.asked == 0 and not core.app.is_started


async def test_first_requests_at_once_build_the_pages_once(shelf: Shelf) -> None:
    async with served(shelf.pages) as (client, _):
        paths = ["/leaf", "/nowhere", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"] * (AT_ONCE // 3)
        asking = [asyncio.create_task(client.get(path)) for path in paths]
        await until(lambda: shelf.asked > 0)
        assert (await client.get("/healthz")).status_code == 200
        assert not any(one.done() for one in asking)
        shelf.may_be_read.set()
        answers = await asyncio.gather(*asking)
        assert [answer.status_code for answer in answers] == [200, 404, 200] * (AT_ONCE // 3)
        assert all("a leaf" in answer.text for answer in answers[::3])
        assert all(answer.text.startswith('0{"sid"') for answer in answers[2::3])
        assert (await client.get("/leaf")).status_code == 200
        assert (shelf.asked, core.app.is_started) == (1, True)
    assert core.app.is_stopped


async def test_a_request_that_is_cancelled_takes_the_pages_from_no_other(shelf: Shelf) -> None:
    late = LatePages(shelf.pages)
    async with late.lifespan(None), httpx.AsyncClient(transport=httpx.ASGITransport(late), base_url=HERE) as client:
        leaving, staying = (asyncio.create_task(client.get("/leaf")) for _ in range(2))
        await until(lambda: shelf.asked > 0)
        leaving.cancel()
        await asyncio.wait((leaving,))
        shelf.may_be_read.set()
        assert "a leaf" in (await staying).text
    assert leaving.cancelled() and shelf.read == 1


async def test_a_stop_while_the_pages_are_built_is_an_end(shelf: Shelf) -> None:
    async with served(shelf.pages) as (client, serving):
        asking = asyncio.create_task(client.get("/leaf"))
        await until(lambda: shelf.asked > 0)
        serving.cancel()
        shelf.may_be_read.set()
        async with asyncio.timeout(PATIENCE):
            await asyncio.wait((serving,))
        await asyncio.gather(asking, return_exceptions=True)
    assert serving.cancelled() and core.app.is_stopped


async def test_pages_that_are_broken_leave_the_rest_in_order(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.broken = True
    shelf.may_be_read.set()
    async with served(shelf.pages) as (client, serving):
        assert [(await client.get("/leaf")).status_code for _ in range(2)] == [500, 500]
        assert (await client.get("/healthz")).status_code == 200
    assert shelf.asked == 1 and "a page can't be imported" in caplog.text
    assert serving.cancelled()
