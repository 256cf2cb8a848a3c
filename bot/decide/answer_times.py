"""How long people take to answer: of the posts unanswered after a time, the share that a person still answers.

A life table (Kaplan and Meier 1958, in steps): posts whose answer may still come count for as long as they were
watched, and no longer. To its own posts a room adds some as its community would answer them, and a community some as a
stated prior says. So a new room begins with what is known elsewhere, and soon goes its own way.
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

STEPS = 60  # of a day, each a fifth longer than the last: finer than 200 posts can tell
POSTS = 200  # the last so many: recalibrated on these, every community measured stayed within 2 points of its risk
FROM_COMMUNITY, FROM_PRIOR = 30.0, 6.0  # posts that are added from the wider circle
# Of all posts 45 % are never answered, and half of the answers come within 5 minutes; with this spread (of log time) a
# tenth come later than 2 hours. Between busy chat (1 minute) and Slack (6 to 16 minutes), and wide enough for both.
NEVER, MEDIAN, SPREAD = 0.45, 300.0, 2.5

RATIO = DAY ** (1.0 / (STEPS - 1))
EDGES: tuple[float, ...] = tuple(RATIO**step for step in range(STEPS))  # seconds at which the steps end
BEGINS = (0.0, *EDGES)

Worked = Callable[[Iterable[float], float], list[float]]
"""For how many seconds people have worked from each of some times until another."""

Curve = Sequence[float]
"""Of so many posts: how many are unanswered at the beginning of each step, and at the end of the last."""

STATED_STEP = bisect_right(EDGES, MEDIAN)
PACE_FROM_PRIOR = 10.0  # answers that the prior's pace counts for


@lru_cache  # the steps that a pace may be away
def _stated(shift: int, posts: float) -> Curve:
    """The prior, of so many posts, with its answers so many steps later."""
    left = [
        1.0 - (1.0 - NEVER) * _normal(math.log(RATIO**step / MEDIAN) / SPREAD)
        for step in range(-1 - shift, STEPS - shift)
    ]
    return tuple(posts * still / left[0] for still in left)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@dataclass(slots=True)
class AskedPost:
    """A post: when it was asked, in which room, and how long people worked on it until one answered; seconds."""

    at: float
    room: str
    waited: float | None = None


class AnswerTimes:
    """Of the last posts of one place: a room, or a community. A community's rooms come and go: where nothing was said
    for a day, and for longer than anything waits there, posts count as watched until the last word (`hear`)."""

    def __init__(self) -> None:
        self._posts: OrderedDict[str, AskedPost] = OrderedDict()
        self._waiting: dict[str, dict[str, float]] = {}  # when each post without an answer was asked, by room
        self._last: dict[str, float] = {}  # when something was said last, by room
        self._silent: dict[str, list[float]] = {}  # what was counted of a room that has fallen silent
        self._answers = [0] * (STEPS + 1)
        self._answered = self._steps = 0  # how many answers there are, and in which steps, added up

    def __len__(self) -> int:
        return len(self._posts)

    @property
    def since(self) -> float | None:
        """When the first of the posts was asked, in seconds."""
        return next((post.at for post in self._posts.values()), None)

    def hear(self, room: str, at: float) -> None:
        """Something was said in a room."""
        self._last[room] = at
        if self._silent:
            self._silent.pop(room, None)

    def ask(self, post_id: str, at: float, room: str = "") -> None:
        if post_id in self._posts:
            return
        self._posts[post_id] = AskedPost(at, room)
        self._waiting.setdefault(room, {})[post_id] = at
        if len(self._posts) > POSTS:
            self.forget(next(iter(self._posts)))

    def answer(self, post_id: str, waited: float) -> None:
        """The first answer to a post; whatever comes later than a day is none, also when it is read from the store."""
        post = self._posts.get(post_id)
        if (
            post is not None and post.waited is None and waited <= DAY
        ):  # whoever comes later than a day does not answer the post any more
            post.waited = waited
            self._count(waited, 1)
            self._wait_no_more(post_id, post.room)

    def forget(self, post_id: str) -> None:
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
        """The stated prior, at the pace at which answers come here: a community that answers within seconds is no
        forum. The steps are even in log time, so that another pace is the same curve some steps away."""
        step = (PACE_FROM_PRIOR * STATED_STEP + self._steps) / (PACE_FROM_PRIOR + self._answered)
        return _stated(round(step - STATED_STEP), posts)

    def curve(self, now: float, worked: Worked, wider: Curve, posts: float = 1.0) -> Curve:
        """Of so many `posts`, how many wait how long. Those of the `wider` circle are added to our own."""
        ended = self._answers.copy()  # in each step: answered, or watched no longer
        for waited in self._waited(now, worked):
            ended[bisect_right(EDGES, waited)] += 1
        # A column at a time, for it is worked out at each post: of those that are watched, and of those that are added,
        # how many wait at the beginning of each step, and how many of these still do at its end?
        watched = list(accumulate(ended, sub, initial=len(self._posts)))
        waiting = map(add, watched, wider)
        still = map(add, map(sub, watched, self._answers), islice(wider, 1, None))
        return list(accumulate(map(truediv, still, waiting), mul, initial=posts))

    def _waited(self, now: float, worked: Worked) -> list[float]:
        """How long the posts without an answer have waited, but for those that waited out their day."""
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
    """The shortest wait, in seconds, after which at most `risk` of the unanswered posts still get a person's answer."""
    enough = unanswered[-1] / (1.0 - risk)  # of so many, `risk` are still to be answered
    if enough >= unanswered[0]:
        return 0.0
    step = bisect_left(unanswered, -enough, key=neg)  # the first after which no more are left; never the beginning
    before, still = unanswered[step - 1], unanswered[step]
    return BEGINS[step - 1] + (BEGINS[step] - BEGINS[step - 1]) * (before - enough) / (before - still)


def still_answered(seconds: float, unanswered: Curve) -> float:
    """Of the posts unanswered after so many seconds: the share that a person still answers within a day."""
    step = min(bisect_right(EDGES, seconds), STEPS - 1)
    part = (min(seconds, EDGES[step]) - BEGINS[step]) / (EDGES[step] - BEGINS[step])
    here = unanswered[step] + part * (unanswered[step + 1] - unanswered[step])
    return 1.0 - unanswered[-1] / here
