"""What a failure of discord.py means: try again later, give up this one message, or give up our credentials."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.types import PlatformError, PlatformRefused, Undeliverable

from .json_text import UNREADABLE

CLOSED_FOR_GOOD = {
    4004: "the token is wrong or was reset: copy it anew from the developer portal (Bot > Token)",
    4010: "it refuses the shard number",
    4011: "it wants this bot to run in shards",
    4012: "it no longer speaks this version of its API",
    4013: "it does not know the intents that are asked for",
}
BLOCKED = (50083, 160005)  # an archived and a locked thread: refused as if our request had been malformed
INTENT_LINE = (
    "Discord refuses the Message Content intent: switch on Bot > Privileged Gateway Intents > Message Content Intent "
    "in the developer portal, or set platforms.discord.message_content: false (Cameo then reads only what mentions it)"
)


class Closed(Undeliverable):
    """The channel itself is shut to us: nothing else will get through to it either for now."""


@contextmanager
def sdk_errors() -> Iterator[None]:
    """Around a request: raises PlatformError, Undeliverable or Closed in place of the SDK's exceptions. NotSent, which
    `DiscordHTTP` raises, passes."""
    try:
        yield
    except discord.HTTPException as problem:
        raise _of_request(problem) from problem
    except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:  # TimeoutError is an OSError
        raise PlatformError(f"Discord can't be reached: {type(problem).__name__}") from problem
    except UNREADABLE as problem:
        raise PlatformError("Discord's answer can't be read") from problem
    except RuntimeError as problem:  # aiohttp: the session was closed under us, we are shutting down
        raise PlatformError("Discord's connection is closed") from problem


def _of_request(problem: discord.HTTPException) -> PlatformError:
    """By status, and by Discord's own code where the status says too little. Its words are for the log alone."""
    line = f"Discord answered {problem.status} (code {problem.code})"
    if problem.status in (403, 404) or problem.code in BLOCKED:
        return Closed(line)
    if problem.status in (401, 408, 429) or problem.status >= 500:
        return PlatformError(line)
    return Undeliverable(line)


def of_connection(problem: Exception) -> PlatformError:
    """What the end of the connection means. Anything the SDK itself stumbles over is worth a new connection."""
    if isinstance(problem, discord.LoginFailure):
        return PlatformRefused(f"Discord refuses the token: {CLOSED_FOR_GOOD[4004]}")
    if isinstance(problem, discord.PrivilegedIntentsRequired):
        return PlatformRefused(INTENT_LINE)
    if isinstance(problem, discord.ConnectionClosed) and problem.code in CLOSED_FOR_GOOD:
        return PlatformRefused(f"Discord closed the connection for good: {CLOSED_FOR_GOOD[problem.code]}")
    return PlatformError(f"the connection to Discord was lost: {type(problem).__name__}")
