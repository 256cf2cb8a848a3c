"""The process in which a trial is read and replayed, so that neither hostile files nor long computing touch a live
Cameo.

`python -m bot.measure.trial_worker` takes a pickled TrialJob on stdin and writes frames to stdout: JSON objects, one a
line, each with one of the keys of TrialFrame. It deletes the job's folder as soon as it has read the history, then
forks a process for each core that it may use. If the reader of its frames is gone, writing fails and it ends.
"""

import gc
import multiprocessing
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bot.config.settings import Settings
from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.language.danger import load_dangers
from bot.language.link_weights import load_weights
from bot.language.packs import load_packs
from bot.measure.exports import ReadExport
from bot.measure.followed import HORIZON
from bot.measure.moments import chosen, moments
from bot.measure.open_questions import QuestionsHeard, best
from bot.measure.study import seldom_collected
from bot.measure.trial_files import UnpackedFile
from bot.measure.trial_play import RiskRun, by_room, counts
from bot.measure.trial_problem import TrialProblem
from bot.measure.trial_read import ReadHistory, TrialReader
from bot.measure.trial_results import FIRST_RISK, RISKS, FoundSoFar, HistoryFound, RiskResult, TrialReply
from bot.measure.trial_rules import TrialRules, priced
from bot.types import record
from bot.write.persona import Persona

MOST_PROCESSES = 2  # a live Cameo and everything else on the machine need the rest
# Reading and the first step of the dial run as fast as everything else, because somebody sits and waits for them; the
# other steps run behind everything.
NICENESS = 10
ROOMS_NAMED = 500  # named, the largest; all are played
MOST_ADDRESSES = 3 << 30  # bytes of address space of each process; 100,000 messages take a fifth of it
PLAYED = tuple(sorted(RISKS, key=lambda risk: (abs(RISKS.index(risk) - RISKS.index(FIRST_RISK)), risk)))
"""The steps of the dial in the order in which they are played: the first one, then its neighbours."""


@dataclass(frozen=True, slots=True)
class TrialJob:
    """What to do. `folder` holds the dropped files, and is deleted."""

    folder: Path
    dropped: tuple[UnpackedFile, ...]
    settings: Settings
    personas: Mapping[str, Persona]
    readers: Sequence[ReadExport]
    us: frozenset[str]


@record
class TrialFrame:
    """One of: how much of the reading is done and how many messages that were; what the history holds; how much of a
    risk is done; what the first step has found so far; the result of a risk; a problem (key and values); or the type of
    the exception that ended it, without its text, which may repeat what members wrote."""

    reading: tuple[float, int] | None = None
    found: HistoryFound | None = None
    playing: tuple[float, float] | None = None
    so_far: FoundSoFar | None = None
    result: RiskResult | None = None
    problem: tuple[str, dict[str, str]] | None = None
    crash: str | None = None


Send = Callable[[TrialFrame], None]


def main() -> None:
    send = _sender()
    try:
        job: TrialJob = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
        _limit_memory()
        try:
            history = _read(job, send)
        finally:
            shutil.rmtree(job.folder, ignore_errors=True)
        _play_all(job, history, send)
    except TrialProblem as problem:
        send(TrialFrame(problem=(problem.key, problem.values)))
    except MemoryError:
        send(TrialFrame(problem=("out_of_memory", {})))
    except BrokenPipeError:
        os._exit(1)  # nobody wants to know any more
    except Exception as error:
        send(TrialFrame(crash=type(error).__name__))


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):  # not on every system
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))


def _sender() -> Send:
    """Writes whole frames: the playing processes share stdout."""
    lock, out = multiprocessing.get_context("fork").Lock(), sys.stdout.fileno()

    def send(frame: TrialFrame) -> None:
        line = memoryview(orjson.dumps(_named_parts(frame), option=orjson.OPT_APPEND_NEWLINE))
        with lock:
            while line:
                line = line[os.write(out, line) :]

    return send


