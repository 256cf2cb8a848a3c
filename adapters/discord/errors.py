"""Maps discord.py's exceptions to ours: retry later, give up this message, or give up the credentials."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.types import Blocked, PlatformError, PlatformRefused, Undeliverable

from .json_text import UNREADABLE

CLOSED_FOR_GOOD = {
    4004: "the token is wrong or was reset: copy it again from the developer portal (Bot > Token)",
    4010: "it refuses the shard number",
    4011: "it wants this bot to run in shards",
    4012: "it no longer speaks this version of its API",
    4013: "it does not know the intents that are asked for",
}
CODES = 1_000_000  # Discord's error codes are below; a member's id is far above
PUT_AWAY = (50083, 160005)  # archived thread, locked thread: Discord answers with status 400
BY_AUTOMOD = (200000, 200001)  # the server's own filter refuses the text, or a thread's title
NOT_THE_CHANNEL = (10008, 10014, 90001)  # the message or the emoji is gone; its author has blocked us
INTENT_LINE = (
    "Discord refuses the Message Content intent: switch on Bot > Privileged Gateway Intents > Message Content Intent "
    "in the developer portal, or set platforms.discord.message_content: false (Cameo then reads only what mentions it) "
    "or if_allowed"
)


class NoContentIntent(PlatformRefused):
    """The Message Content intent is not switched on for this bot."""


class Closed(Undeliverable):
    """The channel is closed to us: the same kind of request to it will fail again, for now."""


@contextmanager
def sdk_errors() -> Iterator[None]:
    """Wraps a request: raises PlatformError, Undeliverable or Closed instead of the SDK's exceptions. NotSent, which
    `DiscordHTTP` raises, passes through."""
    try:
        yield
    except discord.HTTPException as problem:
        raise _of_request(problem) from problem
    except (discord.DiscordException, aiohttp.ClientError, OSError) as problem:  # TimeoutError is an OSError
        raise PlatformError(f"Discord can't be reached: {type(problem).__name__}") from problem
    except UNREADABLE as problem:
        raise PlatformError("Discord's answer can't be read") from problem
    except RuntimeError as problem:  # aiohttp: the session is closed, since we are shutting down
        raise PlatformError("Discord's connection is closed") from problem


def _of_request(problem: discord.HTTPException) -> PlatformError:
    """Maps a failed request by status, or by Discord's own code where the status is ambiguous. Discord's message is
    only logged."""
    is_code = isinstance(problem.code, int) and 0 <= problem.code < CODES  # the library takes whatever comes
    code = problem.code if is_code else "unknown"
    line = f"Discord answered {problem.status} (code {code})"
    if problem.code in BY_AUTOMOD:
        return Blocked(line)
    if problem.code in PUT_AWAY or (problem.status in (403, 404) and problem.code not in NOT_THE_CHANNEL):
        return Closed(line)
    if problem.status in (401, 408, 429) or problem.status >= 500:
        return PlatformError(line)
    return Undeliverable(line)


def of_connection(problem: Exception) -> PlatformError:
    """Maps the exception that ended the connection. An unexpected exception from the SDK leads to a new connection."""
    if isinstance(problem, discord.LoginFailure):
        return PlatformRefused(f"Discord refuses the token: {CLOSED_FOR_GOOD[4004]}")
    if isinstance(problem, discord.PrivilegedIntentsRequired):
        return NoContentIntent(INTENT_LINE)
    if isinstance(problem, discord.ConnectionClosed) and problem.code in CLOSED_FOR_GOOD:
        return PlatformRefused(f"Discord closed the connection for good: {CLOSED_FOR_GOOD[problem.code]}")
    return PlatformError(f"the connection to Discord was lost: {type(problem).__name__}")
