"""Requests that a server rejects for their form: each is repeated in a form that it takes, which is remembered."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.write.models.chat import ChatMessage, ImagePart, TextPart
from bot.write.models.form import folded
from tests.fakes.scripted_model import Fail, Request, Say, ScriptedModel, Step
from tests.write.house import House, failing, model

OPTIONS = {"temperature": 0.3, "top_p": 0.9, "reasoning_effort": "low", "seed": 7, "thinking": {"type": "disabled"}}


def is_plain(request: Request) -> bool:
    return not request.streamed and set(request.body) <= {"model", "messages", "stream", "max_tokens"}


def has_system(request: Request) -> bool:
    return any(message["role"] == "system" for message in request.messages)


def has_images(request: Request) -> bool:
    return any(isinstance(message["content"], list) for message in request.messages)


def lacks(name: str) -> Callable[[Request], bool]:
    return lambda request: name not in request.body


def at_most(limit: int) -> Callable[[Request], bool]:
    return lambda request: request.body["max_tokens"] <= limit


def streamless(request: Request) -> bool:
    return not request.streamed


def unless(takes: Callable[[Request], bool], fail: Fail) -> Callable[[Request], Step]:
    return lambda request: Say("fine") if takes(request) else fail


def systemless(request: Request) -> bool:
    return not has_system(request)


NOT_TEMPERATURE = "Unsupported value: 'temperature' does not support 0.3 with this model, only the default."
NOT_SYSTEM = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
TOO_MUCH = "max_tokens is too large: 500. This model supports at most 256 completion tokens, you asked for 500."

REJECTIONS: list[tuple[Callable[[Request], bool], int, str]] = [
    (lacks("temperature"), 400, NOT_TEMPERATURE),
    (lacks("top_p"), 400, "`topP` and something else cannot both be specified"),
    (lacks("seed"), 422, "[{'loc': ['body', 'seed'], 'msg': 'Extra inputs are not permitted'}]"),
    (lacks("reasoning_effort"), 400, "Unrecognized request argument supplied: reasoning_effort"),
    (lacks("thinking"), 400, "thinking.type: this model has no such mode"),
    (lacks("temperature"), 400, "参数 temperature 不受支持"),
    (streamless, 400, "Your organization must be verified to stream this model. Please go to settings"),
    (streamless, 400, "Streaming is not supported for this model"),
    (streamless, 501, "stream=true is not implemented"),
    (streamless, 400, "该模型不支持流式输出"),
    (streamless, 400, "Ungültige Anforderung"),
    (systemless, 400, "System role not supported"),
    (systemless, 400, NOT_SYSTEM),
    (systemless, 400, "Developer instruction is not enabled for models/gemma-3"),
    (systemless, 400, "Conversation roles must alternate user/assistant/user/assistant/..."),
    (systemless, 400, "bad"),
    (at_most(256), 400, TOO_MUCH),
    (at_most(300), 400, "Range of max_tokens should be [1, 300]"),
    (is_plain, 422, "Unprocessable"),
]


@pytest.mark.parametrize(("takes", "status", "words"), REJECTIONS)
async def test_a_rejected_form_is_changed_once_and_remembered(
    takes: Callable[[Request], bool], status: int, words: str
) -> None:
    script = unless(takes, Fail(status, message=words))
    async with ScriptedModel(script) as server, House(model("a", server, options=OPTIONS)) as house:
        with capture_logs() as logs:
            assert (await house.write()).text == "fine"
        learning = len(server.requests)
        with capture_logs() as later:
            assert (await house.write()).text == "fine"
        assert 2 <= learning <= 4 and len(server.requests) == learning + 1
        told = [line["how"] for line in logs if line["event"] == "model_adapted"]
        assert len(told) == learning - 1 and not [line for line in later if line["event"] == "model_adapted"]
        assert words not in str(logs)


async def test_several_rejections_are_learnt_in_one_turn() -> None:
    def strict(request: Request) -> Step:
        for name in ("max_tokens", "stream_options", "temperature", "seed"):
            if name in request.body:
                return Fail(400, message=f"Unsupported parameter: '{name}' is not supported with this model.")
        return Fail(400, message="System role not supported") if has_system(request) else Say("fine")

    async with ScriptedModel(strict) as server, House(model("a", server, options=OPTIONS)) as house:
        assert (await house.write()).text == "fine"
        assert len(server.requests) == 6


async def test_a_server_that_rejects_everything_is_not_asked_for_ever() -> None:
    async with ScriptedModel(lambda _: Fail(400, message="no")) as server, House(model("a", server)) as house:
        await failing(house, "models_failed")
        first = len(server.requests)
        await failing(house, "models_failed")
        assert (first, len(server.requests)) == (3, 4)
        assert server.requests[-1].streamed and has_system(server.requests[-1])  # guessing did not help: as before


async def test_a_proven_server_that_declines_a_request_is_not_guessed_about() -> None:
    async with ScriptedModel([Say("ok"), Fail(400, message="no")]) as server, House(model("a", server)) as house:
        await house.write()
        await failing(house, "models_failed")
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 404])
async def test_a_model_without_eyes_gets_the_words_alone(status: int) -> None:
    content = (TextPart("Which bread is this?"), ImagePart(b"\x89PNG", "image/png"))
    script = unless(
        lambda request: not has_images(request), Fail(status, message="No endpoints that support image input")
    )
    async with ScriptedModel(script) as server, House(model("a", server)) as house:
        draft = await house.models.write(lambda _: [ChatMessage("user", content)], "local", house.purse)
    assert draft.text == "fine" and server.requests[-1].last_user == "Which bread is this?"


async def test_the_instructions_come_first_in_the_users_turn() -> None:
    script = unless(systemless, Fail(400, message="System role not supported"))
    async with ScriptedModel(script) as server, House(model("a", server)) as house:
        await house.write()
    [message] = server.requests[-1].messages
    assert message["role"] == "user" and message["content"].startswith("You are Mochi.\n\nhello")


ROLES = st.sampled_from(["system", "user", "assistant"])
PART = st.lists(st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=3)), min_size=1, max_size=2)
MESSAGE = st.fixed_dictionaries({"role": ROLES, "content": st.text(max_size=4) | PART})


def words(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@given(st.lists(MESSAGE, min_size=1, max_size=8))
def test_folding_keeps_every_word_in_order_and_lets_roles_alternate(messages: list[dict[str, Any]]) -> None:
    turns = folded(messages)
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * (len(turns) // 2) + ["user"] * (len(turns) % 2)
    said = "".join(words(turn["content"]) for turn in turns).replace("\n", "").removeprefix("...")
    wanted = "".join(words(message["content"]) for message in messages).replace("\n", "").removeprefix("...")
    assert said == wanted
