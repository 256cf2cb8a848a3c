"""Which models are available, and what they receive."""

import json
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from bot.config.model_settings import ModelSettings
from tests.fakes.bombs import Answer, RawServer
from tests.fakes.present import present
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.write.house import NOWHERE, PRICE, SECRET, House, failing, model

# --- availability ---------------------------------------------------------------------------------


async def test_nothing_there_is_no_model() -> None:
    async with House(model("a", NOWHERE), model("b", "https://api.example/v1", key_env="B_KEY", price=PRICE)) as house:
        await failing(house, "no_model")
        assert (house.state("a"), house.state("b")) == ("absent", "no_key")
        assert house.models.speaker("local") is None
        assert [status.why for status in house.models.status()] == [
            f"{NOWHERE}: nothing answers there",
            "B_KEY is not set",
        ]


async def test_a_remote_model_with_a_name_is_not_looked_for() -> None:
    """A probe would be a request to a third party, and here one that the closed network refuses."""
    async with House(model("a", "https://api.example/v1", price=PRICE)) as house:
        assert present(house.models.speaker("local")).name == "a"
        assert house.state("a") not in ("absent", "no_key")


async def test_a_local_server_started_later_is_found() -> None:
    async with ScriptedModel() as late, ScriptedModel() as other:
        await late.down()
        async with House(model("late", late), model("other", other)) as house:
            assert present(house.models.speaker("local")).name == "other"
            await late.up()
            assert (await house.write()).model == "other"
            await house.clock.advance(61)
            assert (await house.write()).model == "late"
            assert present(house.models.speaker("local")).name == "late"


async def test_without_a_model_name_the_first_that_chats_is_taken() -> None:
    async with (
        ScriptedModel(models=["nomic-embed-text", "llama3.2:latest"]) as server,
        House(model("local", server, model=None)) as house,
    ):
        await house.write()
        await house.write()
        assert house.models.status()[0].model == "llama3.2:latest"
    assert [request.body["model"] for request in server.requests] == ["llama3.2:latest"] * 2
    assert server.probes == 1


async def test_what_answers_but_is_no_model_server_is_absent() -> None:
    async with ScriptedModel(models=[]) as server, House(model("a", server, model=None)) as house:
        assert house.models.status()[0].why.endswith("has no model loaded")
        assert house.models.speaker("local") is None


@pytest.mark.parametrize("listed", [None, [], ["another"]])
async def test_a_server_that_does_not_list_our_model_is_asked_all_the_same(listed: list[str] | None) -> None:
    """Not every server has a list of models, and some list only loaded ones."""
    async with ScriptedModel(models=listed, owner="me") as server, House(model("a", server, model="mine")) as house:
        assert present(house.models.speaker("local")).name == "a"
        assert (await house.write()).model == "a"
        assert server.requests[0].body["model"] == "mine"


async def test_ollama_has_what_it_lists_and_no_other() -> None:
    async with ScriptedModel(models=["phi4:latest"], owner="library") as server:
        async with House(model("a", server, model="llama3.2")) as house:
            assert house.models.status()[0].why.endswith("has no model llama3.2, only 1 others")
        async with House(model("a", server, model="phi4")) as house:
            assert (await house.write()).model == "a"


async def test_the_environment_of_the_sdk_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", NOWHERE if name == "BASE_URL" else "leaked")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: leaked\nX-Other: leaked")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    async with ScriptedModel() as server, House(model("a", server)) as house:
        await house.write()
    headers = server.requests[0].headers
    assert "leaked" not in str(headers)
    assert headers["Authorization"] == "Bearer none-needed"
    assert not any(name.lower().startswith("openai-") for name in headers)


async def test_the_key_is_sent_to_whom_it_belongs() -> None:
    async with ScriptedModel(key=SECRET) as server, House(model("a", server, key=SECRET)) as house:
        assert (await house.write()).model == "a"
        assert SECRET not in repr(house.models.status())


def test_the_builtin_speaks_in_the_local_community_only() -> None:
    settings: Sequence[ModelSettings] = (
        ModelSettings(name="toy", builtin="smollm2-135m"),
        ModelSettings(name="public", builtin="smollm2-135m", public=True),
    )
    house = House(*settings)
    assert present(house.models.speaker("local")).name == "toy"
    assert present(house.models.speaker("discord")).name == "public"
    assert [status.public for status in house.models.status()] == [False, True]


async def test_a_server_that_was_away_is_asked_for_its_model_again() -> None:
    """It may have come back with another one."""
    async with (
        ScriptedModel(models=["old:latest"]) as server,
        House(model("local", server, model=None)) as house,
    ):
        await house.write()
        await server.down()
        await failing(house, "no_model")
        server.models = ["new:latest"]
        await server.up()
        await house.clock.advance(601)
        await house.write()
    assert [request.body["model"] for request in server.requests] == ["old:latest", "new:latest"]


WORDS = "Ana-wants-to-go-home"


def _says(status: int, body: object, **headers: str) -> RawServer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = {"Content-Type": "text/event-stream" if isinstance(body, bytes) else "application/json"}
    return RawServer(lambda _: Answer(kind | headers, iter([content]), status))


def _finish(reason: str) -> bytes:
    return f"data: {json.dumps({'choices': [{'delta': {}, 'finish_reason': reason}]})}\n\ndata: [DONE]\n\n".encode()


LOUD: dict[str, tuple[int, object]] = {
    "code": (400, {"error": {"code": WORDS, "message": WORDS}}),
    "type": (500, {"error": {"type": WORDS, "message": WORDS}}),
    "plain": (403, {"detail": WORDS, "code": WORDS}),
    "refused": (401, {"error": WORDS}),
    "ok with error": (200, {"error": {"code": WORDS}}),
    "list": (200, {"data": [{"id": WORDS, "owned_by": "library"}]}),
    "event": (200, f"data: {json.dumps({'error': {'code': WORDS, 'message': WORDS}})}\n\n".encode()),
    "finish": (200, _finish(WORDS)),
    "unreadable": (200, f"data: {WORDS}\n\n".encode()),
    "redirect": (307, {"error": {"code": WORDS}}),
}


@pytest.mark.parametrize("kind", LOUD)
async def test_nothing_of_a_model_servers_words_is_logged(kind: str) -> None:
    with capture_logs() as logs:
        async with _says(*LOUD[kind]) as url, House(model("a", f"{url}/v1")) as house:
            failed = "empty" if kind == "finish" else "models_failed"
            error = await failing(house, "no_model" if house.state("a") in ("absent", "refused") else failed)
    assert logs and WORDS not in f"{logs} {error}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("name", ["m", None])
async def test_a_redirect_is_not_followed(status: int, name: str | None) -> None:
    async with (
        ScriptedModel([Say("from elsewhere")] * 9) as elsewhere,
        _says(status, {}, Location=f"{elsewhere.url}/chat/completions") as url,
        House(model("a", f"{url}/v1", model=name)) as house,
    ):
        await failing(house, "models_failed" if house.state("a") == "ready" else "no_model")
        assert "write that address as base_url" in house.models.status()[0].why
    assert elsewhere.requests == []
