"""Mutation testing: plants small faults at random, one at a time, and counts those that a test notices.

First `--record` (needs the package `coverage`): runs the tests once and notes which of them execute which line. Then
`--seed N --count 150` draws mutants and runs, for each, only the tests that execute its line, the fastest first. Works
in copies: the tree itself is never changed. Exit code 1 when fewer than 85 % are killed. A survivor is either a missing
test or equivalent to the original; a person judges which.
"""

import argparse
import hashlib
import json
import os
import queue
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.bench.mutations import Mutant, mutants_of

AREAS = {
    "decide": ["bot/decide/*.py"],
    "write": ["bot/write/*.py", "bot/write/models/*.py"],
    "remember": ["bot/remember/*.py"],
    "live": ["bot/live/*.py"],
    "discord": [f"adapters/discord/{name}.py" for name in ("translate", "split", "markup", "payload")],
    "matrix": [f"adapters/matrix/{name}.py" for name in ("translate", "mentions", "markup", "text", "render")],
}
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "artefacts" / "mutants"
RECORD, SURVIVORS = FOLDER / "record.json", FOLDER / "survivors.jsonl"
LAST_RESORT = ("tests/whole/", "tests/browser/", "kill")  # slow, so only where nothing else executes the line
BUDGET_SECONDS = 20.0  # of recorded test time for one mutant: 150 mutants take an hour, not a day
LIMIT_SECONDS = 120.0  # for one mutant, start of Python included: a busy machine is slower than the recording
PROMISE = 0.85
NOT_COPIED = shutil.ignore_patterns(".git", ".venv*", "artefacts", "data", ".*_cache", ".hypothesis")
KILLED, TIMEOUT, SURVIVED, UNCOVERED = "killed", "timeout", "survived", "uncovered"


@dataclass(frozen=True)
class Record:
    """What `covering.Recorder` has written: seconds by test, and tests by file and line."""

    seconds: dict[str, float]
    lines: dict[str, dict[str, list[str]]]

    def covering(self, mutant: Mutant) -> list[str]:
        """Tests that execute the mutant's lines; for a line that an import runs, those of the whole file. A file that
        no test executes may run in a process of its own: then those of its mirror (builtin_server: test_builtin)."""
        lines = self.lines.get(mutant.path, {})
        if not any(lines.values()):
            return sorted(filter(partial(_mirrors, mutant.path), self.seconds), key=lambda test: self.seconds[test])
        first, last = mutant.lines or (1, max(map(int, lines), default=0))
        found = {test for line in range(first, last + 1) for test in lines.get(str(line), ())}
        quick = {test for test in found if not any(part in test for part in LAST_RESORT)}
        return sorted(quick or found, key=lambda test: self.seconds[test])

    def affordable(self, tests: Iterable[str]) -> list[str]:
        """As many as fit into the budget, at least one."""
        chosen: list[str] = []
        spent = 0.0
        for test in tests:
            spent += self.seconds[test]
            if chosen and spent > BUDGET_SECONDS:
                break
            chosen.append(test)
        return chosen


def _mirrors(path: str, test: str) -> bool:
    mirror, source = Path(test.partition("::")[0]), Path(path)
    named = source.stem.startswith(mirror.stem.removeprefix("test_"))
    return named and mirror.parent.parts[1:] in {source.parent.parts[1:], source.parent.parts}


@dataclass(frozen=True)
class Verdict:
    area: str
    mutant: Mutant
    outcome: str
    tried: int = 0
    covering: int = 0

    def row(self) -> dict[str, object]:
        mutant = self.mutant
        return {
            "place": f"{mutant.path}:{mutant.line}",
            "operator": mutant.operator,
            "before": mutant.before,
            "after": mutant.after,
            "outcome": self.outcome,
            "tests": f"{self.tried} of {self.covering}",
        }


