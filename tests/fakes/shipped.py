"""What Cameo ships, read once for all tests of a process: reading takes a good part of a second."""

from functools import cache
from pathlib import Path

from bot.decide.reference import Reference
from bot.decide.traits import TRAITS
from bot.explain.words import Words, load_words
from bot.language.danger import Dangers, load_dangers
from bot.language.harm import Harms, load_harms
from bot.language.link_weights import load_weights
from bot.language.packs import Packs, load_packs
from bot.write.persona import Persona, load_personas

PERSONAS = Path(__file__).parents[2] / "personas"


@cache
def shipped_words() -> Words:
    return load_words()


@cache
def shipped_packs() -> Packs:
    return load_packs()


@cache
def shipped_harms() -> Harms:
    return load_harms()


@cache
def shipped_dangers() -> Dangers:
    return load_dangers()


@cache
def personas() -> dict[str, Persona]:
    return load_personas(PERSONAS)


@cache
def reference() -> Reference:
    return Reference(shipped_packs(), load_weights(TRAITS), shipped_dangers())
