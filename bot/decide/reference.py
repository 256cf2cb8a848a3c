"""What all floors share: how messages read in each language, and how people answer each other. Data, passed in."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.language.packs import Packs


@dataclass(frozen=True, slots=True)
class Reference:
    """`weights` are those of the links and of "answered", by trait. `answered` is the likelihood from which a post in a
    plain timeline counts as answered, at the usual risk: lower speaks late less often, and less often at all."""

    packs: Packs
    weights: Mapping[str, float]
    answered: float = 0.34  # on annotated chat: 6 of 10 questions that nobody answers, a seventh of the words too late
