"""How good guesses are: precision, recall and F1 of links; AUC and calibration of likelihoods."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

Guess = tuple[float, bool]
"""A likelihood, and whether it was so."""

BINS = 5  # of calibration


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages linked rightly, messages linked wrongly, and messages that answer something but were not linked
    rightly."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.right + other.right, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def judged(guess: int | None, answers: frozenset[int]) -> Tally:
    """The tally of one guess: the position of the answered message, or None for none."""
    right = guess is not None and guess in answers
    return Tally(right, guess is not None and not right, bool(answers) and not right)


def auc(guesses: Sequence[Guess]) -> float:
    """The chance that of a true and a false example, the true one has the higher likelihood."""
    below = wins = 0.0
    yes_in_all = sum(was_so for _, was_so in guesses)
    for _, same in groupby(sorted(guesses), key=lambda guess: guess[0]):
        answers = [was_so for _, was_so in same]
        yes, no = sum(answers), len(answers) - sum(answers)
        wins += yes * (below + no / 2)
        below += no
    return wins / max(1, yes_in_all * (len(guesses) - yes_in_all))


def calibration(guesses: Iterable[Guess]) -> Iterator[tuple[float, float, int]]:
    """By fifths of the likelihood: its mean, the share that was true, and the number of guesses."""
    bins: list[list[Guess]] = [[] for _ in range(BINS)]
    for guess in guesses:
        bins[min(BINS - 1, int(guess[0] * BINS))].append(guess)
    for some in filter(None, bins):
        yield sum(one[0] for one in some) / len(some), sum(one[1] for one in some) / len(some), len(some)
