"""The measurements of a run: printed at once, kept for the summary, and loud about what is missing or broken."""

import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PROGRESS_SECONDS = 2.0


@dataclass
class Report:
    """The report of one run. `quick`: few rounds; `data`: a folder with real talk; `folder`: a working folder, new for
    each section."""

    quick: bool
    data: Path | None
    folder: Path
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    loud: list[str] = field(default_factory=list)
    is_broken: bool = False
    _section: str = ""
    _last_progress: float = 0.0

    def rounds(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def section(self, name: str, title: str) -> None:
        self._section, self._last_progress = name, time.monotonic()
        self.folder = self.folder.with_name(name)
        self.folder.mkdir()
        self.say(f"\n== {name}: {title}")

    def say(self, line: str) -> None:
        print(line, flush=True)

    def progress(self, line: str) -> None:
        if time.monotonic() - self._last_progress > PROGRESS_SECONDS:
            self._last_progress = time.monotonic()
            self.say(f"   ... {line}")

    def figure(self, what: str, value: str) -> None:
        self.rows.append((self._section, what, value))
        self.say(f"   {what:<54} {value}")

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.say(f"   {line}")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        self.say("")
        self.lines(table(head, rows))

    def skip(self, why: str) -> None:
        self._say_loudly(f"!!! SKIPPED: {self._section}: {why}")

    def warn(self, what: str) -> None:
        """Says what makes the figures less than they seem."""
        self._say_loudly(f"!!! {self._section}: {what}")

    def breach(self, what: str) -> None:
        """Records a broken promise of Cameo: the run fails."""
        self.is_broken = True
        self._say_loudly(f"*** BROKEN PROMISE: {self._section}: {what}")

    def summary(self, again: str) -> None:
        self.say("\n== summary")
        for section, what, value in self.rows:
            self.say(f"{section:<12} {what:<54} {value}")
        for line in [*self.loud, f"again: {again}"]:
            self.say(line)

    def _say_loudly(self, line: str) -> None:
        self.loud.append(line)
        self.say(line)


def spread(values: Sequence[float], unit: str, digits: int = 0) -> str:
    """Median and range, because one round says nothing on a busy machine."""
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:,.{digits}f} {unit} (median of {len(values)}; {low:,.{digits}f} to {high:,.{digits}f})"


def tail(seconds: Sequence[float]) -> str:
    """Median and 95th percentile of times, in milliseconds."""
    late = sorted(seconds)[int(len(seconds) * 0.95)]
    return f"median {statistics.median(seconds) * 1000:,.1f} ms, p95 {late * 1000:,.1f} ms (of {len(seconds)})"


def micro(seconds: Sequence[float]) -> str:
    """Median and 95th percentile of times, in microseconds."""
    late = sorted(seconds)[int(len(seconds) * 0.95)]
    return f"median {statistics.median(seconds) * 1e6:,.0f} µs, p95 {late * 1e6:,.0f} µs (of {len(seconds):,})"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned columns: words to the left, numbers to the right."""
    columns = list(zip(head, *rows, strict=True))
    wide = [max(map(len, column)) for column in columns]
    right = [all(cell[:1].isdigit() or cell in ("", "-") for cell in column[1:]) for column in columns]
    return [
        "  ".join(cell.rjust(width) if flush else cell.ljust(width)
                  for cell, width, flush in zip(row, wide, right, strict=True)).rstrip()
        for row in (head, *rows)
    ]  # fmt: skip


def share(value: float | None) -> str:
    """A share from 0 to 1 in per cent; a dash for None."""
    return "-" if value is None else f"{value * 100:.1f}%"
