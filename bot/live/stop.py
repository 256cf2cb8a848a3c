"""How Cameo is told to stop, or to read its settings again."""

import asyncio
import signal
import sys
from collections.abc import Callable


def stop_signal() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets. A second signal gets the default handling and ends the process at once."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def stopping() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping)
    return stop


def on_hangup(reload: Callable[[], None], stop: asyncio.Event) -> None:
    """Reloads on SIGHUP, as services do; but stops if the terminal that started us was closed."""
    had_terminal = sys.stderr.isatty()

    def hung_up() -> None:
        if had_terminal and not sys.stderr.isatty():
            stop.set()
        else:
            reload()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)
