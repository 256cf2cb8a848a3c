"""What stands in a turn for its message and its member, once they must be forgotten. Pure.

A turn's id is derived from its trigger, so that whoever has a message's id still finds its turn, and sending stays
idempotent. A member's mark serves the limits of the last hour, so that nobody gets more answers by deleting calls.
"""

import hashlib
import re
from dataclasses import replace

from bot.types import Turn

MARK = re.compile("~[0-9a-f]{16}")


def digest(*parts: str) -> str:
    """SHA-256 of the parts, as 64 hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def id_of_turn(platform: str, trigger: str) -> str:
    """The id of the one turn that a message can have; also the key that makes sending idempotent."""
    return digest(platform, trigger)[:20]


def mark_of(platform: str, member: str) -> str:
    """A member's one-way mark. The mark of a mark is itself, and nobody ("") has none."""
    return member if not member or is_mark(member) else f"~{digest(platform, 'member', member)[:16]}"


def is_mark(member: str) -> bool:
    return MARK.fullmatch(member) is not None


def without_person(turn: Turn) -> Turn:
    """The turn after its message was deleted or edited: no trigger, text or facts, nothing that it points at, and only
    a mark of the member."""
    return replace(loosened(turn), trigger=turn.id, text="", points_at="")


def loosened(turn: Turn) -> Turn:
    """A turn that is being sent when its message is edited or deleted: it keeps what sending needs until it ends."""
    member = mark_of(turn.thread.room.platform, turn.member)
    return replace(turn, member=member, decision=replace(turn.decision, facts={}))
