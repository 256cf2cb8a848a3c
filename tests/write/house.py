"""A test setup for models: a clock that the test advances, a purse, and a reader of previews."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.config.model_settings import ModelSettings, Price
from bot.types import ModelError, Usage
from bot.write.models.addresses import PROBE_SECONDS
from bot.write.models.chat import ChatMessage
from bot.write.models.deadline import END_SECONDS
from bot.write.models.failover import Draft, Models
from tests.fakes.clock import VirtualClock
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.waiting import PATIENCE, until

PRICE = Price(input=1.0, cached=0.1, output=4.0)
SECRET = "sk-very-secret"
# Nothing listens here: port 9 (discard) is normally closed.
NOWHERE = "http://127.0.0.1:9/v1"


class Purse:
    """Pays while there is money, and records the payments."""

    def __init__(self, usd: float = 1.0):
        self.usd = usd
        self.reserved: list[tuple[str, float]] = []
        self.charged: list[tuple[str, Usage]] = []

    async def reserve(self, model: str, worst_case_usd: float) -> bool:
        if worst_case_usd > self.usd:
            return False
        self.reserved.append((model, worst_case_usd))
        return True

    def charge(self, model: str, usage: Usage) -> None:
        self.charged.append((model, usage))


def compose(room: int) -> list[ChatMessage]:
    return [ChatMessage("system", "You are Mochi."), ChatMessage("user", "hello " * (room // 10))]


def model(name: str, server: ScriptedModel | str, **given: Any) -> ModelSettings:
    url = server if isinstance(server, str) else server.url
    return ModelSettings(**{"name": name, "base_url": url, "model": "m", "context_tokens": 400, **given})


class HouseClock(VirtualClock):
    """With `hurry`, pauses between attempts (at most 11 s) pass at once; time limits (a probe's, a finished answer's,
    and those of 15 s and more) never expire."""

    hurry = False

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        if self.hurry and seconds <= 11 and seconds not in (PROBE_SECONDS, END_SECONDS):
            self._now += timedelta(seconds=seconds)
            await asyncio.sleep(0)
            return
        await super().sleep(seconds)

    async def slept(self, low: float, high: float) -> None:
        """Waits until a task sleeps for a number of seconds in this range."""
        await until(lambda: any(low <= seconds <= high for seconds in self.sleeps))


class House:
    """Open models with a clock and a purse; closed at the end."""

    def __init__(self, *settings: ModelSettings, usd: float = 1.0, writer: list[str] | None = None):
        """All models write, in order, unless `writer` names some."""
        self.clock, self.purse = HouseClock(), Purse(usd)
        models = {one.name: one for one in settings}
        self.models = Models(models, list(models) if writer is None else writer, self.clock)
        self.seen: list[str] = []

    async def __aenter__(self) -> "House":
        await self.models.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.models.close()

    async def on_text(self, text: str) -> None:
        self.seen.append(text)

    async def write(self, *, preview: bool = True) -> Draft:
        return await self.models.write(compose, "local", self.purse, self.on_text if preview else None)

    async def write_waiting(self, *, preview: bool = True) -> Draft:
        """Writes without waiting for the pauses between attempts."""
        self.clock.hurry = True
        async with asyncio.timeout(PATIENCE):
            draft = await self.write(preview=preview)
        self.clock.hurry = False
        return draft

    def state(self, name: str) -> str:
        return next(status.state for status in self.models.status() if status.name == name)


async def failing(house: House, code: str) -> ModelError:
    with pytest.raises(ModelError) as error:
        await house.write_waiting()
    assert error.value.code == code
    return error.value
