"""One step of the dial: the whole history, replayed at one displacement risk, and what became of each reply.

Threads and reply links say who answered a post. In a plain timeline that is inferred, as when Cameo runs
(`bot/decide/answered.py`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import median

from bot.config.settings import Settings
from bot.decide.posts import Posts
from bot.decide.reference import Reference
from bot.measure.price import Pricing
from bot.measure.replay import Considered, Replay
from bot.measure.sampled_price import SampledPricing
from bot.measure.trial_results import Became
from bot.measure.trial_rules import TrialRules
from bot.types import Message, Room
from bot.write.persona import Persona

HORIZON = timedelta(hours=24)  # within which a person's message counts as an answer
FOLLOWED = 190  # messages of a plain timeline after which nobody can tell who answered: a few less than the floor keeps
# Likelihood from which a post counts as answered where that is inferred. On annotated chat as many posts count as were
# answered (50 of 351 instead of 57), though not always the same ones.
COUNTS_AS_ANSWERED = 0.25
LOOKED_EVERY = 16  # messages between two looks, because estimating takes long
EVERY_MESSAGES = 512  # between two reports of progress

Report = Callable[[float, int], None]
"""Takes how much is done, 0 to 1, and the number of messages so far."""


@dataclass(slots=True)
class PostFollowed:
    """A post whose answer is awaited. `heard` counts the messages of its room since. `answer`: the id of the message
    that answered it, "" if unknown which; None as long as nobody has. `is_over`: that is final."""

    post: Message
    heard: int = 0
    answer: str | None = None
    is_over: bool = False

    def look(self, posts: Posts | None) -> None:
        """Takes over what is known of the post by now."""
        found = posts.find(self.post.id) if posts else None
        if posts is None or found is None:
            self.is_over = True
        elif found.is_sure or (posts.likelihood(self.post.id) or 0.0) >= COUNTS_AS_ANSWERED:
            self.answer = found.answered_by
            self.is_over = found.is_sure
        else:
            self.answer = None


@dataclass(slots=True)
class SpokenReply:
    """A reply as it was played. `was_answered`: somebody had answered the post when it was said."""

    considered: Considered
    followed: PostFollowed
    was_answered: bool

    @property
    def post(self) -> Message:
        return self.followed.post

    @property
    def at(self) -> datetime:
        return self.considered.at

    @property
    def waited(self) -> float:
        """Seconds from the post to the reply."""
        return (self.at - self.post.heard).total_seconds()

    @property
    def became(self) -> Became:
        if self.considered.turn.addressed:
            return "asked"
        if self.was_answered:
            return "late"
        if self.followed.answer is not None:
            return "pre_empted"
        return "helped" if self.followed.is_over else "unknown"


class Followed:
    """The posts whose answers are awaited, by room."""

    def __init__(self, replay: Replay):
        self._replay = replay
        self._open: dict[Room, dict[str, PostFollowed]] = defaultdict(dict)

    def follow(self, post: Message) -> PostFollowed:
        return self._open[post.room].setdefault(post.id, PostFollowed(post))

    def hear(self, message: Message) -> None:
        """Looks which posts were answered; call it after the replay has heard the message."""
        open_here = self._open.get(message.thread.room)
        if not open_here:
            return
        posts = self._replay.posts(message.thread.room)
        for one in list(open_here.values()):
            one.heard += 1
            is_last = one.post.thread.root is None and one.heard >= FOLLOWED
            is_last |= message.at - one.post.at > HORIZON
            if is_last or one.heard % LOOKED_EVERY == 0:
                one.look(posts)
                one.is_over |= is_last
            if one.is_over:
                del open_here[one.post.id]

    def is_answered(self, post: Message) -> bool:
        """Whether somebody has answered the post by now."""
        one = PostFollowed(post)
        one.look(self._replay.posts(post.room))
        return one.answer is not None

    def finish(self) -> None:
        """Looks at all that are still awaited: the record ends before anybody can tell."""
        for room, open_here in self._open.items():
            for one in open_here.values():
                one.look(self._replay.posts(room))


class RiskRun:
    """Plays the history at one risk. `replies` and `silences` are complete after `play`."""

    def __init__(
        self, risk: float, rules: TrialRules, priced: Settings, personas: Mapping[str, Persona], reference: Reference
    ):
        self.risk = risk
        self.replies: list[SpokenReply] = []
        self.silences: Counter[str] = Counter()
        pricing = SampledPricing(Pricing(priced, personas))
        self._arguments = (priced, personas, reference, self._ended)
        self._new = partial(Replay, *self._arguments, rule_of=lambda room: rules.rule(room, risk), pricing=pricing)

    def play(self, history: Sequence[Message], report: Report, also: "Listener | None" = None) -> None:
        """Replays the messages in order. `also` hears each message after the replay."""
        records_us = any(message.author.is_self for message in history)
        self._replay = self._new(records_us=records_us)
        self._followed = Followed(self._replay)
        for number, message in enumerate(history, 1):
            self._replay.hear(message)
            self._followed.hear(message)
            if also is not None:
                also(message, self._replay, self._followed)
            if number % EVERY_MESSAGES == 0:
                report(number / len(history), number)
        self._replay.finish()
        self._followed.finish()

    @property
    def usd(self) -> float:
        return sum(reply.considered.turn.usage.cost_usd for reply in self.replies)

    @property
    def hold_minutes(self) -> float | None:
        """The median wait of uncalled replies."""
        waits = [reply.waited for reply in self.replies if not reply.considered.turn.addressed]
        return round(median(waits) / 60, 2) if waits else None

    def _ended(self, considered: Considered) -> None:
        if considered.trigger is None:
            self.silences[considered.reason] += 1
            return
        was_answered = self._followed.is_answered(considered.trigger)
        self.replies.append(SpokenReply(considered, self._followed.follow(considered.trigger), was_answered))


Listener = Callable[[Message, Replay, Followed], None]


def counts(replies: Sequence[SpokenReply]) -> Counter[Became]:
    return Counter(reply.became for reply in replies)


def by_room(history: Sequence[Message]) -> Iterator[tuple[Room, list[Message]]]:
    """The rooms, the largest first, with their messages in order."""
    rooms: dict[Room, list[Message]] = defaultdict(list)
    for message in history:
        rooms[message.thread.room].append(message)
    yield from sorted(rooms.items(), key=lambda item: (-len(item[1]), item[0].id))
