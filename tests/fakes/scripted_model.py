"""A model with scripted answers: a real OpenAI-compatible HTTP server on loopback, with faults.

In a test:

    async with ScriptedModel([Say("hello"), Fail(500), Hang()]) as server:
        ...                      # point a model's base_url at server.url
        server.requests          # every request, in order: messages, body, headers, when

The steps answer the chat requests in order; after the last one (or without any) the server echoes the last user
message. Instead of a list, a function may choose: `ScriptedModel(lambda request: Say(request.last_user.upper()))`.

As a process of its own, for tests that kill its client:

    python -m tests.fakes.scripted_model --port 0 --state-file requests.jsonl [--first-delay 0.2] [--between 0.01]

prints `listening on URL`, echoes every request, and appends one JSON line per request to the state file.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.fakes.model_steps import ErrorBody, Fail, Hang, HangUp, Raw, Request, Say, Script, Step, echo, unlike
from tests.fakes.waiting import PATIENCE

__all__ = ["ErrorBody", "Fail", "Hang", "HangUp", "Raw", "Request", "Say", "ScriptedModel", "Step", "unlike"]


# --- the server ----------------------------------------------------------------------------------


class ScriptedModel:
    """`models` are the ids it lists (None: it has no such list), `owner` is their owner; it accepts any name.

    `rejects` are request fields answered by 400 (as gpt-5 does with "max_tokens"), `context` prompt tokens beyond which
    it answers 400 as OpenAI does, `key` the only bearer token it accepts. `down()` closes the port, `up()` opens the
    same one again.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        port: int = 0,
        models: Sequence[str] | None = ("scripted",),
        owner: str = "llamacpp",
        rejects: Sequence[str] = (),
        context: int | None = None,
        key: str | None = None,
        default: Callable[[Request], Step] = echo,
        state_file: Path | None = None,
    ):
        self.script, self.default = script, default
        self.models, self.owner, self.rejects, self.context, self.key = models, owner, rejects, context, key
        self.requests: list[Request] = []
        self.probes = 0
        self._port, self._state_file, self._taken = port, state_file, 0
        self._changed = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> "ScriptedModel":
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def up(self) -> None:
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_get("/v1/models", self._list)
        app.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def down(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def until(self, true: Callable[["ScriptedModel"], bool]) -> None:
        """Waits until a condition holds, such as `lambda server: server.requests[0].hung_up`."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: true(self))

    async def asked(self, times: int = 1) -> None:
        """Waits until `times` chat requests have arrived."""
        await self.until(lambda server: len(server.requests) >= times)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _list(self, http: web.Request) -> web.Response:
        self.probes += 1
        if self.models is None:
            return web.Response(status=404, text="404: Not Found")
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": self.owner} for name in self.models]
        return web.json_response({"object": "list", "data": listed})

    async def _chat(self, http: web.Request) -> web.StreamResponse:
        request = Request(await http.json(), dict(http.headers), time.monotonic())
        self.requests.append(request)
        self._write_down(request)
        await self._tell()
        try:
            response = await self._answer(http, request)
            request.finished = True
        except (asyncio.CancelledError, ConnectionError):
            request.hung_up = True
            raise
        finally:
            # shielded: a handler that is cancelled because the client disconnected must still record that
            await asyncio.shield(self._tell())
        return response

    def _write_down(self, request: Request) -> None:
        if self._state_file:
            with self._state_file.open("a") as lines:
                lines.write(
                    json.dumps({"last_user": request.last_user, "body": request.body, "at": time.time()}) + "\n"
                )

    async def _answer(self, http: web.Request, request: Request) -> web.StreamResponse:
        step = self._refusal(request, http) or self._next(request)
        match step:
            case Fail():
                return _failure(step)
            case Raw(hangs=False):
                return web.Response(text=step.body, content_type=step.content_type)
            case ErrorBody(streamed=False):
                return web.json_response({"error": {"message": step.message, "code": step.code}})
            case Say() if not request.streamed:
                await step.begin()
                return web.json_response(_whole(step, request))
        return await _stream(http, request, step)

    def _refusal(self, request: Request, http: web.Request) -> Fail | None:
        if self.key is not None and http.headers.get("Authorization") != f"Bearer {self.key}":
            return Fail(401, message="Incorrect API key provided", code="invalid_api_key")
        for name in self.rejects:
            if name in request.body:
                return Fail(400, message=f"Unsupported parameter: '{name}' is not supported with this model.")
        if self.context is not None and request.prompt_tokens > self.context:
            return Fail(400, message=f"maximum context length is {self.context} tokens", code="context_length_exceeded")
        return None

    def _next(self, request: Request) -> Step:
        if callable(self.script):
            return self.script(request)
        if self._taken < len(self.script):
            self._taken += 1
            return self.script[self._taken - 1]
        return self.default(request)


def _failure(step: Fail) -> web.Response:
    headers = {"Retry-After": step.retry_after} if step.retry_after is not None else {}
    body = {"error": {"message": step.message, "type": "error", "param": None, "code": step.code}}
    return web.json_response(body, status=step.status, headers=headers)


async def _stream(http: web.Request, request: Request, step: Step) -> web.StreamResponse:
    kind = step.content_type if isinstance(step, Raw) else "text/event-stream"
    response = web.StreamResponse(headers={"Content-Type": kind, "Cache-Control": "no-cache"})
    if isinstance(step, Hang) and not step.after:
        await asyncio.Event().wait()
    if isinstance(step, HangUp) and not step.after:
        return _drop(http, response)
    if isinstance(step, Say):
        await step.begin()
    await response.prepare(http)
    match step:
        case Say():
            await _say(response, request, step)
        case HangUp() | Hang():
            await _pieces(response, step.after, step.piece, 0)
            if isinstance(step, Hang):
                await asyncio.Event().wait()
            return _drop(http, response)
        case Raw():
            await response.write(step.body.encode())
            await asyncio.Event().wait()
        case ErrorBody():
            await _pieces(response, step.after, 7, 0)
            await _event(response, {"error": {"message": step.message, "code": step.code}})
    await response.write_eof()
    return response


def _drop(http: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if http.transport:
        http.transport.abort()
    return response


async def _say(response: web.StreamResponse, request: Request, step: Say) -> None:
    await _event(response, _chunk({"role": "assistant", "content": ""}))
    for start in range(0, len(step.thinking), step.piece):
        await _event(response, _chunk({"reasoning_content": step.thinking[start : start + step.piece]}))
    for start in range(0, len(step.text), step.piece):
        if step.before:
            await step.before(step.text[:start])
        if step.empty_choices:
            await _event(response, {"id": "x", "object": "chat.completion.chunk", "choices": []})
        await _pieces(response, step.text[start : start + step.piece], step.piece, step.between)
    last = _chunk({})
    if step.finish is not None:
        last["choices"][0]["finish_reason"] = step.finish
    await _event(response, last)
    if step.usage and request.body.get("stream_options", {}).get("include_usage"):
        await _event(
            response, {"id": "x", "object": "chat.completion.chunk", "choices": [], "usage": _usage(step, request)}
        )
    if step.done:
        await response.write(b"data: [DONE]\n\n")


async def _pieces(response: web.StreamResponse, text: str, size: int, between: float) -> None:
    for start in range(0, len(text), size):
        await _event(response, _chunk({"content": text[start : start + size]}))
        if between:
            await asyncio.sleep(between)


async def _event(response: web.StreamResponse, data: Mapping[str, Any]) -> None:
    await response.write(f"data: {json.dumps(data)}\n\n".encode())


def _chunk(delta: Mapping[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "scripted", "choices": [choice]}


def _usage(step: Say, request: Request) -> dict[str, Any]:
    said = max(1, len(step.text) // 4)
    counted: dict[str, Any] = {
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": said,
        "total_tokens": request.prompt_tokens + said,
    }
    if step.cached:
        counted["prompt_tokens_details"] = {"cached_tokens": step.cached}
    return {**counted, **step.extra_usage}


def _whole(step: Say, request: Request) -> dict[str, Any]:
    message = {"role": "assistant", "content": step.text}
    choice = {"index": 0, "message": message, "finish_reason": step.finish}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [choice],
        **({"usage": _usage(step, request)} if step.usage else {}),
    }


# --- as a process --------------------------------------------------------------------------------


async def _serve(port: int, state_file: Path | None, pace: Mapping[str, float]) -> None:
    def paced(request: Request) -> Say:
        return Say(**{**asdict(echo(request)), **pace})

    async with ScriptedModel(port=port, state_file=state_file, default=paced) as server:
        print(f"listening on {server.url}", flush=True)
        await asyncio.Event().wait()


def _main() -> None:
    options = argparse.ArgumentParser(description="an OpenAI-compatible server that echoes")
    options.add_argument("--port", type=int, default=0, help="0: a free one")
    options.add_argument("--state-file", type=Path, help="one JSON line a request is appended here")
    options.add_argument("--first-delay", type=float, default=0, help="seconds before the first token")
    options.add_argument("--between", type=float, default=0, help="seconds between chunks")
    given = options.parse_args()
    asyncio.run(_serve(given.port, given.state_file, {"first_delay": given.first_delay, "between": given.between}))


if __name__ == "__main__":
    _main()
