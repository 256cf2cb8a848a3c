"""Where a profiled round has spent its time, by part."""

from collections import Counter
from cProfile import Profile
from pstats import Stats

# The first fitting path says whose code a function is.
PARTS = {
    "/adapters/": "adapter",
    "/bot/decide/": "deciding",
    "/bot/settings": "deciding",
    "/bot/rooms": "deciding",
    "/bot/participant": "deciding",
    "/bot/speaking": "following turns",
    "structlog": "logging",
    "/bot/remember/": "store",
    "sqlalchemy": "store",
    "aiosqlite": "store",
    "/tests/": "sending",
    "aiohttp": "the wire",
    "/discord/": "discord.py",
}
NO_PLACE = ("~", "<string>")  # C functions and generated ones: the time is their callers'


def shares(profile: Profile) -> str:
    """Per cent of the time by part, largest first. Waiting is the loop with nothing to do but to wait for the store's
    thread, in which SQLite works."""
    spent: Counter[str] = Counter()
    for (file, _, name), (_, _, seconds, _, callers) in Stats(profile).stats.items():
        if "epoll" in name or "select.select" in name or "kqueue" in name:
            spent["waiting for SQLite"] += seconds
        elif file in NO_PLACE:
            for (caller, _, _), (_, _, part, _) in callers.items():
                spent[_part(caller)] += part
        else:
            spent[_part(file)] += seconds
    whole = sum(spent.values())
    return ", ".join(f"{part} {seconds / whole:.0%}" for part, seconds in spent.most_common())


def _part(file: str) -> str:
    path = file.replace("\\", "/")
    return next((part for mark, part in PARTS.items() if mark in path), "Python itself (asyncio, json ...)")
