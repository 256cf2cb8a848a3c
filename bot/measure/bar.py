"""How far a replay is, on the terminal."""

import sys
import time
from typing import IO

BAR_WIDTH = 30  # characters
SMOOTH = 0.2  # seconds between two pictures: nobody needs more than five of them


class Bar:
    """How far it is, on one line of the terminal that is written over and over."""

    def __init__(self, out: IO[str] = sys.stderr):
        self._out, self._begun, self._told = out, time.monotonic(), 0.0

    def __call__(self, done: float, messages: int) -> None:
        now = time.monotonic()
        if now - self._told < SMOOTH:
            return
        self._told = now
        full = "█" * int(done * BAR_WIDTH)
        self._out.write(
            f"\r{full:░<{BAR_WIDTH}} {done:4.0%}  {messages:,} messages, {messages / (now - self._begun):,.0f}/s "
        )
        self._out.flush()

    def close(self) -> None:
        if self._told:
            self._out.write("\r\x1b[K")
            self._out.flush()


def at_terminal() -> Bar | None:
    """A bar where somebody looks."""
    return Bar() if sys.stderr.isatty() else None
