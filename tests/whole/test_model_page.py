"""The page /model in a real browser: a key that fails and one that works, saved, in force, and shown nowhere."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import browser
from tests.fakes.cameo import TOKEN, Cameo, cameo
from tests.fakes.present import present
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.fakes.shipped import shipped_words
from tests.fakes.waiting import PATIENCE, until

__all__ = ["browser"]
pytestmark = pytest.mark.asyncio(loop_scope="module")

RIGHT, WRONG = "sk-right-1234567890abcdef", "sk-wrong-fedcba0987654321"
MINE = "# mine\nOTHER='kept'\n"


OUTSIDE = """Array.from(document.querySelectorAll('.sheet input, .sheet button'))
    .filter(each => each.getBoundingClientRect().right > each.closest('.card').getBoundingClientRect().right)
    .map(each => each.name)"""  # fields that reach beyond their card


class Held:
    """The model's answers, which wait while the test wants them to."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def answer(self, request: Request) -> Say:
        return Say("Hello, all of you!", before=self._hold)

    async def _hold(self, said: str) -> None:
        await self.may_answer.wait()


class Visit(NamedTuple):
    page: Page
    running: Cameo
    server: ScriptedModel
    held: Held
    env: Path
    problems: list[str]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def visit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visit]:
    """Cameo with the built-in toy alone, a model server that takes one key, and a tab at /model."""
    folder, held, problems = tmp_path_factory.mktemp("model"), Held(), list[str]()
    (env := folder / ".env").write_text(MINE)
    env.chmod(0o640)
    toy = {"models": {"builtin": {"builtin": "smollm2-135m"}}, "platforms": {"local": {"enabled": False}}}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ScriptedModel(held.answer, models=("scripted", "second"), key=RIGHT))
        running = await stack.enter_async_context(cameo(folder, toy, {"CAMEO_ENV_FILE": str(env)}))
        page = await (await browser.new_context(viewport={"width": 390, "height": 844})).new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: problems.append(str(error)))
        await page.goto(f"{present(running.http).base_url}?token={TOKEN}")
        await page.get_by_role("link", name="Give it a model").click()
        yield Visit(page, running, server, held, env, problems)
        await page.context.close()


async def fill(visit: Visit, key: str) -> None:
    await visit.page.get_by_label("Key (if it needs one)").fill(key)
    await visit.page.get_by_label("Address", exact=True).fill(visit.server.url)
    for name, usd in (("read", "0,60"), ("from its cache", ""), ("written", "3")):
        await visit.page.get_by_label(name, exact=True).fill(usd)


async def test_a_key_that_fails_is_told_with_what_to_mend(visit: Visit) -> None:
    page = visit.page
    await expect(page.locator(".now")).to_contain_text(shipped_words().say("speaker.pointer"))
    await page.get_by_text("Address and price").click()
    await expect(page.get_by_label("Address", exact=True)).to_have_value("https://api.moonshot.ai/v1")
    assert await page.evaluate(OUTSIDE) == []
    await page.get_by_label("Any other address").check()
    await fill(visit, WRONG)
    await page.get_by_role("button", name="Test").click()
    result = page.get_by_role("status")
    await expect(result).to_contain_text("does not accept this key")
    await expect(result).to_contain_text("The server's own words: Incorrect API key provided")
    await expect(page.get_by_label("Address", exact=True)).to_have_value(visit.server.url)
    assert visit.env.read_text() == MINE


async def test_a_test_shows_that_it_runs_and_can_be_cancelled(visit: Visit) -> None:
    visit.held.may_answer.clear()
    await fill(visit, RIGHT)
    await visit.page.get_by_role("button", name="Test").click()
    result = visit.page.get_by_role("status")
    await expect(result).to_contain_text("(1 s)")
    await result.get_by_role("button", name="Cancel").click()
    await expect(result).to_contain_text("Cancelled.")
    await visit.server.until(lambda server: server.requests[-1].hung_up)
    visit.held.may_answer.set()


