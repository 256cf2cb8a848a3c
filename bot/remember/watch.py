"""Watches whether the database can be read and written, and finds out when it can again."""

from contextlib import suppress

import structlog

from bot.remember.damage import OpenFile
from bot.remember.store import Store
from bot.types import Clock, StoreError

log = structlog.get_logger()

STORE_WATCH_SECONDS = 5.0  # a look takes under a millisecond; nobody waits longer for a disk that has space again


class StoreWatch:
    """`run` until cancelled."""

    def __init__(self, store: Store, clock: Clock):
        self._store, self._clock = store, clock
        self._file = OpenFile(store.path)
        self._harm = ""

    @property
    def problem(self) -> str:
        """What is wrong with the database, in words; empty if nothing is."""
        return self._harm or self._store.problem

    async def run(self) -> None:
        while True:
            await self._clock.sleep(STORE_WATCH_SECONDS)
            await self._look()

    async def _look(self) -> None:
        before, self._harm = self._harm, self._file.harm()
        if self._harm and self._harm != before:
            log.error("store.harmed", problem=self._harm)
        if self._store.problem:
            with suppress(StoreError):  # a success clears the problem, also where nobody says anything
                await self._store.adapter_state("cameo").put({"looked": "yes"})
