"""From annotated talk to weights, by the whole path, on a made-up room that is easy to read."""

import json
import random
from pathlib import Path
from typing import Any

from bot.decide.traits import TRAITS
from tests.measure.community import row
from tests.train.learn import learn
from tests.train.variants import FOLDS, read_windows

PEOPLE = ("ana", "ben", "cleo", "dan", "eve", "fay")
THINGS = ("bread", "dough", "yeast", "rye", "oven", "crust")


def talk(number: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Two people ask, one after the other; then each gets an answer by name, the later one first. This repeats, but
    every other time the person who might have answered the later one speaks to somebody else."""
    chance, rows, truth = random.Random(number), [], []
    for turn in range(12):
        first, second, third, fourth = chance.sample(PEOPLE, 4)
        about, other = chance.sample(THINGS, 2)
        for place, (who, text, answers) in enumerate((
            (first, f"how long does {about} take to rise?", None),
            (second, f"which {other} do you like best, and why?", None),
            (third, f"{second}: the {other} from the mill", 1) if turn % 2 else (third, f"{fourth}: see you!", None),
            (fourth, f"{first}: {about} needs an hour", 0),
        )):  # fmt: skip
            key = f"{number}.{turn}.{place}"
            root = key if answers is None else f"{number}.{turn}.{answers}"
            called = [name for name in PEOPLE if text.startswith(f"{name}:")]
            rows.append(row(key, who, text, 300 * turn + 20 * place, room=f"room{number}", mentions=called))
            truth.append({
                "id": key, "conversation": root, "reply_to": [root] * (answers is not None), "scored": True,
            })  # fmt: skip
    return rows, truth


def test_who_answers_by_name_is_learnt_from_those_who_did(tmp_path: Path) -> None:
    talks = [talk(number) for number in range(2 * FOLDS)]
    for name, part in (("messages", 0), ("truth", 1)):
        lines = (json.dumps(line) + "\n" for one in talks for line in one[part])
        (tmp_path / f"{name}.jsonl").write_text("".join(lines))
    progress: list[str] = []
    learnt = learn(read_windows(tmp_path), progress.append)
    assert len(learnt.weights) == FOLDS + 1 and all(weights.keys() == TRAITS for weights in learnt.weights)
    assert learnt.tallies["full", "learnt"].f1 > 0.95 > learnt.tallies["full", "always the previous message"].f1
    guesses = learnt.guesses["full"]
    likely = [[guess for guess, answered in guesses if answered is known] for known in (True, False)]
    assert min(map(len, likely)) > 20 and sum(likely[0]) / len(likely[0]) > 0.5 > sum(likely[1]) / len(likely[1])
    assert progress
