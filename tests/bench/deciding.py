"""The judgement on annotated talk: is the risk kept that a manager chose, is it better than simple rules, and are its
promises kept?

    python -m tests.bench.deciding --data FOLDER [--part PART] [--quick] [--shipped]

Who answers whom in a plain timeline is judged by weights that were learnt without the window, or (`--shipped`) by the
shipped ones, which suits talk that they were not learnt from.
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from bot.config.room_rule import LONGEST_HOLD_MINUTES
from tests.bench.communities import COMMUNITIES, community
from tests.bench.curves import Curve, Point, beaten, plot
from tests.bench.judged import Judged, Player, Weights, halves, judge, of_group, spoken
from tests.bench.promises import breaches, differ_before
from tests.bench.report import Report, share
from tests.bench.rules import after_a_hold, anybody_writes, asker_is_mentioned, dice, mentioned_or_soon
from tests.bench.variants import FOLDS, Talk, Variant, flat, joined, recorded, stretched, thinned, threaded
from tests.train.links import cross_validated, link_scores

Shape = Callable[[Talk], Variant]

RISKS = (0.10, 0.25, 0.40)
CURVE_RISKS = (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.40, 0.50, 0.60, 0.90)
FIXED = (0.5, 2, 5, 12)  # minutes at the pace of the record: the holds of a rule, to see what judging adds
# (minutes, risk): a long hold at growing risk, which then only bounds the doubt; and shorter holds at the highest risk
BOTH = ((12, 0.10), (12, 0.40), (12, 0.50), (12, 0.90), (5, 0.90), (2, 0.90), (0.5, 0.90))
# Minutes at the pace of the record. Much longer holds exceed the horizon if the trigger is not the first message of its
# conversation, and would not be judged: that would look like fewer late replies.
HOLDS = (0.25, 0.5, 1, 2, 3, 5, 8, 12, 20)
CHANCES = (0.01, 0.02, 0.05, 0.10, 0.25, 0.50)
# allowed distance from the risk, over all windows and over a half; share of the unanswered posts to cover
POOLED, HALF, COVERED = 0.03, 0.05, 0.95
GOAL = (0.60, 0.60, 0.15)  # for a flat room: least coverage and useful, highest late
AGREES = "builtin"  # a judge, which a replay assumes to agree: also what no pack reads counts, such as bare commands
FREE = {
    "hold_floor_minutes": 0,
    "hold_ceiling_minutes": LONGEST_HOLD_MINUTES,
    "share_of_voice": 1.0,
}  # limits that never apply


@dataclass
class Bench:
    """`weights`: by window, ones that have not seen it; None for the shipped ones."""

    report: Report
    talk: Talk
    weights: Mapping[str, Weights] | None = None
    _made: dict[str, list[tuple[Variant, Player]]] = field(default_factory=dict)

    def some(self, names: Sequence[str]) -> Sequence[str]:
        return names[:1] if self.report.quick else names

    def variants(self, name: str) -> list[tuple[Variant, Player]]:
        """The shape of the whole talk, or of each fold, with a player for it."""
        if name not in self._made:
            self._made[name] = [(SHAPES[name](talk), player) for talk, player in self._parts(name)]
        return self._made[name]

    def stretch(self, name: str) -> float:
        return self.variants(name)[0][0].stretch

    def _parts(self, name: str) -> Iterator[tuple[Talk, Player]]:
        """The whole talk, or its folds with their weights. With threads no weights are needed to know who answers
        whom."""
        if self.weights is None or name in THREADED:
            yield self.talk, Player(self.report.folder)
            return
        for number in range(FOLDS):
            fold = self.talk.fold(number)
            yield fold, Player(self.report.folder, self.weights[fold.rows[0]["room"]])

    def ours(self, name: str, **rule: Any) -> Judged:
        """What becomes of our own replies under that room rule."""
        found: Judged = {}
        for variant, player in self.variants(name):
            self.report.progress(f"{name}, {_label(rule)}")
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


# --- who answers whom? ---------------------------------------------------------------------------


def links(bench: Bench) -> None:
    """Scores links by weights that were learnt without the window."""
    assert bench.report.data
    scores = link_scores(bench.report.data, bench.report.progress)
    rows = [(kind, rule, *map(share, (one.precision, one.recall, one.f1))) for (kind, rule), one in scores.items()]
    bench.report.table(("reply links, left-out windows", "by", "precision", "recall", "F1"), rows)


# --- does the risk hold? -------------------------------------------------------------------------


def calibration(bench: Bench) -> None:
    rows = []
    for name in bench.some(THREADED):
        for risk in RISKS:
            judged = bench.ours(name, join="unanswered", posts="all", displacement_risk=risk, judge=AGREES, **FREE)
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


def communities(bench: Bench) -> None:
    """Made-up communities, so that there is more than one record; each is pooled over a few."""
    rows = []
    for name, rooms in COMMUNITIES.items():
        for risk in RISKS:
            bench.report.progress(f"{name}, risk {risk:.2f}")
            found: Judged = {}
            for seed in range(bench.report.rounds(2, 1)):
                variant, truth = community(name, rooms, seed)
                rule = {"join": "unanswered", "posts": "all", "displacement_risk": risk, **FREE}
                turns = Player(bench.report.folder).play(variant, rule)
                judged = judge(variant, truth, spoken(turns))
                found |= {f"{room}.{seed}": figures for room, figures in judged.items()}
            rows.append(_of_community(name, risk, found))
    head = ("made-up communities", "risk", "displaced", "in the first room", "coverage", "hold min there", "")
    bench.report.table(head, rows)
    held = sum(row[-1] == "holds" for row in rows)
    bench.report.figure("a risk holds within 3 points in a community", f"{held} of {len(rows)}")


def _of_community(name: str, risk: float, judged: Judged) -> tuple[str, ...]:
    whole = of_group(judged, "all")
    first = of_group({room: figures for room, figures in judged.items() if room.startswith("room 0.")}, "all")
    shares = (whole["displacement_while_open"], first["displacement_while_open"], whole["coverage"])
    verdict = "holds" if _near(whole["displacement_while_open"], risk, POOLED) else "OFF"
    return (name, f"{risk:.2f}", *map(share, shares), f"{first['median_hold_min'] or 0:,.1f}", verdict)


def _near(value: float | None, wanted: float, by: float) -> bool:
    return value is not None and abs(value - wanted) <= by


# --- beside simple rules -------------------------------------------------------------------------


def beside_rules(bench: Bench) -> None:
    for name in bench.some(FLAT):
        _show(bench.report, name, [*our_curves(bench, name)], [*rule_curves(bench, name)])


def our_curves(bench: Bench, name: str, group: str = "questions") -> Iterator[Curve]:
    """Our curves: by the risk that a manager chose, by a hold in minutes, and by both."""
    stretch = bench.stretch(name)
    rules: dict[str, list[dict[str, Any]]] = {
        "Cameo": [{"displacement_risk": risk} for risk in CURVE_RISKS],
        "Cameo, hold": [{"hold": hold * stretch} for hold in FIXED if hold * stretch <= LONGEST_HOLD_MINUTES],
        "Cameo, both": [
            {"hold": hold * stretch, "displacement_risk": risk}
            for hold, risk in BOTH
            if hold * stretch <= LONGEST_HOLD_MINUTES
        ],
    }
    for title, given in rules.items():
        judged = [(rule, bench.ours(name, join="unanswered", posts="inviting", **rule, **FREE)) for rule in given]
        yield Curve(title, [Point(_label(rule), of_group(found, group)) for rule, found in judged])


def _label(rule: dict[str, Any]) -> str:
    texts = {"hold": "{:g} min", "displacement_risk": "risk {:.2f}"}
    return ", ".join(text.format(rule[key]) for key, text in texts.items() if key in rule)


def rule_curves(bench: Bench, name: str, group: str = "questions") -> Iterator[Curve]:
    stretch = bench.stretch(name)
    answers = {
        "until anybody writes": anybody_writes,
        "until the asker is mentioned": asker_is_mentioned,
        "until mentioned, or a word soon": mentioned_or_soon(stretch),
    }
    for title, rule in answers.items():
        speaks = [
            (f"{hold * stretch:g} min", partial(after_a_hold, hold=hold * 60 * stretch, answers=rule)) for hold in HOLDS
        ]
        yield Curve(title, [Point(label, by_rule(bench, name, say, group)) for label, say in speaks])
    throws = [(f"{chance:.0%}", partial(dice, chance=chance)) for chance in CHANCES]
    yield Curve("dice", [Point(label, by_rule(bench, name, say, group)) for label, say in throws])


def by_rule(bench: Bench, name: str, say: Callable[..., Any], group: str) -> dict[str, Any]:
    """What becomes of the replies of a rule, which looks at each window by itself."""
    judged: Judged = {}
    for variant, _ in bench.variants(name):
        bench.report.progress(f"{name}, rules")
        windows = groupby(sorted(variant.messages, key=lambda one: one.room.id), key=lambda one: one.room.id)
        speeches = [speech for _, window in windows for speech in say(list(window))]
        judged |= judge(variant, bench.talk.truth, speeches)
    return of_group(judged, group)


def _show(report: Report, name: str, ours: list[Curve], rules: list[Curve]) -> None:
    by_risk = ours[0]
    rows = [(*_row(curve.name, point), _beside(point, rules)) for curve in ours for point in curve.points]
    rows += [(*_row(rule.name, point), beaten(point, ours)) for rule in rules for point in rule.points]
    report.table((f"{name}, questions", "", "said", "coverage", "useful", "late", "displaced", "hold min", ""), rows)
    report.lines(plot([by_risk, *rules]))
    found = Counter(beaten(point, ours).partition(" (")[0] for rule in rules for point in rule.points)
    verdicts = ", ".join(f"{count} {verdict.lower()}" for verdict, count in sorted(found.items()))
    report.figure(f"{name}: points of the rules, at their own coverage", verdicts)
    best = min(by_risk.points, key=_short_of_the_goal)
    report.figure(f"{name}: nearest to 60 % coverage, 60 % useful, 15 % late", f"{best.label}: {best.summary()}")


def _short_of_the_goal(point: Point) -> float:
    coverage, useful, late = GOAL
    return max(coverage - point.coverage, useful - point.useful, point.late - late)


def _row(name: str, point: Point) -> tuple[str, ...]:
    found = point.figures
    shares = map(share, (found["coverage"], found["useful"], found["late"], found["displacement"]))
    return (name, point.label, f"{point.said:,}", *shares, f"{found['median_hold_min'] or 0:,.1f}")


def _beside(point: Point, rules: list[Curve]) -> str:
    """The best rule at the same coverage, and which of us is better there."""
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
CUTS = (0.3, 0.7)  # shares of a history at which a replay stops, to test that it never knew what came later


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
    found = Counter[str]()
    for variant, player in bench.variants(name):
        turns = player.play(variant, rule)
        found["spoken"] += sum(turn.spoke for turn in turns)
        for place in {variant.place(window) for window in variant.windows}:
            messages = [one for one in variant.messages if variant.place(one.room.id) == place]
            here = [one for one in turns if variant.place(one.trigger.room.id) == place]
            found.update(breaches(messages, here, rule["share_of_voice"]))
        for part in CUTS:
            cut = variant.messages[int(part * len(variant.messages))].at
            found["saw the future"] += differ_before(turns, player.play(variant, rule, until=cut), cut.timestamp())
    return found


# --- the run -------------------------------------------------------------------------------------

PARTS = {
    "links": links,
    "calibration": calibration,
    "communities": communities,
    "flat": beside_rules,
    "promises": promises,
}


async def measure(report: Report) -> None:
    if report.data is None or not (report.data / "truth.jsonl").is_file():
        report.skip("all of it: needs a folder with messages.jsonl and truth.jsonl, such as make bench DATA=...")
        return
    run(report, report.data, PARTS, cross_validate=True)


def run(report: Report, data: Path, parts: Iterable[str], *, cross_validate: bool) -> None:
    weights = cross_validated(data, report.progress) if cross_validate else None
    bench = Bench(report, recorded(data), weights)
    for name in parts:
        PARTS[name](bench)


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.deciding", description=__doc__.split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with messages.jsonl and truth.jsonl")
    parser.add_argument("--part", choices=PARTS, action="append", help="this one alone; may be given again")
    parser.add_argument("--shipped", action="store_true", help="by the weights that Cameo brings")
    parser.add_argument("--quick", action="store_true", help="one variant of each kind")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Report(given.quick, given.data, Path(folder) / "first")
        report.section("deciding", "the judgement on annotated talk")
        run(report, given.data, given.part or PARTS, cross_validate=not given.shipped)
        report.summary("python -m tests.bench.deciding " + " ".join(sys.argv[1:]))
    return int(report.is_broken)


if __name__ == "__main__":
    sys.exit(_main())
