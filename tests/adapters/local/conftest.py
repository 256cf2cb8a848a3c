"""The local adapter with a fake core and a clock that does not move by itself."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.api import local_router
from bot.console.auth import Auth
from bot.console.web import build_app
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import JOINS, TOKEN, local_adapter, running


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.fixture
async def adapter(core: FakeCore, clock: VirtualClock) -> AsyncIterator[LocalAdapter]:
    async with running(local_adapter(core, clock=clock), core) as adapter:
        yield adapter


@pytest.fixture
async def api(adapter: LocalAdapter) -> AsyncIterator[httpx.AsyncClient]:
    """The JSON API, for a client with the right token."""
    router = local_router(adapter.community, lambda room: JOINS[room.id].join)
    app = Auth(build_app(lambda: {}, [router]), TOKEN, ("testserver",))
    transport = httpx.ASGITransport(app)
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        yield client
