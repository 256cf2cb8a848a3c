"""The scripted model itself, over real HTTP with the real SDK, since other tests rely on it."""

import asyncio
import json
import signal
import sys
from pathlib import Path

import openai
import pytest

from tests.fakes.environment import clean_environment
from tests.fakes.scripted_model import ErrorBody, Fail, Hang, HangUp, Say, ScriptedModel


def client(server: ScriptedModel) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server.url, api_key="x", max_retries=0)


async def say(server: ScriptedModel, text: str) -> str:
    async with client(server) as sdk:
        stream = await sdk.chat.completions.create(
            model="any", messages=[{"role": "user", "content": text}], stream=True
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices])


async def test_steps_in_order_then_echo() -> None:
    async with ScriptedModel([Say("one"), Say("two", empty_choices=True, thinking="hm")]) as server:
        assert [await say(server, "a"), await say(server, "b"), await say(server, "c")] == ["one", "two", "You said: c"]
        assert [request.last_user for request in server.requests] == ["a", "b", "c"]
        assert all(request.finished for request in server.requests)


async def test_whole_answer_without_streaming() -> None:
    async with ScriptedModel() as server, client(server) as sdk:
        answer = await sdk.chat.completions.create(model="any", messages=[{"role": "user", "content": "hi"}])
        assert answer.choices[0].message.content == "You said: hi"
        assert [model.id async for model in sdk.models.list()] == ["scripted"]


async def test_faults_are_what_the_sdk_takes_them_for() -> None:
    async with ScriptedModel([Fail(429, "3"), HangUp("half"), ErrorBody(streamed=True), HangUp()]) as server:
        with pytest.raises(openai.RateLimitError) as limited:
            await say(server, "x")
        assert limited.value.response.headers["retry-after"] == "3"
        with pytest.raises(openai.APIConnectionError):
            await say(server, "x")
        with pytest.raises(openai.APIError, match="provider words"):
            await say(server, "x")
        with pytest.raises(openai.APIConnectionError):
            await say(server, "x")


async def test_a_client_that_leaves_is_noticed() -> None:
    async with ScriptedModel([Hang("so")]) as server:
        asking = asyncio.create_task(say(server, "x"))
        await server.asked()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await server.until(lambda server: server.requests[0].hung_up)
        assert not server.requests[0].finished


async def test_as_a_process(tmp_path: Path) -> None:
    state = tmp_path / "requests.jsonl"
    command = ["-m", "tests.fakes.scripted_model", "--state-file", str(state)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE, env=clean_environment()
    )
    try:
        assert process.stdout
        url = (await process.stdout.readline()).decode().split()[-1]
        async with openai.AsyncOpenAI(base_url=url, api_key="x", max_retries=0) as sdk:
            answer = await sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
        assert answer.choices[0].message.content == "You said: hi"
        assert [json.loads(line)["last_user"] for line in state.read_text().splitlines()] == ["hi"]
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
