"""What a run has measured: said at once, kept for the summary, and loud about what is missing or broken."""

import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRESS_SECONDS = 2.0  # between two lines of progress where lines can't be rewritten, in a log


@dataclass(frozen=True)
class Plan:
    """What is asked of a run: a few rounds only (`quick`), a folder with real talk, a folder to work in."""

    quick: bool
    data: Path | None
    folder: Path

    def rounds(self, full: int, quick: int) -> int:
        return quick if self.quick else full


@dataclass
class Report:
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    _section: str = ""
    _told: float = 0.0
    _is_open: bool = False  # a line of progress stands there, to be written over

    def section(self, name: str, title: str) -> None:
        self._section = name
        self.say(f"\n== {name}: {title}")

    def say(self, line: str) -> None:
        self._wipe()
        print(line, flush=True)

    def progress(self, line: str) -> None:
        """Where we are; on a terminal in one line that is written over."""
        if sys.stdout.isatty():
            self._wipe()
            print(f"   ... {line}", end="", flush=True)
            self._is_open = True
        elif time.monotonic() - self._told > PROGRESS_SECONDS:
            self._told = time.monotonic()
            print(f"   ... {line}", flush=True)

    def figure(self, what: str, value: str) -> None:
        self.rows.append((self._section, what, value))
        self.say(f"   {what:<46} {value}")

    def skip(self, why: str) -> None:
        self.skipped.append(f"{self._section}: {why}")
        self.say(f"   !!! SKIPPED: {why}")

    def breach(self, what: str) -> None:
        """A promise of Cameo's that did not hold: the run fails."""
        self.broken.append(f"{self._section}: {what}")
        self.say(f"   *** BROKEN PROMISE: {what}")

    def summary(self, again: str) -> None:
        self.say("\n== summary")
        section = ""
        for name, what, value in self.rows:
            self.say(f"{name if name != section else '':<12} {what:<46} {value}")
            section = name
        for why in self.skipped:
            self.say(f"!!! SKIPPED: {why}")
        for what in self.broken:
            self.say(f"*** BROKEN PROMISE: {what}")
        self.say(f"again: {again}")

    def _wipe(self) -> None:
        if self._is_open:
            print("\r\033[K", end="")
            self._is_open = False


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """Median and range: one run of one round says nothing on a busy machine."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} {unit} (median of {len(values)}; {low:,.{digits}f} to {high:,.{digits}f})"


def tail(seconds: Sequence[float]) -> str:
    """Median and 95th percentile of times, in milliseconds."""
    ordered = sorted(seconds)
    late = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"median {statistics.median(ordered) * 1000:,.1f} ms, p95 {late * 1000:,.1f} ms (of {len(ordered)})"
