"""How long people get to answer before we may speak."""

from datetime import datetime, timedelta

from bot.settings import RoomRule
from bot.types import Message

SETTLE = timedelta(seconds=2)  # a post often comes in two or three messages; bz-cogs' aiuser waits as long


def hold_until(message: Message, rule: RoomRule) -> datetime:
    """The earliest moment to speak unprompted about `message`, by our own clock: the platform's can be forged."""
    if rule.join == "every_post":
        return message.heard + SETTLE
    return message.heard + timedelta(minutes=60.0 if rule.hold_minutes is None else rule.hold_minutes)
