"""A time limit for each test: a hanging test fails, and prints where all its tasks and threads wait."""

import asyncio
import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

LIMIT_SECONDS = 300.0  # the longest test takes 20 s on an idle machine; a much slower one must not count as a hang
KILL_SECONDS = 30.0  # after the limit: a hang outside of Python can't be ended by an exception


@contextmanager
def time_limit(seconds: float = LIMIT_SECONDS) -> Iterator[None]:
    """Fails the test that runs inside after `seconds`; ends the process if even that is not possible."""

    def fail(_signal: int, _frame: FrameType | None) -> None:
        print_stacks()
        pytest.fail(f"the test ran for more than {seconds:g} s; what it waits for is above")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + KILL_SECONDS, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def print_stacks() -> None:
    """Prints to standard error where each task of the running loop, and each thread, is."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:  # no loop runs
        tasks = set()
    for task in sorted(tasks, key=lambda task: task.get_name()):
        task.print_stack(file=sys.stderr)
    faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr, all_threads=True)
