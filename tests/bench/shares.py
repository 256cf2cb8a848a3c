"""Where a profiled round spent its time, by part."""

from collections import Counter
from cProfile import Profile
from pstats import Stats

# The part of a function is that of the first matching path.
PARTS = {
    "/adapters/discord/": "adapter",
    "/bot/remember/": "store",
    "sqlalchemy": "store",
    "aiosqlite": "store",
    "structlog": "logging",
    "/bot/": "deciding",
    "/discord/": "discord.py",
    "aiohttp": "the wire",
}
CALLERS = ("~", "<string>")  # Functions in C and generated ones: their time belongs to their callers


def shares(profile: Profile) -> str:
    """Percentages by part, largest first. Waiting means that the loop only waits for SQLite's thread; while that thread
    holds the interpreter, the time is counted for the part that runs."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, seconds, _, callers) in Stats(profile).stats.items():  # type: ignore[attr-defined]  # typeshed lacks it
        if "poll" in name:
            spent["waiting for SQLite"] += seconds
        elif file in CALLERS:
            for (caller, *_), (_, _, part, _) in callers.items():
                spent[_part(caller)] += part
        else:
            spent[_part(file)] += seconds
    return ", ".join(f"{part} {seconds / spent.total():.0%}" for part, seconds in spent.most_common())


def _part(file: str) -> str:
    return next((part for mark, part in PARTS.items() if mark in file), "the rest (asyncio, json ...)")
