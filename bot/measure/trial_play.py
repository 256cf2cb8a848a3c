"""One step of the dial: the whole history, replayed at one displacement risk, and what became of each reply."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median

from bot.config.settings import Settings
from bot.decide.reference import Reference
from bot.measure.followed import FollowedReplies, SpokenReply
from bot.measure.price import Pricing
from bot.measure.replay import Considered, Replay
from bot.measure.sampled_price import SampledPricing
from bot.measure.trial_results import Became
from bot.measure.trial_rules import TrialRules
from bot.types import Message, Room
from bot.write.persona import Persona

EVERY_MESSAGES = 512  # between two reports of progress

Report = Callable[[float, int], None]
"""Takes how much is done, 0 to 1, and the number of messages so far."""


class RiskRun:
    """Plays the history at one risk. `replies` and `silences` are complete after `play`."""

    def __init__(
        self, risk: float, rules: TrialRules, priced: Settings, personas: Mapping[str, Persona], reference: Reference
    ):
        self.risk = risk
        self.silences: Counter[str] = Counter()
        pricing = SampledPricing(Pricing(priced, personas))
        self._arguments = (priced, personas, reference, self._ended)
        self._new = partial(Replay, *self._arguments, rule_of=lambda room: rules.rule(room, risk), pricing=pricing)

    def play(self, history: Sequence[Message], report: Report, also: "Listener | None" = None) -> None:
        """Replays the messages in order. `also` hears each message after the replay."""
        records_us = any(message.author.is_self for message in history)
        self._replay = self._new(records_us=records_us)
        self._followed = FollowedReplies(self._replay)
        for number, message in enumerate(history, 1):
            self._followed.expire(message)
            self._replay.hear(message)
            self._followed.hear(message)
            if also is not None:
                also(message, self._replay, self._followed)
            if number % EVERY_MESSAGES == 0:
                report(number / len(history), number)
        self._replay.finish()
        self._followed.finish()

    @property
    def replies(self) -> list[SpokenReply]:
        return self._followed.replies

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
        self._followed.spoke(considered)


Listener = Callable[[Message, Replay, FollowedReplies], None]


def counts(replies: Sequence[SpokenReply]) -> Counter[Became]:
    return Counter(reply.became for reply in replies)


def by_room(history: Sequence[Message]) -> Iterator[tuple[Room, list[Message]]]:
    """The rooms, the largest first, with their messages in order."""
    rooms: dict[Room, list[Message]] = defaultdict(list)
    for message in history:
        rooms[message.thread.room].append(message)
    yield from sorted(rooms.items(), key=lambda item: (-len(item[1]), item[0].id))
