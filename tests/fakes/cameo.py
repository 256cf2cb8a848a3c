"""The real Cameo as a process of its own: started with a configuration, used over HTTP, and killed on demand."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import yaml

from bot.decide.pseudonyms import id_of_turn
from tests.fakes.environment import clean_environment
from tests.fakes.forks import Process, launch
from tests.fakes.waiting import PATIENCE

T = TypeVar("T")
TOKEN = "token-for-tests"
ROOT = Path(__file__).parents[2]


class Cameo:
    """`config` is the content of config.yaml; database and console port are added."""

    def __init__(
        self,
        folder: Path,
        config: dict[str, Any],
        environment: dict[str, str] | None = None,
        words: tuple[str, ...] = (),
    ):
        self.folder, self.port, self.words = folder, 0, words
        folder.mkdir(parents=True, exist_ok=True)
        self.config = {
            "database": str(folder / "data" / "cameo.db"),
            "personas": str(ROOT / "personas"),
            "console": {"port": 0},
            **config,
        }
        self.path = folder / "config.yaml"
        self.path.write_text(yaml.safe_dump(self.config, allow_unicode=True), encoding="utf-8")
        self._environment = {**clean_environment(), "CAMEO_TOKEN": TOKEN, **(environment or {})}
        self.log = Path(self.config["database"]).with_name("cameo.log")
        self.terminal = folder / "terminal.txt"  # standard error
        self.process: Process | None = None
        self.printed: list[str] = []
        self.http: httpx.AsyncClient | None = None

    async def start(self) -> "Cameo":
        """Starts the process; returns once it prints its address."""
        with self.terminal.open("ab") as terminal:
            command = ("run", "--config", str(self.path), *self.words)
            self.process = await launch(command, ROOT, self._environment, terminal.fileno())
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while "http://" not in (line := (await self.process.stdout.readline()).decode()):
                if not line:
                    raise AssertionError(f"Cameo did not start:\n{self.terminal.read_text()[-4000:]}")
            self.printed.append(line)
        address = line[line.index("http://") :].split("?")[0]
        self.http = httpx.AsyncClient(
            base_url=address, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE, trust_env=False
        )
        return self

    async def kill(self) -> None:
        """Sends SIGKILL, which leaves no chance to clean up."""
        assert self.process is not None and self.http is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        await self.http.aclose()

    async def stop(self) -> int:
        """Sends SIGTERM; returns the exit code."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE):
            code = await self.process.wait()
        if self.http is not None:
            await self.http.aclose()
        return code

    # --- the local community ---------------------------------------------------------------

    async def post(self, room: str, author: str, text: str, **more: str) -> dict[str, Any]:
        assert self.http is not None
        answer = await self.http.post(
            f"api/local/rooms/{room}/messages", json={"author": author, "text": text, "thread": None, **more}
        )
        assert answer.status_code == 201, answer.text
        return cast(dict[str, Any], answer.json())

    async def messages(self, room: str) -> list[dict[str, Any]]:
        assert self.http is not None
        found = await self.http.get(f"api/local/rooms/{room}/messages", params={"after": ""})
        return cast(list[dict[str, Any]], found.json())

    async def replies(self, room: str) -> dict[str, list[str]]:
        """Our texts, by the message that they answer, without the examples of the seed."""
        found: dict[str, list[str]] = {}
        for message in await self.messages(room):
            if message["is_bot"] and "example" not in message:
                found.setdefault(message["reply_to"], []).append(message["text"])
        return found

    async def turns(self, last: int = 200) -> list[dict[str, Any]]:
        assert self.http is not None
        return cast(list[dict[str, Any]], (await self.http.get("api/turns", params={"last": last})).json())

    async def turn(self, trigger: str) -> dict[str, Any] | None:
        """The turn about a message, also after the turn has lost it."""
        return next((turn for turn in await self.turns() if is_about(turn, trigger)), None)

    async def until_turn(self, trigger: str, *states: str) -> dict[str, Any]:
        """Waits until the turn about a message has reached one of the states."""
        async with asyncio.timeout(PATIENCE):
            while True:
                turn = await self.turn(trigger)
                if turn is not None and turn["state"] in states:
                    return turn
                await asyncio.sleep(0.05)

    def logged(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


def is_about(turn: dict[str, Any], trigger: str) -> bool:
    platform = turn["room"].partition("/")[0]
    return bool(turn["trigger"] == trigger or turn["id"] == id_of_turn(platform, trigger))


@asynccontextmanager
async def cameo(
    folder: Path, config: dict[str, Any], environment: dict[str, str] | None = None
) -> AsyncIterator[Cameo]:
    running = await Cameo(folder, config, environment).start()
    try:
        yield running
    finally:
        await running.stop()


async def eventually(condition: Callable[[], Awaitable[T | None]], patience: float = PATIENCE) -> T:
    """Waits until the (async) condition returns something true, for `patience` seconds at most, and returns that."""
    async with asyncio.timeout(patience):
        while not (found := await condition()):
            await asyncio.sleep(0.05)
    return found


def scripted(url: str, **more: Any) -> dict[str, Any]:
    """Settings in which a scripted model is the only writer."""
    return {"models": {"scripted": {"base_url": url, "model": "scripted"}}, "writer": ["scripted"], **more}
