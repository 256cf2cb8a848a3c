"""When somebody we talk with is told who we are, and how to see and delete what we keep. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.types import record

TOLD_AGAIN = timedelta(days=30)  # by then nobody remembers
TOLD_IN_TALK = timedelta(hours=3)  # of continued talk: the interval of California's SB 243 for companions
TALK_PAUSE = timedelta(hours=1)  # between two answers of ours; after a longer one it is another talk


@record
class Contact:
    """What is known of our talks with a member of a community: when they were told last, and by which turn; when the
    present talk began; when we spoke to them last."""

    told: datetime
    by: str
    since: datetime
    last: datetime


def after_speaking(before: Contact | None, turn: str, now: datetime) -> Contact:
    """The contact after the turn speaks to the member. It tells them if it is `by` that turn, however often it is
    tried."""
    if before is None or now - before.told >= TOLD_AGAIN:
        return Contact(now, turn, now, now)
    if before.by == turn:
        return before
    since = before.since if now - before.last <= TALK_PAUSE else now
    if now - max(before.told, since) >= TOLD_IN_TALK:
        return Contact(now, turn, since, now)
    return replace(before, since=since, last=now)
