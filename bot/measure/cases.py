"""The manager's own cases: moments of their history, each judged "good" or "bad". Kept in a private file beside the
database, as JSON Lines."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from bot.measure.trial_results import SpeakingMoment
from bot.types import record

MomentVerdict = Literal["good", "bad"]


@record
class JudgedCase:
    """A moment with what the manager thinks of it. `risk` is the step of the dial at which it was seen."""

    verdict: MomentVerdict
    at: datetime
    risk: float
    moment: SpeakingMoment


class CaseFile:
    """The file of cases: one line a verdict, mode 600. A later verdict on a moment replaces an earlier one."""

    def __init__(self, path: Path):
        self._path = path

    def add(self, case: JudgedCase) -> None:
        """Appends a case and waits for the disk (about 10 ms). Raises StoreError if it can't be written."""
        raise NotImplementedError

    def read(self) -> list[JudgedCase]:
        """The cases, oldest first, the last verdict on each moment; a line torn by a crash is left out."""
        raise NotImplementedError

    async def purge(self, before: datetime) -> int:
        """Removes cases judged before that moment; returns how many."""
        raise NotImplementedError
