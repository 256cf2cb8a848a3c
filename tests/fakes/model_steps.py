"""Requests to a scripted model, and the steps that define its answers."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# --- requests ------------------------------------------------------------------------------------


@dataclass
class Request:
    """One chat request. `at` is monotonic seconds; `hung_up` becomes true when the client disconnects before the end,
    `finished` when it has received everything."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]
    at: float
    hung_up: bool = False
    finished: bool = False

    @property
    def messages(self) -> list[dict[str, Any]]:
        found = self.body.get("messages", [])
        return list(found) if isinstance(found, list) else []

    @property
    def last_user(self) -> str:
        said = [str(message.get("content", "")) for message in self.messages if message.get("role") == "user"]
        return said[-1] if said else ""

    @property
    def streamed(self) -> bool:
        return bool(self.body.get("stream"))

    @property
    def prompt_tokens(self) -> int:
        """The prompt's tokens at four characters each, a number that a test can compute itself."""
        return sum(len(str(message.get("content", ""))) for message in self.messages) // 4


# --- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """A successful answer, streamed in pieces of `piece` characters.

    `first_delay` and `between` are seconds. `usage` False sends none; `extra_usage` is merged into it (provider
    dialects); `cached` are cached prompt tokens. `thinking` comes as `reasoning_content` before the text (put think
    tags into `text` yourself). `empty_choices` sends chunks without choices in between. `finish` None leaves the
    reason out, `done` False the last event. `before` is awaited before the answer begins, with "", and before each
    piece, with the text so far: a test can hold the answer there.
    """

    text: str
    first_delay: float = 0
    between: float = 0
    piece: int = 7
    usage: bool = True
    cached: int = 0
    extra_usage: Mapping[str, Any] = field(default_factory=dict)
    thinking: str = ""
    empty_choices: bool = False
    finish: str | None = "stop"
    done: bool = True
    before: Callable[[str], Awaitable[object]] | None = None

    async def begin(self) -> None:
        """Waits until the first token may be sent."""
        await asyncio.sleep(self.first_delay)
        if self.before:
            await self.before("")


@dataclass(frozen=True)
class Fail:
    """An HTTP error in the providers' format; `retry_after` is the header's value (seconds or an HTTP date)."""

    status: int
    retry_after: str | None = None
    message: str = "provider words that no member may see"
    code: str | None = None


@dataclass(frozen=True)
class ErrorBody:
    """Status 200 with an error in the body: as plain JSON, or (`streamed`) as an event after the text `after`."""

    message: str = "provider words that no member may see"
    streamed: bool = False
    after: str = ""
    code: Any = 500


@dataclass(frozen=True)
class Raw:
    """Any bytes with status 200: HTML of a captive portal, broken JSON, invalid events. `hangs`: nothing follows, not
    even the end; the client has to leave."""

    body: str = "<!doctype html><html><body>Please log in</body></html>"
    content_type: str = "text/html"
    hangs: bool = False


@dataclass(frozen=True)
class HangUp:
    """Sends `after`, then drops the connection in the middle of the stream (before any byte if empty)."""

    after: str = ""
    piece: int = 7


@dataclass(frozen=True)
class Hang:
    """Sends `after`, then nothing more."""

    after: str = ""
    piece: int = 7


Step = Say | Fail | ErrorBody | Raw | HangUp | Hang
Script = Sequence[Step] | Callable[[Request], Step]


def echo(request: Request) -> Say:
    """The default answer: deterministic, derived from the request, and too short to repeat our instructions."""
    return Say(f"You said: {' '.join(request.last_user.split())[-40:]}")


def unlike(request: Request) -> str:
    """A sentence unlike the answers to other messages: the review of drafts passes over what was said before."""
    word = hashlib.sha256(request.last_user.encode()).hexdigest()[:12]
    return f"{word} is the {word[::-1]} here"
