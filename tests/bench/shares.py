"""Where a profiled round has spent its time, by part."""

from collections import Counter
from cProfile import Profile
from pstats import Stats

# The first path that fits says whose code a function is.
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
CALLERS = ("~", "<string>")  # C functions and generated ones: the time is their callers'


def shares(profile: Profile) -> str:
    """Per cent by part, largest first. Waiting is the loop with nothing to do but to wait for the thread in which
    SQLite works; while that thread holds the interpreter, the time falls on whoever is there."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, seconds, _, callers) in Stats(profile).stats.items():
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
