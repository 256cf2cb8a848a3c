"""Prices of a sample of replies. Composing the prompt of every reply takes longer than all decisions of a replay."""

from collections.abc import Sequence
from datetime import datetime

from bot.config.room_rule import RoomRule
from bot.measure.price import Pricing
from bot.types import Message, Turn, Usage

FIRST_PRICED = 12  # replies, all of which are priced
THEN_EVERY = 60  # of later replies, one in so many is priced; on irc-train the sum is within 5 % of the whole


class SampledPricing:
    """Prices the first replies and then some; the others cost as much as those on average. Deterministic."""

    is_free = False

    def __init__(self, pricing: Pricing):
        self._pricing = pricing
        self._replies = self._priced = 0
        self._sum = Usage()

    def usage(
        self,
        turn: Turn,
        trigger: Message,
        recent: Sequence[Message],
        now: datetime,
        *,
        rule: RoomRule | None = None,
        used: float = 0.0,
    ) -> Usage:
        self._replies += 1
        if self._replies > FIRST_PRICED and self._replies % THEN_EVERY:
            return Usage(cost_usd=self._sum.cost_usd / self._priced)
        found = self._pricing.usage(turn, trigger, recent, now, rule=rule, used=used)
        self._priced, self._sum = self._priced + 1, self._sum + found
        return found
