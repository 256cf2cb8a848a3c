"""Keeps each platform's adapter running; one that is down neither stops the others nor blocks the start."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.types import Adapter, Clock, Hear, PlatformError, PlatformRefused, Status, StoreError, Thread, TypingSign

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds; a platform that is down for hours is tried once a minute
STEADY = 300.0  # seconds of uptime after which the next failure starts again at FIRST_PAUSE


class AllRefused(Exception):
    """Every enabled platform has refused us for good."""


def ignore_signs(thread: Thread, person: str) -> None:
    """Ignores typing signs."""


class Supervisor:
    def __init__(self, adapters: Mapping[str, Adapter], clock: Clock, typing: TypingSign = ignore_signs):
        """`typing` is called for the typing signs of all platforms."""
        self._adapters, self._clock, self._typing = adapters, clock, typing

    async def keep_running(self, adapter: Adapter, hear: Hear) -> None:
        """Runs one adapter, restarting it after failures of any kind, until cancelled or refused. Raises AllRefused
        if it was the last one not refused."""
        pause = FIRST_PAUSE
        while True:
            began = self._clock.now()
            try:
                await adapter.run(hear, self._typing)
                reason = "it stopped by itself"
            except PlatformRefused as error:
                adapter.status = Status.REFUSED
                log.error("platform.refused", platform=adapter.name, why=str(error))
                self._stop_if_alone()
                return
            except (PlatformError, StoreError) as error:
                reason = str(error) or type(error).__name__
            except Exception as error:  # a fault of one adapter must not end the others
                log.exception("platform.failed", platform=adapter.name)
                reason = type(error).__name__
            adapter.status = Status.DOWN
            if (self._clock.now() - began).total_seconds() > STEADY:
                pause = FIRST_PAUSE
            log.warning("platform.lost", platform=adapter.name, why=reason, next_try_seconds=pause)
            await self._clock.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _stop_if_alone(self) -> None:
        if all(adapter.status is Status.REFUSED for adapter in self._adapters.values()):
            raise AllRefused

    async def run(self, ears: Mapping[str, Hear]) -> None:
        """Runs all adapters until cancelled. Raises AllRefused when every one was refused."""
        async with asyncio.TaskGroup() as group:
            for name, adapter in self._adapters.items():
                group.create_task(self.keep_running(adapter, ears[name]), name=f"platform {name}")
