"""One replay: from a recorded history to its turns, its summary and its report."""

import gc
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

import orjson

from bot.config.settings import Settings
from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.language.danger import load_dangers
from bot.language.link_weights import load_weights
from bot.language.packs import load_packs
from bot.measure.exports import ReadExport
from bot.measure.followed import FollowedReplies, SpokenReply
from bot.measure.history import RecordedHistory, find
from bot.measure.moments import MOST_MOMENTS, chosen, moments
from bot.measure.outcomes import GROUPS, Outcomes, Truth
from bot.measure.replay import Considered, Replay
from bot.measure.tally import Tally
from bot.measure.trial_results import Became, SpeakingMoment
from bot.measure.truth import load_truth
from bot.measure.truth_horizon import TruthHorizon
from bot.measure.unmatched import is_matched, unmatched
from bot.types import Message, SettingsError
from bot.write.persona import Persona

HORIZON_HOURS = 24.0  # hours in which a person's message counts as an answer
EVERY = 1024  # messages between two updates of the progress
REPLIES_KEPT = 5_000  # for the moments of a report: years of history take no more memory than this
BECAME: Mapping[str, Became] = {"useful": "helped", "displaced": "pre_empted", "late": "late"}


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What a replay is to do. File names and hours as given on the command line."""

    file: Path
    out: Path | None
    summary: Path | None
    truth: Path | None = None
    html: Path | None = None
    strict: bool = False
    horizon_hours: float = HORIZON_HOURS


class Run:
    """One policy over the history: the replay, and the parts that listen to it."""

    def __init__(
        self,
        settings: Settings,
        personas: Mapping[str, Persona],
        asked: ReplayRequest,
        truth: Truth | None,
        turns: IO[bytes] | None,
        reference: Reference,
        *,
        records_us: bool,
    ):
        self.settings, self._turns = settings, turns
        self.tally = Tally(charted=asked.html is not None)
        self._judged: dict[tuple[str, float], Became] = {}
        self.outcomes = Outcomes(asked.horizon_hours * 3600, truth, self._judge if asked.html is not None else None)
        self.replay = Replay(settings, personas, reference, self._ended, records_us=records_us)
        self.followed = self._following(asked)

    def _following(self, asked: ReplayRequest) -> FollowedReplies | None:
        """The replies from which a report's moments are chosen."""
        if asked.html is None:
            return None
        return FollowedReplies(self.replay, timedelta(hours=asked.horizon_hours), REPLIES_KEPT)

    def hear(self, message: Message) -> None:
        if self.followed is not None:
            self.followed.expire(message)
        self.replay.hear(message)
        if self.followed is not None:
            self.followed.hear(message)
        self.outcomes.hear(message)
        self.tally.hear(message)

    def finish(self) -> None:
        self.replay.finish()
        self.outcomes.finish()
        if self.followed is not None:
            self.followed.finish()

    def spoken(self) -> list[SpokenReply]:
        """The replies of a report, as links say what became of them; where these say nothing, as inferred."""
        replies = self.followed.replies if self.followed is not None else []
        for reply in replies:
            reply.judged = self._judged.get((reply.post.room.id, reply.at.timestamp()))
        return replies

    def _judge(self, room: str, moment: float, kind: str) -> None:
        self.tally.judged(room, moment, kind)
        self._judged[room, moment] = BECAME[kind]

    def summary(self) -> dict[str, Any]:
        """The contents of SUMMARY.json, without the seconds. Outcomes are included where links allow judging."""
        found = self.tally.summary()
        groups = {group: self.outcomes.figures(group) for group in GROUPS}
        if every := groups.pop("all"):
            found |= every | groups
        return found

    def _ended(self, considered: Considered) -> None:
        self.tally.ended(considered)
        if considered.trigger is not None:
            self.outcomes.spoke(considered.trigger, considered.at.timestamp())
            if self.followed is not None:
                self.followed.spoke(considered)
        if self._turns is not None:
            self._turns.write(line_of(considered))


