"""Has a person answered a post by now? Known where threads and reply links tell; inferred in a plain timeline.

The inference is a logistic regression over what was said since: how likely any of it answers the post (see `links.py`),
who was called by name, and what its author did next. Its weights are data beside those of the links.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from bot.decide.links import BRIEF, Links, Timeline
from bot.decide.message_facts import MessageFacts

Weights = Mapping[str, float]

FAINT = 0.01  # a message that belongs to a conversation with less than this likelihood is let go
# Where only two talk, what the other tells is taken for an answer: giving up too soon costs less than talking over
# people, and busy rooms, from which the weights were learnt, can't tell how that is.
BETWEEN_TWO = 0.5
SUREST = 0.98  # no inference is surer than this

BELIEFS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
BESTS = (0.1, 0.25, 0.5, 0.75)
OTHERS_STEPS = (1, 2, 4, 9, 21, 51)
OPENINGS = (0.2, 0.4, 0.6, 0.8)
BELIEF_OF = [[f"answered.custom{custom}.belief{level}" for level in range(len(BELIEFS) + 1)] for custom in range(3)]
BEST_OF = [f"answered.best{level}" for level in range(len(BESTS) + 1)]
OTHERS_OF = [f"answered.others{level}" for level in range(len(OTHERS_STEPS) + 1)]
OPENING_OF = [f"answered.opened{level}" for level in range(len(OPENINGS) + 1)]
CALLED_OF = [[f"answered.custom{custom}.called{count}" for count in range(3)] for custom in range(3)]
TALKS_OF = [[f"answered.custom{custom}.talks{count}" for count in range(3)] for custom in range(3)]
CROWD_OF = [f"answered.crowd{crowd}" for crowd in range(4)]


@dataclass(slots=True)
class Watch:
    """What was said since a post in a plain timeline. `belongs`: how likely each message is of its conversation."""

    author: str
    opens: float
    belongs: dict[int, float]
    unanswered: float = 1.0
    best: float = 0.0
    others: int = 0
    told: int = 0
    called: int = 0
    talks: int = 0
    asked_again: int = 0
    brief: int = 0
    went_on: int = 0

    @classmethod
    def over(cls, position: int, said: MessageFacts, links: Links) -> "Watch":
        return cls(said.author, links.opens, {position: 1.0})

    def hear(self, position: int, said: MessageFacts, links: Links) -> bool:
        """The next message of the timeline. Does it tell more than that time goes by?"""
        belongs, known = 0.0, self.belongs
        for at, likely in links.to:
            if at in known:
                belongs += likely * known[at]
        if belongs > FAINT:
            known[position] = belongs
        if said.author == self.author:
            self._hear_author(said)
            return True
        if not said.by_person:
            return False
        self.others += 1
        calls = self.author in said.calls
        self.called += calls
        self.told += calls or not (said.calls or said.asks)
        if belongs > FAINT:
            self.unanswered *= 1.0 - min(SUREST, belongs)
            self.best = max(self.best, belongs)
        return calls or belongs > FAINT

    def _hear_author(self, said: MessageFacts) -> None:
        if said.calls:
            self.talks += 1
        elif said.asks:
            self.asked_again += 1
        elif said.length <= BRIEF:
            self.brief += 1
        else:
            self.went_on += 1

    @property
    def is_plain(self) -> bool:
        """It opens a conversation, and nobody else has written since: nothing is to be inferred."""
        return not self.others and self.opens >= OPENINGS[-1]

    def traits(self, timeline: Timeline) -> list[str]:
        custom = timeline.custom()
        found = [
            "answered",
            BELIEF_OF[custom][bisect_right(BELIEFS, 1.0 - self.unanswered)],
            BEST_OF[bisect_right(BESTS, self.best)],
            OTHERS_OF[bisect_right(OTHERS_STEPS, self.others)],
            OPENING_OF[bisect_right(OPENINGS, self.opens)],
            CALLED_OF[custom][min(2, self.called)],
            TALKS_OF[custom][min(2, self.talks)],
            CROWD_OF[timeline.crowd()],
        ]
        found += ["answered.asked_again"] if self.asked_again else []
        found += ["answered.brief"] if self.brief else []
        found += ["answered.went_on"] if self.went_on else []
        return found


def likelihood(watch: Watch, timeline: Timeline, weights: Weights) -> float:
    """How likely a person has answered, 0 to 1."""
    if watch.is_plain:
        return 0.0
    score = sum(map(weights.__getitem__, watch.traits(timeline)))
    inferred = 1.0 / (1.0 + math.exp(-score))
    return max(inferred, BETWEEN_TWO) if watch.told and timeline.talking <= 2 else inferred
