"""Whatever answers at a model's address, with any body at all: opening, reloading, trying and writing give a model that
is not there or a failed attempt, and never another exception."""

import asyncio
import json
from collections.abc import Iterator
from itertools import islice

import pytest

from bot.types import ModelError
from bot.write.models.endpoint import LONGEST_MODEL_NAME
from bot.write.models.probe import listed_now, probe_model
from tests.fakes.bombs import Answer, RawServer
from tests.fakes.clock import RealClock
from tests.fakes.hostile_json import mutants
from tests.fakes.waiting import PATIENCE
from tests.write.house import House, Purse, model

LIST = {"object": "list", "data": [{"id": "m", "owned_by": "library"}, {"id": "n", "object": "model"}]}
CHUNK = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}], "usage": {"total_tokens": 3}}
WHOLE = {"choices": [{"message": {"role": "assistant", "content": "Hi"}}], "usage": {"completion_tokens": 3}}
ERROR = {"error": {"message": "no", "code": 400, "type": "x"}, "detail": [{"msg": "no", "loc": ["body"]}]}
BODIES = {
    "brackets": b"[" * 2000,
    "braces": b'{"a":' * 3000,
    "nested list": b'{"data": ' + b"[" * 3000 + b"]" * 3000 + b"}",
    "nested owner": b'{"data": [{"id": "m", "owned_by": ' + b"[" * 900 + b"]" * 900 + b"}]}",
    "nested error": b'{"error": ' + b'{"message": ' * 900 + b"1" + b"}" * 901,
    "digits": b'{"data": [' + b"9" * 6000 + b"]}",
    "not UTF-8": b"\xff\xfe\x00[",
    "nothing": b"",
    "null": b"null",
    "stream of brackets": b"data: " + b"[" * 3000 + b"\n\ndata: {" + b'"a":{' * 3000 + b"\n\n",
}


def answering(body: bytes, status: int, kind: str) -> RawServer:
    headers = {"Content-Type": kind, "Content-Length": str(len(body))}
    return RawServer(lambda _: Answer(headers, iter([body]), status))


async def lives_through(body: bytes, status: int, kind: str) -> None:
    async with asyncio.timeout(PATIENCE), answering(body, status, kind) as address:
        named, nameless = model("named", f"{address}/v1"), model("nameless", f"{address}/v1", model=None)
        async with House(named, nameless) as house:
            house.clock.hurry = True
            states = {house.state("named"), house.state("nameless")}
            assert states <= {"ready", "absent", "refused", "resting"}
            await house.models.change({"named": nameless.model_copy(update={"name": "named"})}, ["named"])
            try:
                await house.write()
            except ModelError as error:
                assert error.code in ("no_model", "models_failed", "empty")
        probe = await probe_model(named, "Hello?", Purse(), RealClock())
        assert probe.cause or probe.text


CASES = [
    *((name, 200, "application/json") for name in BODIES),
    ("stream of brackets", 200, "text/event-stream"),
    ("brackets", 400, "application/json"),
    ("nested error", 400, "application/json"),
]


@pytest.mark.parametrize(("name", "status", "kind"), CASES)
async def test_no_body_gets_past_the_boundary(name: str, status: int, kind: str) -> None:
    await lives_through(BODIES[name], status, kind)


def texts(seed: int) -> Iterator[str]:
    for text in mutants([LIST, CHUNK, WHOLE, ERROR], seed):
        yield text
        yield f"data: {text}\n\ndata: [DONE]\n\n"


async def test_no_changed_answer_gets_past_the_boundary() -> None:
    for text in islice(texts(seed=12), 10):
        await lives_through(text.encode("utf-8", "surrogatepass"), 200, "application/json")


async def test_what_is_no_name_is_not_listed() -> None:
    names = ["", "  ", "a\x1b[31mb", "\ud800", "a\nb", "x" * (LONGEST_MODEL_NAME + 1), 5, None, ["m"], "qwen3"]
    body = json.dumps({"data": [{"id": name, "owned_by": {}} for name in names]}).encode()
    async with answering(body, 200, "application/json") as address:
        assert await listed_now(model("a", f"{address}/v1"), RealClock()) == ("qwen3",)
