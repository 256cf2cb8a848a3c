"""Requests to one model: the real SDK with a scripted server over HTTP, in every provider dialect."""

import asyncio
import re
from typing import Any

import pytest

from bot.types import Usage
from bot.write.models.chat import IMAGE_TOKENS, ChatMessage, ImagePart, TextPart
from bot.write.models.failover import Draft, worst_case_usd
from tests.fakes.scripted_model import ErrorBody, Fail, Raw, Say, ScriptedModel, Step
from tests.write.house import NOWHERE, PRICE, House, compose, failing, model

# --- success --------------------------------------------------------------------------------------


async def test_streams_and_says_what_it_took() -> None:
    async with ScriptedModel([Say("Hello there, friend.", cached=20)]) as server:
        async with House(model("kimi", server, price=PRICE)) as house:
            draft = await house.write()
        prompt = server.requests[0].prompt_tokens
    assert (draft.text, draft.model) == ("Hello there, friend.", "kimi")
    cost = ((prompt - 20) * 1.0 + 20 * 0.1 + 5 * 4.0) / 1e6
    about: Any = pytest.approx(cost)
    assert draft.usage == Usage(prompt, 20, 5, about)
    assert house.seen == ["Hello t", "Hello there, f", "Hello there, friend."]
    assert house.purse.charged == [("kimi", draft.usage)]
    [(name, reserved)] = house.purse.reserved
    assert name == "kimi"
    assert reserved == worst_case_usd(model("kimi", NOWHERE, price=PRICE), compose(400)) > cost


async def test_no_sampling_parameter_but_options_as_they_are() -> None:
    options = {"temperature": 0.3, "thinking": {"type": "disabled"}}
    async with ScriptedModel() as server:
        async with House(model("a", server), model("b", server, options=options)) as house:
            await house.write()
        bare = dict(server.requests[0].body)
        async with House(model("b", server, options=options)) as house:
            await house.write()
        given = server.requests[1].body
    assert set(bare) == {"model", "messages", "stream", "stream_options", "max_tokens"}
    assert bare["max_tokens"] == 500
    assert {name: given[name] for name in options} == options


async def test_options_may_name_the_limit_themselves() -> None:
    async with ScriptedModel() as server:
        settings = model("a", server, options={"max_completion_tokens": 4000}, price=PRICE)
        async with House(settings) as house:
            await house.write()
    assert "max_tokens" not in server.requests[0].body
    assert worst_case_usd(settings, []) == pytest.approx(4000 * 4.0 / 1e6)


async def test_one_connection_pool_serves_many_turns_at_once() -> None:
    async with ScriptedModel() as server, House(model("a", server)) as house:
        drafts = await asyncio.gather(*(house.write() for _ in range(20)))
    assert len(drafts) == len(server.requests) == 20


SPOKEN = 'data: {"choices": [{"delta": {"content": "fine"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


class OneAnswerAConnection:
    """Like llama.cpp's server after a streamed answer: announces to keep the connection open, and closes it. Here as
    late as possible: when the next request has arrived, which is then lost."""

    def __init__(self) -> None:
        self.lost = 0

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        body = SPOKEN if head.startswith(b"POST") else "{}"
        kind = "text/event-stream" if head.startswith(b"POST") else "application/json"
        writer.write(
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            f"Keep-Alive: timeout=5, max=100\r\n\r\n{body}".encode()
        )
        self.lost += bool(await reader.read(1))
        writer.close()


async def test_a_server_on_this_machine_that_closes_its_connections_loses_no_request() -> None:
    dropping = OneAnswerAConnection()
    async with dropping as url, House(model("a", url)) as house:
        for _ in range(3):
            assert (await house.write_waiting()).text == "fine"
    assert dropping.lost == 0


async def test_images_are_sent_as_data_and_counted() -> None:
    content = (TextPart("Which bread is this?"), ImagePart(b"\x89PNG", "image/png"))
    messages = [ChatMessage("system", "You are Mochi."), ChatMessage("user", content)]
    seeing = {"price": PRICE, "vision": True, "context_tokens": 8000}
    async with ScriptedModel() as server, House(model("a", server, **seeing)) as house:
        await house.models.write(lambda room: messages, "local", house.purse)
        sent = server.requests[0].body["messages"]
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}
    asking = {"type": "text", "text": "Which bread is this?"}
    assert sent == [{"role": "system", "content": "You are Mochi."}, {"role": "user", "content": [asking, picture]}]
    [(_, reserved)] = house.purse.reserved
    assert reserved > IMAGE_TOKENS * PRICE.input / 1e6