def line_of(considered: Considered) -> bytes:
    """A turn as a line of TURNS.jsonl, with room and thread named as in the history."""
    turn = considered.turn
    line: dict[str, Any] = {
        "trigger": turn.trigger,
        "room": turn.thread.room.id,
        "thread": turn.thread.root,
        "decision": "speak" if considered.spoke else "silent",
        "reason": str(turn.decision.reason),
        "at": considered.at,
    }
    if considered.would is not None:
        line["would"] = considered.would
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(slots=True)
class Study:
    """The results of a replay. `runs`: one for the settings asked for, then those to compare with."""

    asked: ReplayRequest
    runs: list[Run]
    history: RecordedHistory
    moments: list[tuple[SpeakingMoment, ...]] = field(default_factory=list)  # of each run, for a report
    seconds: float = 0.0
    summary: dict[str, Any] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)  # what to change, to learn more from the replay


def study(
    asked: ReplayRequest,
    policies: Sequence[tuple[Settings, Mapping[str, Persona]]],
    bar: Callable[[float, int], None] | None,
    reference: Reference | None = None,
    readers: Sequence[ReadExport] = (),
) -> Study:
    """Plays the history to each of the policies at once and writes turns and summary.

    `bar` is called with how much is done (0 to 1) and the number of messages so far. `reference` replaces the language
    packs and weights that Cameo comes with, for measurements; `readers` read exports. Raises SettingsError for files
    that can't be read or written.
    """
    reference = reference or Reference(load_packs(), load_weights(TRAITS), load_dangers())
    begun = time.perf_counter()
    sections = dict(policies[0][0].platforms).values()
    us = frozenset(user for one in sections if (user := getattr(one, "user", None)))
    history = find(asked.file, us, readers, strict=asked.strict)
    truth = load_truth(asked.truth) if asked.truth else None
    horizon = TruthHorizon(truth) if truth is not None else None
    records_us = history.records_us()
    with ExitStack() as opened:
        turns = opened.enter_context(_writable(asked.out)) if asked.out else None
        runs = [
            Run(settings, personas, asked, truth, None if number else turns, reference, records_us=records_us)
            for number, (settings, personas) in enumerate(policies)
        ]
        with seldom_collected():
            _play(_overheard(history, horizon), runs, history, bar)
    found = Study(asked, runs, history)
    found.hints = _hints(runs, asked, horizon)
    if asked.html is not None:
        found.moments = _moments(runs, asked, policies[0][1], us, readers)
    found.seconds = time.perf_counter() - begun
    found.summary = _summary(found)
    if asked.summary:
        with _writable(asked.summary) as file:
            file.write(f"{json.dumps(found.summary, indent=2)}\n".encode())
    return found


def _moments(
    runs: Sequence[Run],
    asked: ReplayRequest,
    personas: Mapping[str, Persona],
    us: frozenset[str],
    readers: Sequence[ReadExport],
) -> list[tuple[SpeakingMoment, ...]]:
    """The moments of each run: of two, rather those at which only one of them would have spoken. Reads the history a
    second time, for their context."""
    spoken = [run.spoken() for run in runs]
    spans = [(room.begin, room.end) for room in runs[0].tally.rooms.values() if room.begin and room.end]
    if not spans:
        return [() for _ in runs]
    begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
    names = {key: persona.name for key, persona in personas.items()}
    found = []
    for number, most in enumerate(shares_of(MOST_MOMENTS, len(runs))):
        own, common = _apart(spoken, number)
        picked = chosen(own, begin, end, most)
        picked += chosen(common, begin, end, most - len(picked))
        again = find(asked.file, us, readers)
        again.tell = _tell_nobody
        found.append(moments(picked, again, names, timedelta(hours=asked.horizon_hours)))
    return found


def _apart(spoken: Sequence[list[SpokenReply]], number: int) -> tuple[list[SpokenReply], list[SpokenReply]]:
    """The replies of a run that no other has, and the others."""
    elsewhere = {reply.post.id for at, replies in enumerate(spoken) if at != number for reply in replies}
    own = [reply for reply in spoken[number] if reply.post.id not in elsewhere]
    return own, [reply for reply in spoken[number] if reply.post.id in elsewhere]


