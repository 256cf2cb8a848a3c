"""Trials: a manager drops an export, and sees what Cameo would have said in it.

1. Files are written to a private folder (mode 700, files 600), bounded in bytes; nothing enters database or log.
2. `start` reads and replays them in a process of its own (`trial_worker.py`), at low priority, one risk after another.
3. The export is deleted as soon as it has been read; what was found stays in memory only.
4. A trial is gone after an hour, when it is deleted, and at a restart.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from bot.config.settings import Settings
from bot.explain.words import Words
from bot.measure.exports import ReadExport
from bot.measure.trial_results import HistoryFound, RiskResult
from bot.types import Clock
from bot.write.persona import Persona

TRIAL_KEPT = timedelta(hours=1)  # as long as somebody looks at a result in one sitting
MOST_TRIALS = 2  # at once: each holds its results in memory, and only one replays at a time


class TrialStage(StrEnum):
    RECEIVING = "receiving"  # files
    READING = "reading"  # unpacking and parsing
    PLAYING = "playing"  # some risks may be ready
    DONE = "done"
    FAILED = "failed"  # see `problem`
    CANCELLED = "cancelled"


class TrialProblem(Exception):
    """What a manager can mend: a sentence of the catalogue (`trial.problem.KEY`) with its values."""

    def __init__(self, key: str, **values: str):
        super().__init__(key)
        self.key, self.values = key, values

    def say(self, words: Words, language: str) -> str:
        """The sentence, which says what is wrong and what to do instead."""
        return words.say(f"trial.problem.{self.key}", language, **self.values)


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """`done` is 0 to 1 over the whole trial, `messages` those read so far, `ready` the risks with a result."""

    stage: TrialStage
    done: float = 0.0
    messages: int = 0
    ready: tuple[float, ...] = ()
    problem: TrialProblem | None = None


class Trial:
    """One trial. Made by `Trials.begin`."""

    id: str
    """Unguessable, so that it can be part of an address."""
    expires: datetime
    progress: TrialProgress
    found: HistoryFound | None
    """Set once the first risk is ready."""
    results: Mapping[float, RiskResult]
    """By risk, as they get ready: FIRST_RISK first, then its neighbours. A step of the dial is a look-up here."""

    async def receive(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Stores one dropped file. `name` is untrusted and only shown. Raises TrialProblem if it is too large, too
        many, or the disk is full; what was received of it is removed."""
        raise NotImplementedError

    def start(self) -> None:
        """Reads and replays in the background. Raises TrialProblem without files."""
        raise NotImplementedError

    async def changed(self) -> None:
        """Returns at the next change of `progress`, `found` or `results`."""
        raise NotImplementedError

    async def cancel(self) -> None:
        """Stops replaying. Risks that are ready stay; the export is deleted."""
        raise NotImplementedError


class Trials:
    """The trials of this manager. `folder` is private to Cameo (beside the database); `policy` returns what is in
    force; `readers` read exports."""

    def __init__(
        self,
        folder: Path,
        policy: Callable[[], tuple[Settings, Mapping[str, Persona]]],
        readers: Sequence[ReadExport],
        clock: Clock,
    ):
        raise NotImplementedError

    async def begin(self) -> Trial:
        """A new trial. Raises TrialProblem if MOST_TRIALS are there."""
        raise NotImplementedError

    def find(self, id: str) -> Trial | None:
        raise NotImplementedError

    async def delete(self, trial: Trial) -> None:
        """Stops and forgets a trial at once, with its files."""
        raise NotImplementedError

    async def run(self) -> None:
        """Removes what an earlier process left, then expired trials, until cancelled; then all of them."""
        raise NotImplementedError
