"""Trials: a manager drops an export, and sees what Cameo would have said in it.

1. Files are written to a private folder (mode 700, files 600), bounded in bytes; nothing enters database or log.
2. `start` has them read and replayed in a process of its own (`trial_worker.py`), one risk after another; at low
   priority, but for the one that is shown first.
3. The export is deleted as soon as it has been read; what was found stays in memory only.
4. A trial is gone after an hour, when it is deleted, and at a restart.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

from bot.config.settings import Platforms, Settings
from bot.measure.exports import ReadExport
from bot.measure.trial_files import DISK_FULL, MEGABYTE, UnpackedFile, named
from bot.measure.trial_problem import TrialProblem
from bot.measure.trial_process import TrialProcess
from bot.measure.trial_results import RISKS, FoundSoFar, HistoryFound, RiskResult
from bot.measure.trial_worker import TrialFrame, TrialJob
from bot.types import Clock
from bot.write.persona import Persona

TRIAL_KEPT = timedelta(hours=1)  # as long as somebody looks at a result in one sitting
MOST_TRIALS = 2  # at once: one manager, and one look back at what another file gave; each may replay on two cores
MOST_DROPPED = 500  # files at once; who has more drops a ZIP archive of them
MOST_RECEIVED_MB = 256  # of all dropped files: 100,000 messages as JSON of DiscordChatExporter, not even compressed
LONGEST_TRIAL_SECONDS = 600.0  # for reading and playing: ten times what 100,000 messages take on a slow machine
SWEEP_SECONDS = 30.0  # between two looks at which trials are over
READING_SHARE = 0.1  # of the whole progress; the rest is playing

Policies = Callable[[], tuple[Settings, Mapping[str, Persona]]]


class TrialStage(StrEnum):
    RECEIVING = "receiving"  # files
    READING = "reading"  # unpacking and parsing
    PLAYING = "playing"  # some risks may be ready
    DONE = "done"
    FAILED = "failed"  # see `problem`; risks that are ready stay
    CANCELLED = "cancelled"  # by `cancel`; risks that are ready stay


OVER = (TrialStage.DONE, TrialStage.FAILED, TrialStage.CANCELLED)


@dataclass(frozen=True, slots=True)
class TrialProgress:
    """`done` is 0 to 1 over the whole trial, `messages` those read so far, `ready` the risks with a result."""

    stage: TrialStage
    done: float = 0.0
    messages: int = 0
    ready: tuple[float, ...] = ()
    problem: TrialProblem | None = None


class Trial:
    """One trial, made by `Trials.begin`. `id` is unguessable, so that it can be part of an address; `expires` is when
    it will be gone.

    `so_far` grows while the first risk is played; `found` is set once that is ready. `results` holds the risks that are
    ready: FIRST_RISK first, then its neighbours. A step of the dial is a look-up there. `process` is the id of the
    process that replays, 0 before it.
    """

    def __init__(self, folder: Path, policy: Policies, readers: Sequence[ReadExport], clock: Clock, most_mb: int):
        self.id = secrets.token_urlsafe(16)
        self.expires = clock.now() + TRIAL_KEPT
        self.progress = TrialProgress(TrialStage.RECEIVING)
        self.so_far: FoundSoFar | None = None
        self.found: HistoryFound | None = None
        self.results: dict[float, RiskResult] = {}
        self._folder = folder / self.id
        self._policy, self._readers = policy, readers
        self._most_mb = most_mb
        self._received, self._files = 0, list[UnpackedFile]()
        self._begun = self._receiving = 0  # uploads
        self._played: dict[float, float] = {}
        self._change = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self.process = 0
        self._folder.mkdir(mode=0o700)

    async def receive(self, name: str, chunks: AsyncIterator[bytes]) -> None:
        """Stores one dropped file. `name` is untrusted and only shown. Raises TrialProblem if there are too many files,
        they are too large, or the disk is full; what was received of this one is then removed."""
        if self.progress.stage is not TrialStage.RECEIVING:
            raise TrialProblem("begun")
        if len(self._files) + self._receiving >= MOST_DROPPED:
            raise TrialProblem("many_dropped", most=f"{MOST_DROPPED:,}")
        path = self._folder / f"dropped-{self._begun}"
        self._begun, self._receiving = self._begun + 1, self._receiving + 1
        try:
            await self._store(path, chunks)
            self._files.append(UnpackedFile(path, named(name)))
        except BaseException as error:
            path.unlink(missing_ok=True)
            if isinstance(error, OSError) and error.errno in DISK_FULL:
                raise TrialProblem("disk_full") from error
            raise
        finally:
            self._receiving -= 1

    async def _store(self, path: Path, chunks: AsyncIterator[bytes]) -> None:
        received = 0
        with _private(path) as file:
            try:
                async for chunk in chunks:
                    if self.progress.stage is not TrialStage.RECEIVING:
                        raise TrialProblem("begun")  # or deleted meanwhile
                    received += len(chunk)
                    self._received += len(chunk)
                    if self._received > self._most_mb * MEGABYTE:
                        raise TrialProblem("large", most=f"{self._most_mb}")
                    await asyncio.to_thread(file.write, chunk)
            except BaseException:
                self._received -= received
                raise

    def start(self) -> None:
        """Reads and replays in the background. Raises TrialProblem without files, while one still comes, or if it was
        started before."""
        if self.progress.stage is not TrialStage.RECEIVING:
            raise TrialProblem("begun")
        if self._receiving:
            raise TrialProblem("receiving")
        if not self._files:
            raise TrialProblem("no_file")
        self._show(stage=TrialStage.READING)
        settings, personas = self._policy()
        us = frozenset(user for _, one in settings.platforms if (user := getattr(one, "user", None)))
        job = TrialJob(
            self._folder, tuple(self._files), _without_secrets(settings), dict(personas), tuple(self._readers), us
        )
        self._working = asyncio.create_task(self._work(job), name="trial")

    async def changed(self) -> None:
        """Returns at the next change of `progress`, `found` or `results`."""
        await self._change.wait()

    async def cancel(self) -> None:
        """Stops replaying. Risks that are ready stay; the export is deleted."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        if self.progress.stage not in OVER:
            self._show(stage=TrialStage.CANCELLED)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    # --- inside --------------------------------------------------------------------------------

    async def _work(self, job: TrialJob) -> None:
        try:
            problem = await self._replayed(job)
        finally:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        if problem is None:
            self._show(stage=TrialStage.DONE, done=1.0)
        else:
            self._show(stage=TrialStage.FAILED, problem=problem)

    async def _replayed(self, job: TrialJob) -> TrialProblem | None:
        """What kept the job from being done, or None."""
        try:
            async with asyncio.timeout(LONGEST_TRIAL_SECONDS), TrialProcess(job) as process:
                self.process = process.id
                self._show()
                async for frame in process.frames():
                    self._take(frame)
        except TrialProblem as problem:
            return problem
        except TimeoutError:
            return TrialProblem("slow", minutes=f"{LONGEST_TRIAL_SECONDS / 60:g}")
        except (OSError, ValueError):  # no process could be started, or what it says can't be understood
            return TrialProblem("stopped")
        return None if len(self.results) == len(RISKS) else TrialProblem("stopped")

    def _take(self, frame: TrialFrame) -> None:
        if frame.problem is not None:
            raise TrialProblem(frame.problem[0], **frame.problem[1])
        if frame.reading is not None:
            done, messages = frame.reading
            self._show(done=done * READING_SHARE, messages=messages)
        if frame.so_far is not None:
            self.so_far = frame.so_far
        if frame.playing is not None:
            risk, done = frame.playing
            self._play_on(risk, done)
        if frame.found is not None:
            self.found = frame.found
            self._show(messages=frame.found.messages)
        if frame.result is not None:
            self.results[frame.result.risk] = frame.result
            self._play_on(frame.result.risk, 1.0)

    def _play_on(self, risk: float, done: float) -> None:
        self._played[risk] = done
        whole = READING_SHARE + (1 - READING_SHARE) * sum(self._played.values()) / len(RISKS)
        self._show(stage=TrialStage.PLAYING, done=whole, ready=tuple(sorted(self.results)))

    def _show(
        self,
        stage: TrialStage | None = None,
        done: float | None = None,
        messages: int | None = None,
        ready: tuple[float, ...] | None = None,
        problem: TrialProblem | None = None,
    ) -> None:
        now = self.progress
        self.progress = replace(
            now,
            stage=stage or now.stage,
            done=max(now.done, done or 0.0),
            messages=now.messages if messages is None else messages,
            ready=now.ready if ready is None else ready,
            problem=problem,
        )
        self._change.set()
        self._change = asyncio.Event()


