"""Makes Discord's markup (<@1>, <#2>, <t:3>) readable, and names safe to show."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

NAME_LENGTH = 32  # Discord's own limit for a display name
_MARKUP = re.compile(
    r"<(?:@!?(?P<member>\d{1,20})|@&(?P<role>\d{1,20})|\#(?P<channel>\d{1,20})|a?(?P<emoji>:\w{1,64}:)\d{1,20}"
    r"|t:(?P<time>-?\d{1,14})(?::[a-zA-Z])?|(?P<command>/[^<>:\n]{1,100}):\d{1,20})>",
    re.ASCII,
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Names:
    """Looks up the names of ids in a text; None for unknown ids."""

    members: Mapping[str, str]
    role: Callable[[str], str | None]
    channel: Callable[[str], str | None]


def plain_name(name: str, length: int = NAME_LENGTH) -> str:
    """The name on one line without control characters, so that it can't look like a message or a heading."""
    return " ".join(_UNPRINTABLE.sub(" ", name).split())[:length]


def readable(content: str, names: Names) -> str:
    """The text as people see it: mentions by name, emoji as :name:, times in UTC. Never raises."""

    def shown(match: re.Match[str]) -> str:
        kind, value = match.lastgroup, match[match.lastgroup or 0]
        if kind == "member":
            return "@" + names.members.get(value, "someone")
        if kind == "role":
            return "@" + (names.role(value) or "role")
        if kind == "channel":
            return "#" + (names.channel(value) or "channel")
        return _time(int(value)) if kind == "time" else value

    return _MARKUP.sub(shown, content)


def _time(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "some time"
