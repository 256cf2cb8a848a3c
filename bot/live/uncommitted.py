"""What a running transaction has changed in memory, to be undone if it fails."""

from dataclasses import dataclass, field

from bot.decide.spent import Spent
from bot.types import Room


@dataclass(slots=True)
class Uncommitted:
    """What the transaction of this number has changed in memory: the rooms, and each turn that was folded into the
    budget, in order, with its amount before."""

    number: int
    rooms: set[Room] = field(default_factory=set)
    spent: list[tuple[str, Spent | None]] = field(default_factory=list)
