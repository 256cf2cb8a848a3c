"""The door and the pages of trouble: in the reader's language, for people in HTML and for programs in JSON."""

import httpx
import pytest

from bot.console.auth import Auth
from bot.console.pages.home import home_page
from bot.console.pages.sign_in import asking_page
from bot.console.pages.trouble import trouble_page
from bot.console.web import build_app
from tests.fakes.shipped import shipped_words

WORDS = shipped_words()
HTML = {"accept": "text/html,*/*;q=0.8"}


def client(language: str = "zh-CN,zh;q=0.9") -> httpx.AsyncClient:
    app = Auth(build_app(dict, home=lambda language: home_page(WORDS, language, {})), "a-token", ("testserver",))
    headers = {**HTML, "accept-language": language}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver", headers=headers)


@pytest.mark.parametrize(("accepted", "language"), [("zh-CN", "zh"), ("de", "en")])
async def test_the_door_speaks_the_readers_language(accepted: str, language: str) -> None:
    async with client(accepted) as http:
        asked = await http.get("/")
        wrong = await http.post("/enter", data={"token": "wrong"})
        for _ in range(12):
            later = await http.post("/enter", data={"token": "wrong"})
    assert (asked.status_code, asked.text) == (401, asking_page(language))
    assert (wrong.status_code, wrong.text) == (401, asking_page(language, wrong=True))
    assert later.status_code == 429 and WORDS.say("sign_in.wrong", language) not in later.text
    assert f'<html lang="{language}">' in later.text


@pytest.mark.parametrize(("accepted", "language"), [("zh-CN", "zh"), ("de", "en")])
async def test_an_address_that_leads_nowhere_says_so(accepted: str, language: str) -> None:
    async with client(accepted) as http:
        await http.get("/?token=a-token")
        missing = await http.get("/no/such/page")
        for_programs = await http.get("/no/such/page", headers={"accept": "*/*"})
    assert (missing.status_code, missing.text) == (404, trouble_page("missing", language))
    assert for_programs.json() == {"error": "Not Found"}


def test_no_word_of_another_language_is_left() -> None:
    for page in (asking_page("zh", wrong=True), asking_page("zh", wait=9), trouble_page("missing", "zh")):
        body = page[page.index("<main>") :]
        for key in (
            "sign_in.title",
            "sign_in.how",
            "sign_in.label",
            "sign_in.come_in",
            "missing.title",
            "missing.home",
        ):
            assert WORDS.say(key, "en") not in body
