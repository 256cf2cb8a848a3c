"""The page /history served for real, with its trials and its cases, and nothing else of Cameo."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters import exports
from bot.config.settings import ConsoleSettings, Settings
from bot.console.history_routes import HistoryRoutes
from bot.console.web import Console
from bot.measure.cases import CaseFile
from bot.measure.trial import MOST_RECEIVED_MB, Trials
from tests.fakes.local_house import LiveClock
from tests.fakes.shipped import personas, shipped_words
from tests.measure.community import row

TOKEN = "a-token-for-tests"
TAGS = "<img src=x onerror=\"document.title='taken over'\">&amp;"


@dataclass
class HistoryHouse:
    folder: Path
    trials: Trials
    cases: CaseFile
    console: Console

    @property
    def address(self) -> str:
        return self.console.address.rstrip("/")


@asynccontextmanager
async def history_house(folder: Path, most_mb: int = MOST_RECEIVED_MB) -> AsyncIterator[HistoryHouse]:
    settings, clock = Settings(), LiveClock()
    trials = Trials(folder / "trials", lambda: (settings, personas()), exports(), clock, most_mb)
    cases = CaseFile(folder / "cases.jsonl")
    routes = HistoryRoutes(trials, cases, shipped_words(), clock).router()
    console = Console(ConsoleSettings(port=0), TOKEN, health=dict, page_routes=[routes])
    console.open()
    tasks = [asyncio.create_task(trials.run()), asyncio.create_task(console.run())]
    try:
        yield HistoryHouse(folder, trials, cases, console)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def history() -> bytes:
    """JSON Lines: a question an hour for a month, every third answered by a person after some minutes, with names and
    texts that look like HTML."""
    rows: list[dict[str, Any]] = []
    for hour in range(24 * 30):
        asked = f"does anybody know how to clean mill number {hour}? {TAGS if hour % 7 == 0 else ''}"
        name = f"Ana {TAGS}" if hour % 5 == 0 else "Ana"
        rows.append(row(f"q{hour}", f"u{hour}", asked, 3600.0 * hour, thread=f"q{hour}", name=name, room="help"))
        if hour % 3 == 0:
            minutes = 1 + hour * 7 % 55
            rows.append(
                row(f"a{hour}", "ben", "with a brush", 3600.0 * hour + 60 * minutes, thread=f"q{hour}", room="help")
            )
    return "".join(json.dumps(one) + "\n" for one in sorted(rows, key=lambda one: str(one["at"]))).encode()