def _named_parts(frame: TrialFrame) -> dict[str, Any]:
    names = ("reading", "found", "playing", "so_far", "result", "problem", "crash")
    parts = {name: getattr(frame, name) for name in names}
    return {name: part for name, part in parts.items() if part is not None}


def _read(job: TrialJob, send: Send) -> ReadHistory:
    reader = TrialReader(job.folder, job.readers, job.us)
    return reader.read(job.dropped, lambda done, messages: send(TrialFrame(reading=(done, messages))))


# --- playing -------------------------------------------------------------------------------------


class TrialPlay:
    """Plays the history at one risk after another."""

    def __init__(self, job: TrialJob, history: ReadHistory, send: Send):
        self._job, self._history, self._send = job, history, send
        self._rules = TrialRules.of(job.settings, job.personas)
        self._priced, self._price = priced(job.settings)
        self._names = {key: persona.name for key, persona in job.personas.items()}
        self._reference = Reference(load_packs(), load_weights(TRAITS), load_dangers())

    def play(self, risks: Sequence[float]) -> None:
        with seldom_collected():
            for risk in risks:
                self._play_one(risk)

    def _play_one(self, risk: float) -> None:
        def report(done: float, messages: int) -> None:
            self._send(TrialFrame(playing=(risk, done)))
            if questions is not None:
                found = FoundSoFar(messages, len(questions.unanswered()), len(run.replies))
                self._send(TrialFrame(so_far=found))

        run = RiskRun(risk, self._rules, self._priced, self._job.personas, self._reference)
        questions = QuestionsHeard(self._reference) if risk == FIRST_RISK else None
        run.play(self._history.messages, report, questions)
        if questions is not None:
            self._send(TrialFrame(found=self._found(questions)))
        self._send(TrialFrame(result=self._result(run)))

    def _result(self, run: RiskRun) -> RiskResult:
        found, messages = counts(run.replies), self._history.messages
        others = sum(not message.author.is_self for message in messages)
        return RiskResult(
            risk=run.risk,
            replies=tuple(TrialReply(one.post.id, one.post.room.id, one.at, one.became) for one in run.replies),
            moments=moments(chosen(run.replies, messages[0].heard, messages[-1].heard), messages, self._names),
            helped=found["helped"],
            pre_empted=found["pre_empted"],
            late=found["late"],
            asked=found["asked"],
            unknown=found["unknown"],
            share_of_voice=round(len(run.replies) / max(1, others + len(run.replies)), 4),
            usd=round(run.usd, 4),
            hold_minutes=run.hold_minutes,
            silences=dict(run.silences),
        )

    def _found(self, questions: QuestionsHeard) -> HistoryFound:
        read, messages = self._history, self._history.messages
        unanswered = questions.unanswered()
        rooms = list(by_room(messages))
        people = {one.author.id for one in messages if not (one.author.is_bot or one.author.is_self)}
        return HistoryFound(
            len(messages), len(people), messages[0].at, messages[-1].at,
            tuple(self._rules.described(room, len(here)) for room, here in rooms[:ROOMS_NAMED]), len(rooms),
            read.broken, read.complaints, questions.asked, len(unanswered), best(unanswered), self._price,
            HORIZON.total_seconds() / 3600, read.is_cut,
        )  # fmt: skip


def _play_all(job: TrialJob, history: ReadHistory, send: Send) -> None:
    """Plays all risks, shared between processes that inherit the history."""
    play = TrialPlay(job, history, send)
    gc.freeze()  # what the processes share stays shared
    processes = min(MOST_PROCESSES, os.cpu_count() or 1)
    fork = multiprocessing.get_context("fork")
    workers = [
        fork.Process(target=_play_some, args=(play, PLAYED[number::processes], send)) for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise TrialProblem("stopped")


def _play_some(play: TrialPlay, risks: Sequence[float], send: Send) -> None:
    first = [risk for risk in risks if risk == FIRST_RISK]
    try:
        play.play(first)
        os.nice(NICENESS)
        play.play(risks[len(first) :])
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:
        send(TrialFrame(crash=type(error).__name__))


if __name__ == "__main__":
    main()
