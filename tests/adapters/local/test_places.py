"""What a link names, and what a browser remembers: the place that the page shows."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.community import Community
from adapters.local.page.places import Place, Spot, place_of, place_seen
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter, running

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def community() -> AsyncIterator[Community]:
    core = FakeCore()
    async with running(local_adapter(core, seed=True), core) as adapter:
        deleted = await adapter.community.post("feed", "Noor", "gone")
        await adapter.community.delete(deleted.id)
        GONE.append(deleted.id)
        yield adapter.community


GONE: list[str] = []


@pytest.mark.parametrize(
    ("room", "message", "expected"),
    [
        ("feed", "", Place("feed")),
        ("", "", Place("kitchen")),
        ("nowhere", "", Place("kitchen", None, "no_room", "nowhere")),
        ("kitchen", "seed04", Place("kitchen", Spot("seed04"))),
        ("kitchen", "seed04-1", Place("kitchen", Spot("seed04-1"))),
        ("feed", "seed04", Place("kitchen", Spot("seed04"))),
        ("nowhere", "seed04", Place("kitchen", Spot("seed04"))),
        ("", "seed04", Place("kitchen", Spot("seed04"))),
        ("feed", "m999", Place("feed", None, "no_message")),
        ("nowhere", "m999", Place("kitchen", None, "no_message")),
    ],
)
async def test_a_link_leads_to_what_it_names_or_says_that_it_is_not_there(
    community: Community, room: str, message: str, expected: Place
) -> None:
    assert place_of(community, room, message) == expected


async def test_a_deleted_message_is_not_there(community: Community) -> None:
    assert place_of(community, "feed", GONE[0]) == Place("feed", None, "no_message")


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({"room": "feed"}, Place("feed")),
        ({"room": "kitchen", "at": "seed04", "top": -12.5}, Place("kitchen", Spot("seed04", -12.5))),
        ({"room": "kitchen", "post": "seed01", "at": "seed04", "top": 3}, Place("kitchen", Spot("seed04", 3.0))),
        ({"room": "kitchen", "post": "seed01"}, Place("kitchen", Spot("seed01"))),
        ({"room": "kitchen", "at": "m999", "top": 3}, Place("kitchen")),
        ({"room": "feed", "at": "seed04", "top": 3}, Place("feed")),
        ({"room": 7, "post": None, "at": [], "top": "x"}, Place("kitchen")),
        ({}, Place("kitchen")),
    ],
)
async def test_the_browser_returns_to_what_it_showed(
    community: Community, seen: dict[str, Any], expected: Place
) -> None:
    found = place_seen(community, seen)
    assert (found.room, found.spot, found.problem) == (expected.room, expected.spot, "")


JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=3)
SEEN = st.dictionaries(st.sampled_from(["room", "post", "at", "top"]), JSON | st.sampled_from(["kitchen", "seed01"]))


@given(SEEN)
async def test_whatever_a_browser_says_the_place_is_a_room_of_ours(seen: dict[str, Any]) -> None:
    community = local_adapter(FakeCore()).community
    assert place_seen(community, seen).room in community.rooms


async def test_our_links_lead_to_their_message(community: Community) -> None:
    entry = await community.post("workshop", "Noor", "Here I am")
    assert entry.message is not None
    link = urlsplit(local_adapter(FakeCore()).link(entry.message.thread, entry.id))
    assert place_of(community, parse_qs(link.query)["room"][0], link.fragment).spot == Spot(entry.id)
