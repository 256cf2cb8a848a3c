"""The page of a Cameo without a local community."""

from datetime import UTC, datetime

import httpx
import pytest

from bot.console.pages.frame import language_of
from bot.console.pages.home import home_page
from bot.console.web import build_app
from bot.decide.reasons import Reason
from bot.live.limit_alerts import LimitAlert
from bot.types import Status
from tests.fakes.shipped import shipped_words

WORDS = shipped_words()
ALL = {"discord": Status.UP, "matrix": Status.DOWN, "irc": Status.STARTING, "zulip": Status.REFUSED}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_platform_is_there_with_its_status_in_words(language: str) -> None:
    page = home_page(WORDS, language, ALL)
    for name, status in ALL.items():
        told = WORDS.say(f"home.status.{status}", language)
        assert f'<li class="platform {status}"><strong>{name.title()}</strong><span>{told}</span></li>' in page
    assert f'<html lang="{language}">' in page
    assert "<code>platforms.local.enabled</code>" in page


def test_it_links_its_own_pages_alone_and_loads_nothing() -> None:
    page = home_page(WORDS, "en", ALL)
    assert page.count("href=") == page.count('href="/') == 1 and "src=" not in page
    assert 'href="/model"' in page


def test_it_says_who_runs_it_and_links_what_it_keeps() -> None:
    page = home_page(WORDS, "zh", ALL, contact="Ana <ana@example.org>", privacy_url="https://example.org/p?a=1&b=2")
    assert WORDS.say("operator.contact", "zh", contact="Ana &lt;ana@example.org&gt;") in page
    assert 'href="https://example.org/p?a=1&amp;b=2"' in page and WORDS.say("operator.privacy", "zh") in page


def test_without_platforms_it_says_so() -> None:
    assert WORDS.say("home.no_platform") in home_page(WORDS, "en", {})


def test_limits_are_told_as_text() -> None:
    alert = LimitAlert(Reason.BUDGET, "over", datetime(2026, 1, 6, tzinfo=UTC), "<b>all</b> spent")
    page = home_page(WORDS, "en", ALL, [alert])
    assert "&lt;b&gt;all&lt;/b&gt; spent" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("de-DE, ZH-TW;q=0.7", "zh"), ("en-GB", "en"), ("*, \x00", "en")],
)
def test_the_language_is_the_first_wish_that_we_know(accepted: str, language: str) -> None:
    assert language_of(accepted) == language


async def test_it_is_the_page_at_the_root_in_the_browsers_language() -> None:
    app = build_app(lambda: ALL, home=lambda language: home_page(WORDS, language, ALL))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        page = await client.get("/", headers={"accept-language": "zh-CN"})
        assert page.headers["content-type"].startswith("text/html") and page.headers["cache-control"] == "no-store"
        assert WORDS.say("home.title", "zh") in page.text
        assert (await client.get("/elsewhere")).status_code == 404
