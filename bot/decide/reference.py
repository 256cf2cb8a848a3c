"""Data shared by all floors: how messages read in each language, and how people answer each other."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.language.danger import Dangers
from bot.language.packs import Packs


@dataclass(frozen=True, slots=True)
class Reference:
    """Language packs, the phrases of people in danger, and the weights of links and of "answered" by trait.

    `answered` is the likelihood from which a post in a plain timeline counts as answered, at the usual risk. A lower
    value makes us speak too late less often, and less often at all.
    """

    packs: Packs
    weights: Mapping[str, float]
    dangers: Dangers
    # on annotated chat: speaks to 6 of 10 questions that nobody answers; a seventh of its words come too late
    answered: float = 0.34
