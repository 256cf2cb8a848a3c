"""Which channels are closed to us, by kind of request. Discord bans an address after 10,000 refused requests in ten
minutes, so what a channel refuses is asked for once in that time."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum

from bot.types import Clock, Undeliverable

from .errors import Closed, sdk_errors

MUTED = timedelta(minutes=10)


class Action(StrEnum):
    SEND = "send"  # and edit
    REACT = "react"
    TYPE = "type"
    READ = "read"


class Mutes:
    """Remembers refusals for MUTED, in memory: a restart tries each channel once again."""

    def __init__(self, clock: Clock):
        self._clock = clock
        self._until: dict[tuple[int, Action], datetime] = {}

    @contextmanager
    def watching(self, channel_id: int, action: Action) -> Iterator[None]:
        """Wraps requests to one channel: raises as `sdk_errors` does, and remembers a refusal. Raises Undeliverable at
        once while one is remembered."""
        self.refuse(channel_id, action)
        try:
            with sdk_errors():
                yield
        except Closed:
            self.mute(channel_id, action)
            raise

    def refuse(self, channel_id: int, action: Action) -> None:
        """Raises Undeliverable if the channel refused this kind of request a moment ago."""
        until = self._until.get((channel_id, action))
        if until and self._clock.now() < until <= self._clock.now() + MUTED:  # later only if the clock was set back
            raise Undeliverable("Discord refused this channel a moment ago")

    def mute(self, channel_id: int, action: Action) -> None:
        now = self._clock.now()
        self._until = {key: until for key, until in self._until.items() if until > now}
        self._until[channel_id, action] = now + MUTED
