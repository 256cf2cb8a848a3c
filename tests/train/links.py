"""Learns from annotated talk who answers whom and whether a post is answered; writes weights and prints their quality.

    python -m tests.train.links --data FOLDER [--out bot/language/links.yaml] [--leave-out N]

FOLDER holds messages.jsonl and truth.jsonl. `--leave-out N` learns without every fifth window, from number N (0 to 4)
on, so that the weights can be judged on those windows; it needs `--out`. Two minutes on two cores.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from bot.decide.traits import TRAITS
from bot.language.link_weights import LEARN_COMMAND, WEIGHTS
from tests.bench.report import table
from tests.train.learn import RULES, Learnt, Progress, Weights, learn
from tests.train.scores import Guess, Tally, auc, calibration
from tests.train.variants import FOLDS, KINDS, fold_of, read_windows

WHOLE = FOLDS  # the index of the weights that were learnt from all windows
ROOT = WEIGHTS.parents[2]
CODE = (
    "bot/decide/message_facts.py", "bot/decide/links.py", "bot/decide/answered.py", "bot/decide/signals.py",
    "bot/language/packs.py", "bot/language/phrases/*.yaml", "bot/measure/lines.py", "tests/train/*.py",
)  # fmt: skip # what the weights hang on
HEAD = """\
Who answers whom in a plain timeline (bot/decide/links.py), and whether a post is answered (bot/decide/answered.py): the
weight of each trait; a positive one makes it likelier. Made by: {again}

What Cameo brings was learnt from the Ubuntu help channel on IRC, 2004 to 2017, by its annotated reply links: Kummerfeld
et al., "A Large-Scale Corpus for Conversation Disentanglement", ACL 2019, doi 10.18653/v1/P19-1374, licence CC-BY-4.0
(jkkummerfeld/irc-disentanglement at 82ed04f, every fifth window of `train`). None of its text is here.

Variants: full; quiet (70 % of the calls by name dropped); thinned (10 to 50 % of the conversations kept); both.
"""


@dataclass(frozen=True)
class Result:
    """Weights by fold and last from all; by window the fold that leaves it out; and the figures in words."""

    weights: list[Weights]
    folds: dict[str, int]
    tallies: dict[tuple[str, str], Tally]
    figures: list[str]


def cross_validated(folder: Path, progress: Progress = lambda _: None) -> dict[str, Weights]:
    """For each window (room) of the folder, weights that were learnt without it and every fifth other window."""
    found = result(folder, progress)
    return {room: found.weights[fold] for room, fold in found.folds.items()}


def link_scores(folder: Path, progress: Progress = lambda _: None) -> dict[tuple[str, str], Tally]:
    """By variant and rule (ours is "learnt"): how the links of left-out windows were guessed."""
    return result(folder, progress).tallies


def result(folder: Path, progress: Progress) -> Result:
    """Learns once for the same data and code; the result is kept in the folder for temporary files."""
    kept = Path(tempfile.gettempdir()) / f"cameo-links-{_digest(folder)}.json"
    if not kept.is_file():
        windows = read_windows(folder)
        learnt = learn(windows, progress)
        rows = [(*key, astuple(tally)) for key, tally in learnt.tallies.items()]
        lines = [f"Learnt from {sum(len(one.messages) for one in windows):,} messages in {len(windows)} windows."]
        lines += figures(learnt)
        found = {"weights": learnt.weights, "folds": fold_of(windows), "tallies": rows, "figures": lines}
        _write(kept, json.dumps(found))
    raw = json.loads(kept.read_text(encoding="utf-8"))
    tallies = {(kind, rule): Tally(*counts) for kind, rule, counts in raw["tallies"]}
    return Result(raw["weights"], raw["folds"], tallies, raw["figures"])


def _digest(folder: Path) -> str:
    files = [folder / "messages.jsonl", folder / "truth.jsonl", *(file for part in CODE for file in ROOT.glob(part))]
    found = hashlib.sha256()
    for file in sorted(files):
        found.update(file.read_bytes())
    return found.hexdigest()[:16]


def _write(path: Path, text: str) -> None:
    """Writes the file completely or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


# --- the figures in words ------------------------------------------------------------------------


def figures(learnt: Learnt) -> list[str]:
    links = [_of_links(kind, rule, learnt.tallies[kind, rule]) for kind in KINDS for rule in RULES]
    posts = [_of_posts(kind, learnt.guesses[kind]) for kind in KINDS]
    return [
        "Figures by cross-validation: every fifth window left out whole.",
        *table(("links of", "by", "precision", "recall", "F1"), links),
        *table(("was it answered?", "looks", "so", "AUC", "likelihood: what was so, in fifths"), posts),
    ]


def _of_links(kind: str, rule: str, tally: Tally) -> tuple[str, ...]:
    return kind, rule, f"{tally.precision:.3f}", f"{tally.recall:.3f}", f"{tally.f1:.3f}"


def _of_posts(kind: str, guesses: list[Guess]) -> tuple[str, ...]:
    shades = "  ".join(f"{said:.2f}: {so:.2f}" for said, so, _ in calibration(guesses))
    so = sum(was_so for _, was_so in guesses) / len(guesses)
    return kind, f"{len(guesses):,}", f"{so:.2f}", f"{auc(guesses):.3f}", shades


# --- the file ------------------------------------------------------------------------------------


def page(weights: Weights, figures: list[str], again: str) -> str:
    """The weights file: comments, then one line per trait."""
    if unknown := weights.keys() - TRAITS:
        raise ValueError(f"bot/decide/traits.py lacks {sorted(unknown)}; add them there")
    head = [*HEAD.format(again=again).splitlines(), "", *figures]
    comments = (f"# {line}".rstrip() for line in head)
    rows = (f"{trait}: {round(weights.get(trait, 0.0), 3) + 0.0}" for trait in sorted(TRAITS))
    return "\n".join([*comments, "", *rows, ""])


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.train.links", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with messages.jsonl and truth.jsonl")
    parser.add_argument("--out", type=Path, help="the file to write; by default the one that Cameo brings")
    parser.add_argument(
        "--leave-out", type=int, choices=range(FOLDS), help="learn without every fifth window from here"
    )
    given = parser.parse_args()
    if given.leave_out is not None and given.out is None:
        parser.error("--leave-out N makes weights for judging alone: name a file for them with --out")
    began = time.monotonic()
    found = result(given.data, lambda line: print(f"{time.monotonic() - began:4.0f} s  {line}", file=sys.stderr))
    print("\n".join(found.figures))
    number = WHOLE if given.leave_out is None else given.leave_out
    again = LEARN_COMMAND if given.leave_out is None else f"{LEARN_COMMAND} --leave-out {given.leave_out} --out FILE"
    out = given.out or WEIGHTS
    _write(out, page(found.weights[number], found.figures, again))
    print(f"wrote {out}")


if __name__ == "__main__":
    _main()
