"""How much alike a question and an earlier message are, by the words that they share: rare words count more. Pure."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from bot.write.pointing.terms import alike

FEW = 100  # messages that every room counts as having besides its own: in a new room, every word would be rare
COMMON_SHARE = 0.6  # of the weight, for a word that is common in its language: it may be common in any room
TERMS_COMPARED = 40  # of each text; a question has fewer


@dataclass(frozen=True, slots=True)
class Likeness:
    """Shares of weight, 0 to 1: `covered` of the question's words are in the other text, `back` of the other's in the
    question. `exchanged`: both have a weighty word that the other lacks, as if one thing stood for another; 0 to 1.
    `shared`: the number of the question's words that the other text has."""

    covered: float
    back: float
    exchanged: float
    shared: int


class Rarity:
    """How much a word tells in one room, 0 to 1. `holding`: the number of messages, of `said`, that hold each term."""

    def __init__(self, holding: Mapping[str, int], said: int, common: Collection[str]):
        self._holding, self._said, self._common = holding, said, common

    def __call__(self, term: str) -> float:
        most = math.log(1 + self._said + FEW)
        rare = math.log(1 + (self._said + FEW) / (1 + self._holding.get(term, 0))) / most
        return rare * (COMMON_SHARE if term in self._common else 1.0)


def likeness(asked: Mapping[str, float], other: Mapping[str, float], rarity: Rarity) -> Likeness:
    """Compares the terms of a question with those of another text, each with how much of its text it is."""
    here, there = _shares(asked, other), _shares(other, asked)
    missing, more = _missing(asked, here, rarity), _missing(other, there, rarity)
    exchanged = min(max(missing, default=0.0), max(more, default=0.0))
    shared = sum(share > 0 for share in here.values())
    return Likeness(_covered(asked, here, rarity), _covered(other, there, rarity), exchanged, shared)


def _covered(terms: Mapping[str, float], shares: Mapping[str, float], rarity: Rarity) -> float:
    weights = {term: rarity(term) * terms[term] for term in shares}
    whole = sum(weights.values())
    return sum(weights[term] * share for term, share in shares.items()) / whole if whole else 0.0


def _missing(terms: Mapping[str, float], shares: Mapping[str, float], rarity: Rarity) -> list[float]:
    return [rarity(term) * terms[term] * (1 - share) for term, share in shares.items()]


def _shares(asked: Iterable[str], other: Iterable[str]) -> dict[str, float]:
    """How far each term is in the other text. A pair of Chinese characters that only the order of words has made is
    there if its characters are part of shared pairs."""
    compared = list(islice(other, TERMS_COMPARED))
    shares = {term: max((alike(term, one) for one in compared), default=0.0) for term in islice(asked, TERMS_COMPARED)}
    begins = {term[0] for term, share in shares.items() if share and not term.isascii()}
    ends = {term[-1] for term, share in shares.items() if share and not term.isascii()}
    return {
        term: share or (0.0 if term.isascii() else ((term[0] in ends) + (term[-1] in begins)) / 2)
        for term, share in shares.items()
    }
