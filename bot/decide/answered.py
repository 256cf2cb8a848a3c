"""Has a person answered a post by now? Known from threads and reply links; inferred in a plain timeline.

The inference is a logistic regression over the messages since the post: how likely each of them answers it (see
`links.py`), who was called by name, and what its author did next. Its weights are stored with those of the links.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from bot.decide.links import BRIEF, Links, Timeline
from bot.decide.message_facts import MessageFacts

Weights = Mapping[str, float]

FAINT = 0.01  # a message less likely than this to belong to the post's conversation is ignored
# Where only two people talk, any statement of the other one counts as an answer with at least this likelihood: giving
# up too soon costs less than talking over people, and the busy rooms that the weights were learnt from can't show this
# case.
BETWEEN_TWO = 0.5
SUREST = 0.98  # upper bound of any inferred likelihood that a message answers

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
    """What was said since a post in a plain timeline.

    `belongs` holds, by position, how likely each message is part of the post's conversation; `statements` counts those
    of others that may be an answer: addressed to the author, or to nobody and no question.
    """

    author: str
    opens: float
    belongs: dict[int, float]
    unanswered: float = 1.0
    best: float = 0.0
    others: int = 0
    statements: int = 0
    called: int = 0
    talks: int = 0
    asked_again: int = 0
    brief: int = 0
    went_on: int = 0

    @classmethod
    def over(cls, position: int, said: MessageFacts, links: Links) -> "Watch":
        return cls(said.author, links.opens, {position: 1.0})

    def hear(self, position: int, said: MessageFacts, links: Links) -> bool:
        """Takes in the next message of the timeline. True if it may change the likelihood of an answer noticeably."""
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
        self.statements += calls or not (said.calls or said.asks)
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
        """The post opens a conversation and nobody else has written since: there is nothing to infer."""
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
    """How likely a person has answered the post, 0 to 1."""
    if watch.is_plain:
        return 0.0
    score = sum(map(weights.__getitem__, watch.traits(timeline)))
    inferred = 1.0 / (1.0 + math.exp(-score))
    return max(inferred, BETWEEN_TWO) if watch.statements and timeline.talking <= 2 else inferred
