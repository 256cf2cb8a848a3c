"""What is done in a visitor's name: once the browser has told what it keeps, and never without a name."""

import asyncio

import pytest

from adapters.local.adapter import LocalAdapter
from adapters.local.page.composer import outcome
from adapters.local.page.first_steps import is_answered
from adapters.local.page.markup import OWN_PAGES
from adapters.local.page.outlook import only_answerer
from adapters.local.page.pages import PAGES
from adapters.local.page.visit import Around, Joining, NoName, Visit
from bot.console.history_routes import HISTORY_PATH
from bot.console.pages.model import MODEL_PATH
from tests.fakes.core import FakeCore
from tests.fakes.local_house import local_adapter, running
from tests.fakes.present import present
from tests.fakes.shipped import shipped_words


async def no_explanation(message_id: str, language: str) -> None:
    return None


def visit_to(adapter: LocalAdapter) -> Visit:
    around = Around(shipped_words().say, lambda room: Joining("off"), lambda language: "", no_explanation)
    return Visit(adapter.community, around, "en", run=lambda code: None)


async def test_a_name_is_claimed_by_the_browser_never_by_a_secret_of_the_moment() -> None:
    core = FakeCore()
    async with running(local_adapter(core), core) as adapter:
        visit, later = visit_to(adapter), visit_to(adapter)
        claiming = asyncio.create_task(visit.claim())
        await asyncio.sleep(0)
        visit.browser = later.browser = "a" * 32
        visit.name(visit.author_called("Kit"))
        visit.has_greeted.set()
        assert await claiming == "Kit"
        assert later.author_called("Kit").name == "Kit", "after a reload it is still theirs"


async def test_without_a_name_one_is_asked_for_it() -> None:
    core = FakeCore()
    async with running(local_adapter(core), core) as adapter:
        visit, asked = visit_to(adapter), list[bool]()
        visit.has_greeted.set()
        visit.ask_name = lambda: asked.append(True)
        with pytest.raises(NoName):
            await visit.claim()
        assert await outcome(visit, visit.claim()) == "Choose a name first." and asked == [True]


def test_the_pages_that_are_linked_are_those_of_the_console() -> None:
    assert set(PAGES.values()) == OWN_PAGES == {MODEL_PATH, HISTORY_PATH}


async def test_who_answered_is_named_if_it_can_only_be_one() -> None:
    core = FakeCore()
    async with running(local_adapter(core), core) as adapter:
        community = adapter.community
        post = await community.post("kitchen", "Kit", "Which flour?")

        assert not is_answered(community.thread(post.id))

        def answerer() -> str:
            return only_answerer(community.thread(post.id), present(post.message))

        await community.post("kitchen", "Kit", "anyone?", thread=post.id)
        assert answerer() == "" and is_answered(community.thread(post.id))
        await community.post("kitchen", "Ana", "Rye.", thread=post.id)
        await community.post("kitchen", "Ana", "The dark one.", thread=post.id)
        assert answerer() == "Ana"
        await community.post("kitchen", "Ben", "Spelt.", thread=post.id)
        assert answerer() == ""
