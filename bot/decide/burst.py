"""Bursts: people send one thought in several messages."""

from datetime import datetime, timedelta

from bot.types import Message, record

BURST = timedelta(seconds=2)  # people send one thought in several messages; up to two seconds apart is one thought


@record
class Burst:
    """A message's place in its author's burst: it continues messages from at most `gap` before, and more may follow
    `until` then."""

    gap: timedelta
    until: datetime


def settles(message: Message) -> datetime:
    """Until when another message of the same burst may come."""
    return min(message.at, message.heard) + BURST
