"""Which of the candidates is chosen, and which messages only repeat a question. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.types import Message
from bot.write.pointing.likeness import Rarity
from bot.write.pointing.terms import terms

ABOUT_AS_GOOD = 0.2  # of score: an asker's thanks, or a wording that is exactly the same, makes about that much
TELLING = 0.7  # of the weight of the most telling word
_OF_A_STATE = re.compile(r"\b(?:still|any ?more|currently|right now)\b|还在|还开|还有.{0,20}[吗么]|还能", re.I)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that may answer. `score`: how well, 0 to 1. `question`: the id of the earlier question, or of the
    message itself if nobody asked for it."""

    message: Message
    score: float
    question: str


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The best first. Of the best answers to different questions that are nearly as good, the oldest: two accounts
    that ask, answer and thank each other do not push aside what another person has said before."""
    by_score = sorted(candidates, key=lambda one: -one.score)
    best_of = {one.question: one for one in reversed(by_score)}
    near = [one for one in best_of.values() if by_score[0].score - one.score <= ABOUT_AS_GOOD]
    return [*sorted(near, key=lambda one: one.message.at), *(one for one in by_score if one not in near)]


def repeats(asked: str, message: Message) -> bool:
    """Whether a message has the words of the question, and no others."""
    return terms(message.said).keys() == terms(asked).keys()


def is_outdated(asked: str, message: Message, said: Iterable[Message], rarity: Rarity) -> bool:
    """Whether what is asked may have changed since the message: somebody has said more about it later."""
    if not _OF_A_STATE.search(asked):
        return False
    shared = terms(asked).keys() & terms(message.said).keys()
    telling = {term for term in shared if rarity(term) >= TELLING * max(map(rarity, shared))}
    return any(one.at > message.at and telling & terms(one.said).keys() for one in said)
