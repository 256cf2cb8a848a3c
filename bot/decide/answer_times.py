"""How long people take to answer: of the posts unanswered after a time, the share that a person still answers.

This is a life table (Kaplan and Meier 1958, in steps): a post that may still get its answer counts for as long as it
was watched, and no longer. A room adds to its own posts some with its community's answer times, and a community some
from a fixed prior. So a new room starts from what is known elsewhere and soon relies on its own posts.
"""

import math
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, islice
from operator import add, mul, neg, sub, truediv

from bot.decide.times import DAY

STEPS = 60  # steps in a day, each a fifth longer than the one before: finer than 200 posts can resolve
# only the latest posts count: recalibrated on these, every community measured stayed within 2 points of its risk
POSTS = 200
FROM_COMMUNITY, FROM_PRIOR = 30.0, 6.0  # weight, in posts, of the wider circle
# The prior: 45 % of posts are never answered, and half of the answers come within 5 minutes (MEDIAN, in seconds). With
# this SPREAD (of log time) a tenth come after more than 2 hours. That lies between busy chat (1 minute) and Slack (6 to
# 16 minutes), and is wide enough for both.
NEVER, MEDIAN, SPREAD = 0.45, 300.0, 2.5

RATIO = DAY ** (1.0 / (STEPS - 1))
EDGES: tuple[float, ...] = tuple(RATIO**step for step in range(STEPS))  # the end of each step, in seconds
BEGINS = (0.0, *EDGES)

Worked = Callable[[Iterable[float], float], list[float]]
"""Worked seconds from each of some times until another time."""

Curve = Sequence[float]
"""How many of a number of posts are unanswered at the beginning of each step, and at the end of the last step."""

STATED_STEP = bisect_right(EDGES, MEDIAN)
PACE_FROM_PRIOR = 10.0  # weight, in answers, of the prior's pace


@lru_cache  # one entry per shift in steps
def _stated(shift: int, posts: float) -> Curve:
    """The prior curve for `posts` posts, with its answers `shift` steps later."""
    left = [
        1.0 - (1.0 - NEVER) * _normal(math.log(RATIO**step / MEDIAN) / SPREAD)
        for step in range(-1 - shift, STEPS - shift)
    ]
    return tuple(posts * still / left[0] for still in left)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@dataclass(slots=True)
class AskedPost:
    """A post: when it was asked (seconds), in which room, and the worked seconds until a person answered (None: not
    yet)."""

    at: float
    room: str
    waited: float | None = None