async def test_a_key_that_works_is_saved_and_speaks_at_once(visit: Visit) -> None:
    page, result = visit.page, visit.page.get_by_role("status")
    await page.get_by_role("button", name="Test").click()
    await expect(result).to_contain_text("“Hello, all of you!”")
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    before = await page.get_by_role("button", name="Test").bounding_box()
    await page.get_by_label("written", exact=True).fill("4")
    await expect(result).to_contain_text("Changed since the test")
    after = await page.get_by_role("button", name="Test").bounding_box()
    assert after == before, "a click that has begun ends on the button"
    await expect(result.get_by_role("button")).to_have_count(0)
    await page.get_by_label("written", exact=True).fill("")
    await page.get_by_label("read", exact=True).fill("")
    await page.get_by_role("button", name="Test").click()
    await expect(result).to_contain_text("What it costs is unknown")
    await expect(result).to_contain_text("To save it, write its price above first")
    await result.get_by_role("button", name="Save").click()
    await expect(result).to_contain_text("Write its price as numbers in US dollars")
    assert visit.env.read_text() == MINE
    await page.get_by_label("read", exact=True).fill("0,60")
    await page.get_by_label("written", exact=True).fill("3")
    await expect(page.locator("datalist option")).to_have_count(2)
    await result.get_by_role("button", name="Save").click()
    await expect(result).to_contain_text("Speaking now: scripted (custom)")
    assert visit.env.read_text().startswith(MINE) and f"CAMEO_MODEL_KEY={RIGHT}\n" in visit.env.read_text()
    assert stat.S_IMODE(visit.env.stat().st_mode) == 0o600
    place = visit.server.url.removeprefix("http://").removesuffix("/v1")
    await expect(page.get_by_text(f"Writes before all others: the model at {place} (CAMEO_WRITER")).to_be_visible()
    await until(lambda: "policy.changed" in {entry["event"] for entry in visit.running.logged()})


async def test_no_key_is_in_the_page_the_log_or_the_answers(visit: Visit) -> None:
    await visit.page.reload()
    await expect(visit.page.get_by_text("A key is kept already.")).to_be_visible()
    http = present(visit.running.http)
    answer = await http.get("/model", params={"token": TOKEN}, follow_redirects=True)
    places = [
        await visit.page.content(),
        answer.text,
        visit.running.log.read_text(),
        visit.running.terminal.read_text(),
    ]
    places += [(await http.get(path)).text for path in ("/healthz", "/api/turns")]
    assert answer.status_code == 200
    assert not [key for key in (RIGHT, WRONG) for place in places if key in place or key[-9:] in place]
    assert visit.problems == []


async def test_a_choice_is_removed_and_the_rest_stays(visit: Visit) -> None:
    await visit.page.get_by_role("button", name="Remove: Writes before all others").click()
    await expect(visit.page.get_by_role("status")).to_contain_text(shipped_words().say("speaker.pointer"))
    assert visit.env.read_text() == MINE


async def test_a_choice_of_the_environment_is_told_as_such_and_can_not_be_removed(tmp_path: Path) -> None:
    (env := tmp_path / ".env").write_text(f"OPENAI_API_KEY={RIGHT}\n")
    toy = {"platforms": {"local": {"enabled": False}}}
    outside = {"CAMEO_WRITER": "kimi", "MOONSHOT_API_KEY": WRONG, "CAMEO_ENV_FILE": str(env)}
    async with cameo(tmp_path, toy, outside) as running:
        page = (await present(running.http).get("/model", params={"token": TOKEN}, follow_redirects=True)).text
    for text in ("Set where Cameo was started", "Writes before all others: Kimi (CAMEO_WRITER)"):
        assert text in page
    assert "Remove: The key of OpenAI (OPENAI_API_KEY)" in page
    assert "Remove: Writes" not in page and "Remove: The key of Kimi" not in page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"cookie": "cameo_00000000=guess"}, 401),
        ({"origin": "https://evil.example"}, 400),
        ({"host": "evil.example"}, 400),
    ],
)
async def test_other_sites_and_people_without_the_token_get_no_page(
    visit: Visit, headers: dict[str, str], status: int
) -> None:
    async with httpx.AsyncClient(base_url=present(visit.running.http).base_url, trust_env=False) as stranger:
        for path in ("/model", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
            assert (await stranger.get(path, headers=headers)).status_code == status
