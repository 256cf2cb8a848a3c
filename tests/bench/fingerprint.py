"""The decisions of a replay as a hash: equal hashes before and after a change mean that no decision has changed.

    python -m tests.bench.fingerprint --data FOLDER [--tree OTHER_CHECKOUT]

Every shape of the recorded talk (with threads and without, slower, as one room) is replayed by every rule below through
the command line alone, so another checkout, older or newer, can be measured with `--tree`.
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.deciding import SHAPES
from tests.bench.variants import recorded
from tests.fakes.cameo import ROOT

RULES = {
    "default": "",
    "unanswered": "join: unanswered",
    "unanswered, all posts": "join: unanswered, posts: all",
    "unanswered, risk 0.10": "join: unanswered, displacement_risk: 0.10",
    "unanswered, risk 0.90, half of the posts": "join: unanswered, displacement_risk: 0.9, coverage: 0.5",
    "unanswered after 12 minutes, no other limit": "join: unanswered, hold: 12, posts: all, share_of_voice: 1",
    "every post, quiet at night": 'join: every_post, quiet_hours: "22:00-07:30", time_zone: Europe/Berlin',
}
"""By name: the settings of a room's rule beside `match`. The default answers when addressed, and nothing else."""


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fingerprint", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a folder with messages.jsonl and truth.jsonl")
    parser.add_argument("--tree", type=Path, default=ROOT, help="the checkout whose decisions are wanted (this one)")
    given = parser.parse_args()
    whole = hashlib.sha256()
    with tempfile.TemporaryDirectory() as folder:
        for shape, rule, digest in fingerprints(given.data, given.tree, Path(folder)):
            print(f"{digest[:16]}  {shape}; {rule}", flush=True)
            whole.update(digest.encode())
    print(f"{whole.hexdigest()[:16]}  all of these")


def fingerprints(data: Path, tree: Path, folder: Path) -> Iterator[tuple[str, str, str]]:
    """(shape, rule, SHA-256 of the turns) of every combination."""
    talk = recorded(data)
    for shape, variant_of in SHAPES.items():
        history = variant_of(talk).write(folder / "history.jsonl")
        for rule, keys in RULES.items():
            yield shape, rule, turns_hash(tree, history, keys)


def turns_hash(tree: Path, history: Path, keys: str) -> str:
    """SHA-256 of the turns file of one replay. Raises CalledProcessError if the replay fails."""
    config, out = history.with_name("config.yaml"), history.with_name("turns.jsonl")
    config.write_text(f'writer: [builtin]\nrooms:\n  - {{match: "*"{", " if keys else ""}{keys}}}\n', encoding="utf-8")
    command = [sys.executable, "-m", "bot", "replay", str(history), "--config", str(config), "--out", str(out)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return hashlib.sha256(out.read_bytes()).hexdigest()


if __name__ == "__main__":
    _main()
