"""A progress bar for a replay on the terminal."""

import sys
import time
from typing import IO

from bot.explain.guarded import unguarded

BAR_WIDTH = 30  # characters
SMOOTH = 0.2  # seconds between redraws: nobody needs more than five a second


class Bar:
    """A progress bar on one line of the terminal, drawn over and over."""

    def __init__(self, out: IO[str]):
        self._out, self._begun, self._drawn = out, time.monotonic(), 0.0

    def __call__(self, done: float, messages: int) -> None:
        """Draws the bar at `done` (0 to 1) after `messages` messages; too soon after the last time, does nothing."""
        now = time.monotonic()
        if now - self._drawn < SMOOTH:
            return
        self._drawn = now
        full = "█" * int(done * BAR_WIDTH)
        self._out.write(
            f"\r{full:░<{BAR_WIDTH}} {done:4.0%}  {messages:,} messages, {messages / (now - self._begun):,.0f}/s "
        )
        self._out.flush()

    def close(self) -> None:
        if self._drawn:
            self._out.write("\r\x1b[K")
            self._out.flush()


def at_terminal() -> Bar | None:
    """A bar if stderr is a terminal, else None."""
    return Bar(unguarded(sys.stderr)) if sys.stderr.isatty() else None