def shares_of(most: int, parts: int) -> list[int]:
    """`most` in so many even parts."""
    return [most // parts + (number < most % parts) for number in range(parts)]


def _tell_nobody(complaint: str) -> None:
    """What is broken was told at the first reading."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Collects garbage rarely: a replay makes no reference cycles, and looking for them takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _overheard(history: Iterable[Message], horizon: TruthHorizon | None) -> Iterator[Message]:
    for message in history:
        if horizon is not None:
            horizon.hear(message)
        yield message


def _hints(runs: Sequence[Run], asked: ReplayRequest, horizon: TruthHorizon | None) -> list[str]:
    """What to change where the replay says less than it could: rules that let it speak, a horizon that fits."""
    hints = [_named(number, hint) for number, run in enumerate(runs) if (hint := _nothing_said(run))]
    if horizon is not None:
        hints += filter(None, (horizon.missing(str(asked.file)), horizon.hint(asked.horizon_hours)))
    return hints


def _nothing_said(run: Run) -> str | None:
    nothing = unmatched(run.settings, [room.where for room in run.tally.rooms.values()])
    return f"0 spoken{' uncalled' if run.tally.spoken else ''}: {nothing}" if nothing else None


def _named(number: int, line: str) -> str:
    """The line with the name of the run that it is about: the first one needs none."""
    return line if number == 0 else f"against: {line}"


def _play(
    messages: Iterable[Message],
    runs: list[Run],
    history: RecordedHistory,
    bar: Callable[[float, int], None] | None,
) -> None:
    first, *others = (run.hear for run in runs)
    for number, message in enumerate(messages, 1):
        first(message)
        for hear in others:
            hear(message)
        if bar and number % EVERY == 0:
            bar(history.done(), number)
    for run in runs:
        run.finish()


def _summary(found: Study) -> dict[str, Any]:
    first, *others = found.runs
    summary = first.summary() | {
        "seconds": round(found.seconds, 3),
        "horizon_hours": found.asked.horizon_hours,
        "broken_lines": found.history.broken,
        "late_lines": first.replay.late,
    }
    return summary | ({"against": others[0].summary()} if others else {})


def _writable(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise SettingsError([f"{path}: can't be written ({error.strerror}); name another file"]) from error


def summary_lines(found: Study) -> list[str]:
    """The summary in a few lines for a terminal."""
    lines = [_named(number, _run_line(run)) for number, run in enumerate(found.runs)]
    if found.history.broken:
        lines.append(f"{counted(found.history.broken, 'broken line')} skipped")
    if late := found.runs[0].replay.late:
        lines.append(f"{counted(late, 'line')} out of order, after later ones: sort the file by time")
    lines += found.hints
    return [*lines, f"{found.summary['messages'] / max(found.seconds, 1e-9):,.0f} messages a second"]


def counted(count: int, noun: str) -> str:
    """A number with its noun: "1 message", "1,234 messages"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def matches_nothing(found: Study) -> bool:
    """Whether the settings have rules, and none of them fits any room of the history."""
    settings = found.runs[0].settings
    rooms = [room.where for room in found.runs[0].tally.rooms.values()]
    return bool(settings.rooms) and not is_matched(settings, rooms)


def _run_line(run: Run) -> str:
    summary = run.summary()
    text = (
        f"{counted(summary['messages'], 'message')}, {counted(summary['considered'], 'turn')} considered, "
        f"{summary['spoken']:,} spoken, about {summary['estimated_cost_usd']:.2f} USD"
    )
    if watched := summary["watched"]:
        text += f"; in watched rooms, {watched:,} would have been spoken"
    if summary.get("coverage") is not None and summary["useful"] is not None:
        text += (
            f"; coverage {summary['coverage']:.0%}, useful {summary['useful']:.0%}, late {summary['late']:.0%}, "
            f"displacement while open {summary['displacement_while_open'] or 0:.0%}"
        )
    return text