class Trials:
    """The trials of this manager. `folder` is Cameo's own, beside the database; `policy` returns what is in force;
    `readers` read exports."""

    def __init__(
        self,
        folder: Path,
        policy: Policies,
        readers: Sequence[ReadExport],
        clock: Clock,
        most_mb: int = MOST_RECEIVED_MB,
    ):
        self._folder = folder.absolute()  # the process that replays runs in another folder
        self._policy, self._readers, self._clock = policy, readers, clock
        self._most_mb = most_mb
        self._trials: dict[str, Trial] = {}

    async def begin(self) -> Trial:
        """A new trial. Raises TrialProblem if there are MOST_TRIALS already, or the folder can't be made."""
        if len(self._trials) >= MOST_TRIALS:
            soonest = min(trial.expires for trial in self._trials.values()) - self._clock.now()
            minutes = max(1, -(-int(soonest.total_seconds()) // 60))
            raise TrialProblem("busy", most=f"{MOST_TRIALS}", minutes=f"{minutes}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            trial = Trial(self._folder, self._policy, self._readers, self._clock, self._most_mb)
        except OSError as error:
            raise TrialProblem("no_folder", folder=str(self._folder)) from error
        self._trials[trial.id] = trial
        return trial

    def find(self, id: str) -> Trial | None:
        return self._trials.get(id)

    def all(self) -> list[Trial]:
        """The trials there are, oldest first."""
        return list(self._trials.values())

    async def delete(self, trial: Trial) -> None:
        """Stops and forgets a trial at once, with its files."""
        self._trials.pop(trial.id, None)
        await trial.cancel()

    async def run(self) -> None:
        """Removes what an earlier process left, then trials as they expire, until cancelled; then all of them."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        try:
            while True:
                await self._clock.sleep(SWEEP_SECONDS)
                for trial in [one for one in self._trials.values() if one.expires <= self._clock.now()]:
                    await self.delete(trial)
        finally:
            for trial in list(self._trials.values()):
                await self.delete(trial)


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _without_secrets(settings: Settings) -> Settings:
    """The settings that a replay needs: without platforms, keys and tokens."""
    models = {name: model.model_copy(update={"key": None, "options": {}}) for name, model in settings.models.items()}
    console = settings.console.model_copy(update={"token": None})
    update = {"models": models, "console": console, "platforms": Platforms()}
    return Settings.model_construct(**{**dict(settings), **update})
