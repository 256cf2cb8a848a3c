"""No secret is ever printed: the real process, whose providers, homeservers and errors repeat its keys."""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from bot.config.masking import MASKED_PART
from tests.fakes.cameo import ROOT, Cameo, cameo, eventually, scripted
from tests.fakes.environment import clean_environment
from tests.fakes.model_steps import ErrorBody, Fail, Raw, Step
from tests.fakes.scripted_model import ScriptedModel

KEY = "provider key of our own: 7"  # of no form that is recognised
TOKEN = "homeserver token of our own: 8"
ECHOES: dict[str, Step] = {
    "a 401 with the key in its message": Fail(
        401, message=f"Incorrect API key provided: {KEY}", code="invalid_api_key"
    ),
    "a code that is the key": Fail(400, message="bad request", code=KEY),
    "a retry time that is the key": Fail(429, retry_after=KEY, message=KEY),
    "an error in the stream": ErrorBody(message=f"{KEY} is over its quota", streamed=True, code=KEY),
    "an error as an answer": ErrorBody(message=KEY, code=401),
    "a page": Raw(f"<html>{KEY}</html>"),
    "a broken event": Raw(f"data: {{{KEY}\n\n", "text/event-stream"),
}


def shown(running: Cameo) -> str:
    """What Cameo logged and printed, but for the address with the page's own token."""
    return running.log.read_text("utf-8") + running.terminal.read_text("utf-8")


def parts(secret: str) -> set[str]:
    return {secret[at : at + MASKED_PART] for at in range(len(secret) - MASKED_PART + 1)}


@pytest.mark.parametrize("echo", ECHOES)
async def test_a_provider_may_repeat_the_key(tmp_path: Path, echo: str) -> None:
    async with ScriptedModel(lambda _: ECHOES[echo]) as model:
        config = scripted(model.url)
        config["models"]["scripted"] |= {"key_env": "MODEL_KEY", "price": {"input": 0.1, "output": 0.2}}
        running = await Cameo(tmp_path, config, {"MODEL_KEY": KEY}, ("--verbose",)).start()
        try:
            said = await running.post("workshop", "Noor", "@mochi why does rye sink?")
            await running.until_turn(said["id"], "sent", "failed", "silent")
            assert model.requests[0].headers["Authorization"] == f"Bearer {KEY}"
            assert "model_" in running.log.read_text("utf-8"), "the fault is told"
            found = shown(running)
            assert not [part for part in parts(KEY) if part in found], found
        finally:
            await running.stop()


@asynccontextmanager
async def echoing_homeserver() -> AsyncIterator[str]:
    """Refuses every request, and repeats the token in code and message."""

    async def refuse(request: web.Request) -> web.Response:
        return web.json_response({"errcode": f"M_{TOKEN}", "error": f"unknown token {TOKEN}"}, status=403)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_homeserver_may_repeat_the_token(tmp_path: Path) -> None:
    async with echoing_homeserver() as url:
        config = {"platforms": {"matrix": {"enabled": True, "homeserver": url, "user": "@cameo:a.example"}}}
        async with cameo(tmp_path, config, {"MATRIX_TOKEN": TOKEN}) as running:

            async def is_told() -> bool:
                return "platform." in running.log.read_text("utf-8")

            assert await eventually(is_told)
            found = shown(running)
            assert not [part for part in parts(TOKEN) if part in found], found


ERRORS = {
    "uncaught": "raise ValueError('cannot use ' + key)",
    "with a cause": "try:\n    {}[key]\nexcept KeyError as error:\n    raise RuntimeError(key) from error",
    "with a note": "error = OSError('odd'); error.add_note(key); raise error",
    "in a thread": "import threading; one = threading.Thread(target=lambda: int(key)); one.start(); one.join()",
    "while it is collected": "class Odd:\n    def __del__(self):\n        raise ValueError(key)\nOdd()",
    "a warning": "import warnings; warnings.warn(key)",
    "in a task": "import asyncio\nasync def fail():\n    raise ValueError(key)\n"
    "async def main():\n    task = asyncio.create_task(fail()); await asyncio.sleep(0); await asyncio.sleep(0)\n"
    "asyncio.run(main(), debug=True)",
    "of a library": "import logging; logging.getLogger('lib').error('said %s', key)",
    "of a library, as its message": "import logging; logging.getLogger('lib').error({'a': [key]})",
}


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("error", ERRORS)
def test_an_error_may_hold_a_key(tmp_path: Path, error: str, verbose: bool) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from bot.config.masking import Mask\nfrom bot.explain.guarded import guard_output\n"
        "from bot.explain.words import load_words\nfrom bot.logs import set_up_logs\n"
        "key = sys.argv[1]; mask = Mask([key]); guard_output(); guard_output(mask)\n"
        f"set_up_logs(Path('cameo.log'), load_words(), mask, verbose={verbose})\n{ERRORS[error]}\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, KEY], cwd=tmp_path, env={**clean_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    log = tmp_path / "cameo.log"
    found = ran.stdout + ran.stderr + (log.read_text("utf-8") if log.exists() else "")
    assert found and not [part for part in parts(KEY) if part in found], found
