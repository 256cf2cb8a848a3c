"""A room shows the examples of what we would do there, and none of our lines where we would not have said them."""

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.api import local_router
from adapters.local.entries import Entry
from adapters.local.examples import HAPPENS, SPEAKS, is_example, is_unsaid
from adapters.local.page.example import explained, outlook
from adapters.local.page.visit import Around, Joining, Visit
from bot.console.auth import Auth
from bot.console.web import build_app
from tests.adapters.local.test_seed import planted, said
from tests.fakes.clock import VirtualClock
from tests.fakes.core import FakeCore
from tests.fakes.local_house import JOINS, TOKEN, local_adapter, running
from tests.fakes.shipped import shipped_words

WAYS = (*sorted(SPEAKS), "watch", "off")


@pytest.fixture
async def seeded() -> AsyncIterator[LocalAdapter]:
    core = FakeCore()
    async with running(local_adapter(core, seed=True, clock=VirtualClock()), core) as adapter:
        yield adapter


def visit(adapter: LocalAdapter, joins: dict[str, str]) -> Visit:
    async def explain(message_id: str, language: str) -> None:
        return None

    around = Around(shipped_words().say, lambda room: Joining(joins[room.id], 1), lambda language: "", explain)
    return Visit(adapter.community, around, "en", lambda code: None)


def test_every_example_happens_in_its_room_as_it_is_joined_at_first() -> None:
    examples = [entry for entry in planted() if entry.example]
    assert {entry.example for entry in examples} == set(HAPPENS)
    assert all(is_example(entry, JOINS[entry.room_id].join) for entry in examples)
    assert not any(is_unsaid(entry, JOINS[entry.room_id].join) for entry in planted())


@pytest.mark.parametrize("join", WAYS)
def test_our_lines_are_shown_only_where_we_would_say_them(join: str) -> None:
    for entry in planted():
        unsaid = is_unsaid(entry, join)
        assert unsaid == (said(entry).author.is_self and join not in HAPPENS.get(entry.example, ()))
        assert not (unsaid and not said(entry).author.is_self), "what people say always stays"
        if join in ("watch", "off"):
            assert unsaid == said(entry).author.is_self and not is_example(entry, join)


async def test_a_watched_room_shows_no_word_of_ours_and_every_word_of_people(seeded: LocalAdapter) -> None:
    joins = {name: how.join for name, how in JOINS.items()}
    page, community = visit(seeded, joins), seeded.community

    def shown(room: str) -> list[Entry]:
        return [entry for thread in community.threads(room) for entry in page.thread(thread)]

    for room in community.rooms:
        before = shown(room)
        joins[room] = "watch"
        now = shown(room)
        assert [one for one in before if not said(one).author.is_self] == now != before
        for entry in before:
            assert (page.standing(entry.id) is None) == said(entry).author.is_self
            assert explained(page, said(entry)) is None and outlook(page, said(entry)) is None
        joins[room] = JOINS[room].join
        assert shown(room) == before, "back with the old rule"


async def test_the_api_shows_what_the_page_shows(seeded: LocalAdapter) -> None:
    joins = dict.fromkeys(JOINS, "watch")
    router = local_router(seeded.community, lambda room: joins[room.id])
    transport = httpx.ASGITransport(Auth(build_app(lambda: {}, [router]), TOKEN, ("testserver",)))
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
        for room in joins:
            said_there = (await client.get(f"/api/local/rooms/{room}/messages")).json()
            assert said_there and not any(message["is_bot"] for message in said_there)
            joins[room] = JOINS[room].join
            assert any(message["is_bot"] for message in (await client.get(f"/api/local/rooms/{room}/messages")).json())
