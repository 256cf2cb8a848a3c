"""What a scripted model is asked, and the steps by which it answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# --- what is asked -------------------------------------------------------------------------------


@dataclass
class Request:
    """One chat request. `at` is monotonic seconds; `hung_up` turns true when the client left before the end,
    `finished` when it got everything."""

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
        """Four characters a token: a number that a test can work out itself."""
        return sum(len(str(message.get("content", ""))) for message in self.messages) // 4


# --- what is answered ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Say:
    """A good answer, streamed in pieces of `piece` characters.

    `first_delay` and `between` are seconds. `usage` False sends none; `extra_usage` is merged into it (provider
    dialects); `cached` are cached prompt tokens. `thinking` comes as `reasoning_content` before the text (put think
    tags into `text` yourself). `empty_choices` sends chunks without choices in between. `finish` None leaves the
    reason out, `done` False the last event. `before` is awaited before the answer begins, with "", and before each
    piece, with what was said by then: a test holds the answer there as long as it likes.
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
        """Waits until the first token may be said."""
        await asyncio.sleep(self.first_delay)
        if self.before:
            await self.before("")


@dataclass(frozen=True)
class Fail:
    """An HTTP error as providers word it; `retry_after` is the header as it stands (seconds or an HTTP date)."""

    status: int
    retry_after: str | None = None
    message: str = "provider words that no member may see"
    code: str | None = None


@dataclass(frozen=True)
class ErrorBody:
    """Status 200 and an error inside: as plain JSON, or (`streamed`) as an event after `after` was said."""

    message: str = "provider words that no member may see"
    streamed: bool = False
    after: str = ""
    code: Any = 500


@dataclass(frozen=True)
class Raw:
    """Any bytes with status 200: HTML of a captive portal, broken JSON, events that are none."""

    body: str = "<!doctype html><html><body>Please log in</body></html>"
    content_type: str = "text/html"


@dataclass(frozen=True)
class HangUp:
    """Says `after`, then drops the connection in the middle of the stream (before any byte when empty)."""

    after: str = ""
    piece: int = 7


@dataclass(frozen=True)
class Hang:
    """Says `after`, then nothing more, forever."""

    after: str = ""
    piece: int = 7


Step = Say | Fail | ErrorBody | Raw | HangUp | Hang
Script = Sequence[Step] | Callable[[Request], Step]


def echo(request: Request) -> Say:
    """The default answer: deterministic, short, derived from what was asked."""
    return Say(f"You said: {' '.join(request.last_user.split())[-200:]}")