def _main() -> int:
    given = _arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if given.record is not None:
        return _record(given.record or ["tests"])
    drawn = _drawn(given)
    if given.list:
        for _, mutant in drawn:
            print(f"{mutant.path}:{mutant.line} {mutant.operator}\n  - {mutant.before}\n  + {mutant.after}")
        return 0
    return _summary(_verdicts(drawn, _read_record(), given.jobs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.mutants", description=__doc__)
    parser.add_argument("--record", nargs="*", metavar="PATH", help="record all tests, or add those of these paths")
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same mutants of the same source")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--areas", nargs="+", choices=AREAS, default=list(AREAS))
    parser.add_argument("--again", action="store_true", help="of those drawn, only those that survived the last run")
    parser.add_argument("--list", action="store_true", help="show what would be tried")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def _drawn(given: argparse.Namespace) -> list[tuple[str, Mutant]]:
    files = [(area, path) for area in given.areas for glob in AREAS[area] for path in sorted(ROOT.glob(glob))]
    if missing := [glob for area in given.areas for glob in AREAS[area] if not any(ROOT.glob(glob))]:
        raise SystemExit(f"no such files, mend AREAS: {missing}")
    everything = [
        (area, mutant)
        for area, path in files
        for mutant in mutants_of(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
    ]
    drawn = random.Random(given.seed).sample(everything, min(given.count, len(everything)))
    if given.again:
        left = {(row["place"], row["after"]) for row in map(json.loads, SURVIVORS.read_text().splitlines())}
        drawn = [(area, each) for area, each in drawn if (f"{each.path}:{each.line}", each.after) in left]
    return sorted(drawn, key=lambda pair: (pair[0], pair[1].path, pair[1].line))


def _sources() -> str:
    """A hash that changes whenever a recorded line may have moved."""
    files = sorted(path for name in ("bot", "adapters") for path in (ROOT / name).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _read_record() -> Record:
    held = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if held.get("sources") != _sources():
        raise SystemExit("the source has changed since the tests were recorded; run with --record first")
    if gone := sorted({path for test in held["seconds"] if not (ROOT / (path := test.split("::")[0])).exists()}):
        raise SystemExit(f"recorded tests are gone: delete {RECORD} and run with --record first: {gone}")
    return Record(held["seconds"], held["lines"])


def _record(paths: list[str]) -> int:
    """Replaces the record, or adds to it when it is of the same source."""
    held = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if held.get("sources") != _sources():
        held = {"sources": _sources(), "seconds": {}, "lines": {}}
    with _copy() as tree:
        target = tree / "record.json"
        subprocess.run([*_PYTEST, *paths], cwd=tree, env=_environment(CAMEO_RECORD=str(target)), check=False)
        new = json.loads(target.read_text())
    held["seconds"].update(new["seconds"])
    for path, lines in new["lines"].items():
        old = held["lines"].setdefault(path, {})
        for line, tests in lines.items():
            old[line] = sorted({*old.get(line, ()), *tests})
    RECORD.write_text(json.dumps(held))
    print(f"recorded {len(new['seconds'])} tests; left out, because they failed: {new['failed'] or 'none'}")
    return 0


_PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "tests.bench.covering", "-p", "no:cacheprovider", "--tb=no"]
_PYTEST += ["--hypothesis-seed=0"]  # the same verdict each time


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **more}


@contextmanager
def _copy() -> Iterator[Path]:
    """The tree in a temporary folder; its virtual environments are links to ours."""
    folder = Path(tempfile.mkdtemp(prefix="cameo-mutants-"))
    try:
        tree = shutil.copytree(ROOT, folder / "tree", ignore=NOT_COPIED)
        for name in (".venv", ".venv-synapse"):
            (tree / name).symlink_to((ROOT / name).resolve())
        yield tree
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _verdicts(drawn: list[tuple[str, Mutant]], record: Record, jobs: int) -> list[Verdict]:
    trees: queue.SimpleQueue[Path] = queue.SimpleQueue()

    def judge(pair: tuple[str, Mutant]) -> Verdict:
        tree = trees.get()
        try:
            verdict = _verdict(*pair, record, tree)
        finally:
            trees.put(tree)
        print(f"{verdict.outcome:<9} {verdict.mutant.place}", flush=True)
        return verdict

    with ExitStack() as copies, ThreadPoolExecutor(jobs) as pool:
        for _ in range(jobs):
            trees.put(copies.enter_context(_copy()))
        return list(pool.map(judge, drawn))


def _verdict(area: str, mutant: Mutant, record: Record, tree: Path) -> Verdict:
    covering = record.covering(mutant)
    chosen = record.affordable(covering)
    outcome = outcome_of(mutant, chosen, tree) if chosen else UNCOVERED
    return Verdict(area, mutant, outcome, len(chosen), len(covering))


def outcome_of(mutant: Mutant, chosen: list[str], tree: Path, limit: float = LIMIT_SECONDS) -> str:
    """Plants the mutant in the tree, runs the chosen tests, and takes it out again."""
    place, names = tree / mutant.path, tree / "chosen.txt"
    original, times = place.read_bytes(), place.stat()
    names.write_text("\n".join(chosen))
    place.write_text(mutant.text, encoding="utf-8")
    os.utime(place, (0, 0))  # so that no compiled file of the original is used for the mutant
    try:
        return _run([*_PYTEST, "-x", *sorted({test.split("::")[0] for test in chosen})], tree, names, limit)
    finally:
        place.write_bytes(original)
        os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))


def _run(command: list[str], tree: Path, names: Path, limit: float) -> str:
    """In a process group of its own, so that nothing of a mutant outlives its limit. A broken import is a kill."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        command, cwd=tree, env=_environment(CAMEO_CHOSEN=str(names)), stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        return SURVIVED if process.wait(limit) in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} else KILLED
    except subprocess.TimeoutExpired:
        return TIMEOUT
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _summary(verdicts: list[Verdict]) -> int:
    left = [verdict for verdict in verdicts if verdict.outcome in {SURVIVED, UNCOVERED}]
    SURVIVORS.write_text("".join(json.dumps(verdict.row(), ensure_ascii=False) + "\n" for verdict in left))
    for verdict in left:
        print("\n{place} {operator}: {outcome} ({tests} tests)\n  - {before}\n  + {after}".format(**verdict.row()))
    print(f"\n{'area':<10}{'tried':>7}{KILLED:>9}{TIMEOUT:>9}{SURVIVED:>10}{UNCOVERED:>11}{'share':>8}")
    for area in [*dict.fromkeys(verdict.area for verdict in verdicts), None]:
        print(_table_row(area or "all", [each.outcome for each in verdicts if area in {None, each.area}]))
    print(f"survivors: {SURVIVORS.relative_to(ROOT)}")
    return int(len(left) > (1 - PROMISE) * len(verdicts))


def _table_row(name: str, outcomes: list[str]) -> str:
    count = Counter(outcomes)
    killed = (count[KILLED] + count[TIMEOUT]) / max(len(outcomes), 1)
    counts = f"{count[KILLED]:>9}{count[TIMEOUT]:>9}{count[SURVIVED]:>10}{count[UNCOVERED]:>11}"
    return f"{name:<10}{len(outcomes):>7}{counts}{killed:>8.0%}"


if __name__ == "__main__":
    sys.exit(_main())