class AnswerTimes:
    """Answer times of the latest posts of one place, a room or a community.

    Rooms of a community come and go: where a room has been silent for a day, and for longer than anything waits there,
    its posts count as watched only until its last message (`hear`).
    """

    def __init__(self) -> None:
        self._posts: OrderedDict[str, AskedPost] = OrderedDict()
        self._waiting: dict[str, dict[str, float]] = {}  # when each unanswered post was asked, by room
        self._last: dict[str, float] = {}  # time of the last message, by room
        self._silent: dict[str, list[float]] = {}  # waiting times of rooms that have fallen silent
        self._answers = [0] * (STEPS + 1)
        self._answered = self._steps = 0  # number of answers, and the sum of their steps

    def __len__(self) -> int:
        return len(self._posts)

    @property
    def since(self) -> float | None:
        """When the oldest of the posts was asked, in seconds; None without posts."""
        return next((post.at for post in self._posts.values()), None)

    def become(self, other: "AnswerTimes") -> None:
        """Takes over what `other` knows, which is not used any more: whoever holds this object goes on with it."""
        vars(self).update(vars(other))

    def hear(self, room: str, at: float) -> None:
        """Notes the time of a message in a room."""
        self._last[room] = at
        if self._silent:
            self._silent.pop(room, None)

    def ask(self, post_id: str, at: float, room: str = "") -> None:
        """Adds a post; a known id changes nothing. Beyond POSTS the oldest is dropped."""
        if post_id in self._posts:
            return
        self._posts[post_id] = AskedPost(at, room)
        self._waiting.setdefault(room, {})[post_id] = at
        if len(self._posts) > POSTS:
            self.forget(next(iter(self._posts)))

    def answer(self, post_id: str, waited: float) -> None:
        """Records the first answer to a post, `waited` worked seconds after it. Later than a day it is no answer, even
        when it was read from the store."""
        post = self._posts.get(post_id)
        if post is not None and post.waited is None and waited <= DAY:
            post.waited = waited
            self._count(waited, 1)
            self._wait_no_more(post_id, post.room)

    def forget(self, post_id: str) -> None:
        """Removes a post and its answer from the counts."""
        post = self._posts.pop(post_id, None)
        if post is None:
            return
        if post.waited is None:
            self._wait_no_more(post_id, post.room)
        else:
            self._count(post.waited, -1)

    def _count(self, waited: float, sign: int) -> None:
        step = bisect_right(EDGES, waited)
        self._answers[step] += sign
        self._answered += sign
        self._steps += sign * step

    def _wait_no_more(self, post_id: str, room: str) -> None:
        waiting = self._waiting[room]
        del waiting[post_id]
        if not waiting:
            del self._waiting[room]
        self._silent.pop(room, None)

    def prior(self, posts: float) -> Curve:
        """The fixed prior shifted to the pace at which answers come here: a community that answers within seconds is
        not like a forum. The steps are even in log time, so another pace is the same curve shifted by some steps."""
        step = (PACE_FROM_PRIOR * STATED_STEP + self._steps) / (PACE_FROM_PRIOR + self._answered)
        return _stated(round(step - STATED_STEP), posts)

    def curve(self, now: float, worked: Worked, wider: Curve, posts: float = 1.0) -> Curve:
        """The curve of our own posts together with the `wider` one, scaled to `posts` posts."""
        ended = self._answers.copy()  # in each step: answered, or no longer watched
        for waited in self._waited(now, worked):
            ended[bisect_right(EDGES, waited)] += 1
        # Computed in columns because every post needs it: how many of the watched posts, and how many of the added
        # ones, are waiting at the beginning of each step, and how many of these still wait at its end?
        watched = list(accumulate(ended, sub, initial=len(self._posts)))
        waiting = map(add, watched, wider)
        still = map(add, map(sub, watched, self._answers), islice(wider, 1, None))
        return list(accumulate(map(truediv, still, waiting), mul, initial=posts))

    def _waited(self, now: float, worked: Worked) -> list[float]:
        """How long each unanswered post has waited; posts older than a day are left out."""
        yesterday, waited = now - DAY, []
        for room, waiting in self._waiting.items():
            last = self._last.get(room, now)
            if now - last <= max(DAY, last - next(iter(waiting.values()))):
                waited += worked([at for at in waiting.values() if at >= yesterday], now)
                continue
            if room not in self._silent:
                self._silent[room] = [max(0.0, last - at) for at in waiting.values()]
            waited += self._silent[room]
        return waited


def hold_for(risk: float, unanswered: Curve) -> float:
    """The shortest wait, in worked seconds, after which at most `risk` (0 to 1) of the unanswered posts still get an
    answer from a person."""
    enough = unanswered[-1] / (1.0 - risk)  # of this many posts the share `risk` is still to be answered
    if enough >= unanswered[0]:
        return 0.0
    step = bisect_left(unanswered, -enough, key=neg)  # the first step that ends with no more than that; never 0
    before, still = unanswered[step - 1], unanswered[step]
    return BEGINS[step - 1] + (BEGINS[step] - BEGINS[step - 1]) * (before - enough) / (before - still)


def still_answered(seconds: float, unanswered: Curve) -> float:
    """Of the posts unanswered after `seconds` worked seconds: the share that a person still answers within a day."""
    step = min(bisect_right(EDGES, seconds), STEPS - 1)
    part = (min(seconds, EDGES[step]) - BEGINS[step]) / (EDGES[step] - BEGINS[step])
    here = unanswered[step] + part * (unanswered[step + 1] - unanswered[step])
    return 1.0 - unanswered[-1] / here
