"""The judgement on annotated talk: does the risk hold that a manager chose, is it better than simple rules, and are
its promises kept?

    python -m tests.bench.deciding --data FOLDER [--part calibration|flat|promises] [--weights FOLDER] [--quick]

`--weights`: a folder with fold-0.json to fold-4.json, each learnt without every fifth window from that number on; each
window is then judged by weights that have not seen it.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.bench import variants
from tests.bench.curves import Curve, Point, beaten, plot
from tests.bench.judged import Judged, Player, halves, judge, of_group, spoken
from tests.bench.promises import breaches, differ_before
from tests.bench.report import Report, share
from tests.bench.rules import after_a_hold, anybody_writes, asker_is_mentioned, dice, mentioned_or_soon
from tests.bench.variants import Talk, Variant, flat, joined, recorded, stretched, thinned, threaded

Shape = Callable[[Talk], Variant]

RISKS = (0.10, 0.25, 0.40)
CURVE_RISKS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60)
# Minutes at the pace of the record. Much longer ones fall out of the horizon, and so out of what is judged, where the
# trigger is not the first message of its conversation: that would look like fewer late words.
HOLDS = (0.25, 0.5, 1, 2, 3, 5, 8, 12, 20)
CHANCES = (0.01, 0.02, 0.05, 0.10, 0.25, 0.50)
POOLED, HALF, COVERED = 0.03, 0.05, 0.95  # how near to the risk; how much of what nobody answered
GOAL = (0.60, 0.60, 0.15)  # of a flat room: coverage and useful at least, late at most
FREE = {"hold_floor_minutes": 0, "hold_ceiling_minutes": 10_080, "share_of_voice": 1.0}  # limits out of the way


@dataclass
class Bench:
    """`weights`: a folder with a file for each fold, or None for what Cameo brings."""

    report: Report
    talk: Talk
    weights: Path | None = None
    _made: dict[str, list[tuple[Variant, Player]]] = field(default_factory=dict)

    def some(self, names: Sequence[str]) -> Sequence[str]:
        return names[:1] if self.report.quick else names

    def variants(self, name: str) -> list[tuple[Variant, Player]]:
        """The shape of the whole talk, or of each fold, with whom to play it by."""
        if name not in self._made:
            self._made[name] = [(SHAPES[name](talk), player) for talk, player in self._parts()]
        return self._made[name]

    def _parts(self) -> Iterator[tuple[Talk, Player]]:
        if self.weights is None:
            yield self.talk, Player(self.report.folder)
            return
        for number in range(variants.FOLDS):
            yield self.talk.fold(number), Player(self.report.folder, self.weights / f"fold-{number}.json")

    def ours(self, name: str, **rule: Any) -> Judged:
        """What becomes of our own words by that room rule."""
        found: Judged = {}
        for variant, player in self.variants(name):
            self.report.progress(f"{name}, {rule}")
            found |= judge(variant, self.talk.truth, spoken(player.play(variant, rule)))
        return found


def _slow(variant: Variant, talk: Talk, factor: float) -> Variant:
    return stretched(thinned(variant, talk.truth), factor)


SHAPES: dict[str, Shape] = {
    "threaded": threaded,
    "threaded x10": lambda talk: stretched(threaded(talk), 10),
    "threaded x30": lambda talk: stretched(threaded(talk), 30),
    "threaded x100": lambda talk: stretched(threaded(talk), 100),
    "threaded slow x30": lambda talk: _slow(threaded(talk), talk, 30),
    "threaded one room": lambda talk: joined(threaded(talk)),
    "threaded one room x30": lambda talk: joined(stretched(threaded(talk), 30)),
    "threaded one slow room x30": lambda talk: joined(_slow(threaded(talk), talk, 30)),
    "flat": flat,
    "flat x30": lambda talk: stretched(flat(talk), 30),
    "flat slow x30": lambda talk: _slow(flat(talk), talk, 30),
    "flat one room x30": lambda talk: joined(stretched(flat(talk), 30)),
    "flat one slow room x30": lambda talk: joined(_slow(flat(talk), talk, 30)),
}
THREADED = [name for name in SHAPES if name.startswith("threaded")]
FLAT = [name for name in SHAPES if name.startswith("flat")]


# --- does the risk hold? -------------------------------------------------------------------------


def calibration(bench: Bench) -> None:
    rows = []
    for name in bench.some(THREADED):
        for risk in RISKS:
            judged = bench.ours(name, join="unanswered", posts="all", displacement_risk=risk, **FREE)
            rows.append(_calibrated(name, risk, judged))
    head = (
        "threads, posts: all",
        "risk",
        "displaced",
        "first half",
        "second",
        "even",
        "odd",
        "coverage",
        "hold min",
        "",
    )
    bench.report.table(head, rows)
    held = sum(row[-1] == "holds" for row in rows)
    bench.report.figure("a risk holds within 3 points, 5 in any half", f"{held} of {len(rows)}")


def _calibrated(name: str, risk: float, judged: Judged) -> tuple[str, ...]:
    whole = of_group(judged, "all")
    parts = [half["displacement_while_open"] for half in halves(judged, "all").values()]
    holds = _near(whole["displacement_while_open"], risk, POOLED) and all(_near(part, risk, HALF) for part in parts)
    verdict = "holds" if holds and (whole["coverage"] or 0) >= COVERED else "OFF"
    shares = (whole["displacement_while_open"], *parts, whole["coverage"])
    return (name, f"{risk:.2f}", *map(share, shares), f"{whole['median_hold_min'] or 0:,.1f}", verdict)


def _near(value: float | None, wanted: float, by: float) -> bool:
    return value is not None and abs(value - wanted) <= by


# --- beside simple rules -------------------------------------------------------------------------


def beside_rules(bench: Bench) -> None:
    for name in bench.some(FLAT):
        ours, rules = our_curve(bench, name), [*rule_curves(bench, name)]
        _show(bench.report, name, ours, rules)


def our_curve(bench: Bench, name: str, group: str = "questions") -> Curve:
    points = []
    for risk in CURVE_RISKS:
        judged = bench.ours(name, join="unanswered", posts="inviting", displacement_risk=risk, **FREE)
        points.append(Point(f"risk {risk:.2f}", of_group(judged, group)))
    return Curve("Cameo", points)


def rule_curves(bench: Bench, name: str, group: str = "questions") -> Iterator[Curve]:
    stretch = bench.variants(name)[0][0].stretch
    answers = {
        "until anybody writes": anybody_writes,
        "until the asker is mentioned": asker_is_mentioned,
        "until mentioned, or a word soon": mentioned_or_soon(stretch),
    }
    for title, rule in answers.items():
        speaks = [(f"{hold:g} min", partial(after_a_hold, hold=hold * 60 * stretch, answers=rule)) for hold in HOLDS]
        yield Curve(title, [Point(label, by_rule(bench, name, say, group)) for label, say in speaks])
    throws = [(f"{chance:.0%}", partial(dice, chance=chance)) for chance in CHANCES]
    yield Curve("dice", [Point(label, by_rule(bench, name, say, group)) for label, say in throws])


def by_rule(bench: Bench, name: str, say: Callable[..., Any], group: str) -> dict[str, Any]:
    """What becomes of the words of a rule, which looks at each window by itself."""
    judged: Judged = {}
    for variant, _ in bench.variants(name):
        bench.report.progress(f"{name}, rules")
        windows = groupby(sorted(variant.messages, key=lambda one: one.room.id), key=lambda one: one.room.id)
        speeches = [speech for _, window in windows for speech in say(list(window))]
        judged |= judge(variant, bench.talk.truth, speeches)
    return of_group(judged, group)


def _show(report: Report, name: str, ours: Curve, rules: list[Curve]) -> None:
    rows = [(*_row(ours.name, point), _beside(point, rules)) for point in ours.points]
    for rule in rules:
        rows += [(*_row(rule.name, point), beaten(point, ours)) for point in rule.points]
    report.table((f"{name}, questions", "", "said", "coverage", "useful", "late", "displaced", "hold min", ""), rows)
    report.lines(plot([ours, *rules]))
    fitting = [point for rule in rules for point in rule.points if point.coverage]
    won = sum(beaten(point, ours) == "BEATEN" for point in fitting)
    report.figure(f"{name}: rules beaten at their own coverage", f"{won} of {len(fitting)} points")
    best = max(ours.points, key=lambda point: min(point.coverage, point.useful) - (point.late > GOAL[2]))
    report.figure(f"{name}: nearest to 60 % coverage, 60 % useful, 15 % late", f"{best.label}: {best.told()}")


def _row(name: str, point: Point) -> tuple[str, ...]:
    found = point.figures
    shares = map(share, (found["coverage"], found["useful"], found["late"], found["displacement"]))
    return (name, point.label, f"{point.said:,}", *shares, f"{found['median_hold_min'] or 0:,.1f}")


def _beside(point: Point, rules: list[Curve]) -> str:
    """The best rule where it covers as much, and who is better there."""
    found = [(useful, rule.name) for rule in rules if (useful := rule.useful_at(point.coverage)) is not None]
    if not found:
        return "no rule covers as much: BEATEN"
    useful, name = max(found)
    return f"best rule {useful:.0%} ({name}): {'BEATEN' if point.useful > useful else 'NOT beaten'}"


# --- are the promises kept? ----------------------------------------------------------------------

LOUD: dict[str, dict[str, Any]] = {
    "a fifth": {"join": "unanswered", "hold": 0.5, "share_of_voice": 0.2},
    "a twentieth": {"join": "unanswered", "hold": 0.1, "share_of_voice": 0.05, "posts": "all"},
    "auto": {"join": "unanswered", "displacement_risk": 0.6, "share_of_voice": 0.1, "hold_floor_minutes": 0},
    "every post": {"join": "every_post", "share_of_voice": 0.3},
}
PLACES = ("threaded", "threaded one room", "threaded slow x30", "flat", "flat one room x30", "flat one slow room x30")
CUTS = (0.3, 0.7)  # of a history, where a replay stops to see whether it knew what came later


def promises(bench: Bench) -> None:
    rows, broken = [], Counter[str]()
    for name in bench.some(PLACES):
        for title, rule in LOUD.items():
            bench.report.progress(f"{name}, {title}")
            found = _kept(bench, name, rule)
            broken += found
            rows.append((name, title, *(str(count) for count in found.values())))
    bench.report.table(("promises", "rule", *found), rows)
    for what, count in (+broken).items():
        if what != "spoken":
            bench.report.breach(f"{what}: {count} times")


def _kept(bench: Bench, name: str, rule: dict[str, Any]) -> Counter[str]:
    (variant, player), *_ = bench.variants(name)
    turns = player.play(variant, rule)
    found = Counter({"spoken": sum(turn.spoke for turn in turns)})
    for room in {None} if variant.is_joined else set(variant.windows):
        messages = [one for one in variant.messages if room in (None, one.room.id)]
        found.update(breaches(messages, [one for one in turns if room in (None, one.trigger.room.id)],
                              rule["share_of_voice"]))  # fmt: skip
    for part in CUTS:
        cut = variant.messages[int(part * len(variant.messages))].at
        found["saw the future"] += differ_before(turns, player.play(variant, rule, until=cut), cut.timestamp())
    return found


# --- the run -------------------------------------------------------------------------------------

PARTS = {"calibration": calibration, "flat": beside_rules, "promises": promises}


async def measure(report: Report) -> None:
    if report.data is None or not (report.data / "truth.jsonl").is_file():
        report.skip("all of it: needs a folder with messages.jsonl and truth.jsonl, such as make bench DATA=...")
        return
    bench = Bench(report, recorded(report.data))
    for part in PARTS.values():
        part(bench)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.deciding", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with messages.jsonl and truth.jsonl")
    parser.add_argument("--part", choices=PARTS, action="append", help="this one alone; may be given again")
    parser.add_argument("--weights", type=Path, help="a folder with fold-0.json to fold-4.json")
    parser.add_argument("--quick", action="store_true", help="one variant of each kind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Report(given.quick, given.data, Path(folder) / "first")
        report.section("deciding", "the judgement on annotated talk")
        bench = Bench(report, recorded(given.data), given.weights)
        for name in given.part or PARTS:
            PARTS[name](bench)
        report.summary("python -m tests.bench.deciding " + " ".join(sys.argv[1:]))
    return int(report.is_broken)


if __name__ == "__main__":
    sys.exit(_main())