async def test_a_model_without_vision_after_one_with_it_gets_the_sentence() -> None:
    picture = ImagePart(b"\x89PNG", "image/png", "You can't see this picture.")
    messages = [ChatMessage("user", (TextPart("Which bread?"), TextPart("| Ana: (image)"), picture))]
    async with ScriptedModel([Fail(400)] * 4) as first, ScriptedModel() as second:
        seeing = model("a", first, price=PRICE, vision=True, context_tokens=8000)
        async with House(seeing, model("b", second, price=PRICE)) as house:
            draft = await house.models.write(lambda room: messages, "local", house.purse)
    assert draft.model == "b"
    assert [part["type"] for part in first.requests[0].body["messages"][0]["content"]] == ["text", "text", "image_url"]
    said = "Which bread?\n| Ana: (image)\nYou can't see this picture."
    assert second.requests[0].body["messages"] == [{"role": "user", "content": said}]
    reserved = dict(house.purse.reserved)
    assert reserved["a"] > IMAGE_TOKENS * PRICE.input / 1e6 > reserved["b"] - 400 * PRICE.output / 1e6


# --- answers of providers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (Say("fine", usage=False), "fine"),
        (Say("fine", finish=None), "fine"),
        (Say("fine", done=False), "fine"),
        (Say("fine", finish="end_turn"), "fine"),
        (Say("fine", empty_choices=True), "fine"),
        (Say("fine", thinking="let me see, the member wants"), "fine"),
        (Say("<think>the member wants</think>\nfine", piece=3), "fine"),
        (Say("", extra_usage={"prompt_tokens": None}), None),
        (Raw('{"choices": [{"message": {"content": "fine"}}]}', "application/json"), "fine"),
        (
            Raw(
                'data: {"choices": [{"delta": {"content": [{"text": "fine"}]}}]}\n\ndata: [DONE]\n\n',
                "text/event-stream",
            ),
            "fine",
        ),
        (Raw(), None),
        (Raw("data: {broken\n\n", "text/event-stream"), None),
        (
            Raw('data: ["a", 1]\n\ndata: 7\n\ndata: {"choices": 5}\n\ndata: {"choices": [7]}\n\n', "text/event-stream"),
            None,
        ),
        (Raw('data: {"choices": [{"delta": {"content": 5}, "finish_reason": 5}]}\n\n', "text/event-stream"), None),
        (Raw("[1, 2]", "application/json"), None),
        (Raw("{broken", "application/json"), None),
        (Raw("", "text/plain"), None),
        (ErrorBody(), None),
        (ErrorBody(streamed=True), None),
        (Say("<think>never ends"), None),
        (Say("", finish="content_filter"), None),
        (Fail(418), None),
        (Fail(400, message="something about it"), None),
    ],
)
async def test_survives_every_dialect(step: Step, text: str | None) -> None:
    """Readable answers are read; others are faults, and the next model is asked. Thinking is never previewed."""
    async with (
        ScriptedModel(lambda _: step) as odd,
        ScriptedModel([Say("next")]) as good,
        House(model("odd", odd), model("good", good)) as house,
    ):
        draft = await house.write_waiting()
    assert draft == Draft(text or "next", "odd" if text else "good", draft.usage)
    assert not any("member wants" in seen or "provider" in seen for seen in house.seen)


async def test_usage_is_estimated_where_none_is_told() -> None:
    async with (
        ScriptedModel([Say("word " * 30, usage=False)]) as server,
        House(model("a", server, price=PRICE)) as house,
    ):
        draft = await house.write()
    assert draft.usage.input_tokens > server.requests[0].prompt_tokens * 0.75
    assert 30 <= draft.usage.output_tokens <= 120
    assert draft.usage.cost_usd > 0


async def test_an_endless_answer_is_cut() -> None:
    async with ScriptedModel([Say("blah " * 100_000, piece=5000)]) as server:
        async with House(model("a", server, output_tokens=100)) as house:
            draft = await house.write()
        await server.until(lambda server: server.requests[0].hung_up or server.requests[0].finished)
    assert 1600 <= len(draft.text) <= 10_000


@pytest.mark.parametrize("rejects", [["max_tokens"], ["stream_options"], ["max_tokens", "stream_options"]])
async def test_learns_what_a_server_does_not_take(rejects: list[str]) -> None:
    async with ScriptedModel(rejects=rejects) as server, House(model("a", server)) as house:
        await house.write()
        learning = len(server.requests)
        draft = await house.write()
        assert learning == 1 + len(rejects)
        assert len(server.requests) == learning + 1
        assert draft.text.startswith("You said")
        assert len(house.purse.charged) == 2


async def test_a_server_that_does_not_say_what_it_dislikes_is_asked_once_more_without_stream_options() -> None:
    async with ScriptedModel([Fail(400, message="bad"), Say("ok")]) as server, House(model("a", server)) as house:
        assert (await house.write()).text == "ok"
        assert ["stream_options" in request.body for request in server.requests] == [True, False]


async def test_a_prompt_that_does_not_fit_is_composed_again_with_half_the_room() -> None:
    async with ScriptedModel(context=100) as server, House(model("a", server, context_tokens=900)) as house:
        assert (await house.write()).model == "a"
        first, second = (request.prompt_tokens for request in server.requests)
        assert second <= 100 < first
        server.context = second - 1
        assert "too_long" in str(await failing(house, "models_failed"))
        assert len(server.requests) == 4  # half the room, not more
