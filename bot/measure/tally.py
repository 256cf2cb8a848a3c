"""The sums of a replay by room: how much was said, why it stayed silent, its share of voice, its cost."""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.decide.voice import VOICE_WINDOW
from bot.measure.replay import Considered
from bot.measure.series import Series
from bot.types import Message, Room


@dataclass(slots=True)
class RoomTally:
    """The sums of one room. `others` counts the messages that are not ours, `watched` the replies that were withheld
    because we only watch the room; the other sums count these as said. `window` says which of the last messages were
    ours and unprompted."""

    where: Room
    others: int = 0
    spoken: int = 0
    watched: int = 0
    asked: int = 0
    usd: float = 0.0
    loudest: float = 0.0
    begin: datetime | None = None
    end: datetime | None = None
    silences: Counter[str] = field(default_factory=Counter)
    window: deque[bool] = field(default_factory=lambda: deque(maxlen=VOICE_WINDOW))
    window_ours: int = 0
    over_time: Series = field(default_factory=Series)
    voice: Series = field(default_factory=lambda: Series(combine=max))

    @property
    def room(self) -> str:
        return self.where.id

    @property
    def name(self) -> str:
        return self.where.name or self.where.id

    @property
    def replies(self) -> int:
        """Replies said, or withheld in a watched room."""
        return self.spoken + self.watched

    @property
    def share_of_voice(self) -> float:
        everything = self.replies + self.others
        return round(self.replies / everything, 4) if everything else 0.0

    def slide(self, ours: bool) -> None:
        window = self.window
        if len(window) == VOICE_WINDOW:
            self.window_ours -= window[0]
        window.append(ours)
        self.window_ours += ours


class Tally:
    """Counts messages and turns. Call `hear` with each message after the replay, and `ended` with each turn. `charted`:
    also collects what charts show over time."""

    def __init__(self, *, charted: bool = False):
        self.rooms: dict[str, RoomTally] = {}
        self.messages = self.considered = self.spoken = self.watched = 0
        self.usd = 0.0
        self._charted = charted

    def hear(self, message: Message) -> None:
        self.messages += 1
        room = self._room(message.thread.room)
        if room.begin is None:
            room.begin = message.at
        room.end = message.at
        if message.author.is_self:
            return  # counted as a reply when its turn ends
        room.others += 1
        if self._charted:
            room.over_time.add(message.at.timestamp(), "others")
        room.slide(False)

    def ended(self, considered: Considered) -> None:
        self.considered += 1
        turn = considered.turn
        room = self._room(turn.thread.room)
        if considered.trigger is None:
            room.silences[considered.reason] += 1
            return
        watched = not considered.spoke
        self.spoken += not watched
        self.watched += watched
        room.spoken += not watched
        room.watched += watched
        self.usd += turn.usage.cost_usd
        room.asked += turn.addressed
        room.usd += turn.usage.cost_usd
        room.slide(not turn.addressed)
        self._chart(room, considered)

    def judged(self, room: str, moment: float, kind: str) -> None:
        """Counts what became of a reply of ours, which was unjudged until now."""
        over_time = self.rooms[room].over_time
        over_time.add(moment, "unjudged", -1)
        over_time.add(moment, kind)

    def summary(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "considered": self.considered,
            "spoken": self.spoken,
            "watched": self.watched,
            "share_of_voice": {room: tally.share_of_voice for room, tally in self.rooms.items()},
            "estimated_cost_usd": round(self.usd, 6),
        }

    def _room(self, room: Room) -> RoomTally:
        found = self.rooms.get(room.id)
        if found is None:
            found = self.rooms[room.id] = RoomTally(room)
        return found

    def _chart(self, room: RoomTally, considered: Considered) -> None:
        share = room.window_ours / len(room.window)
        room.loudest = max(room.loudest, share)
        if self._charted:
            moment = considered.at.timestamp()
            room.over_time.add(moment, "asked" if considered.turn.addressed else "unjudged")
            room.voice.add(moment, "share", share)
