"""The rooms in which we have pointed at somebody's message lately: only there a message may be glad of it."""

from datetime import datetime, timedelta

from bot.types import Room, State, Turn

GLAD_WITHIN = timedelta(days=1)  # from our reply: later, nobody sees what the emoji is for
POINTED_ROOMS_KEPT = 2000  # as many as have floors in memory


class PointedRooms:
    """Rebuilt at the start from the turns of the last day, so that most messages need no look into the store."""

    def __init__(self) -> None:
        self._last: dict[Room, datetime] = {}

    def look(self, turn: Turn) -> None:
        """Call this when a turn was sent, and at the start for each that was."""
        if turn.state is not State.SENT or not turn.points_at or turn.tried is None:
            return
        room = turn.thread.room
        self._last[room] = max(turn.tried, self._last.get(room, turn.tried))
        if len(self._last) > POINTED_ROOMS_KEPT:
            self._last = {each: at for each, at in self._last.items() if at > turn.tried - GLAD_WITHIN}

    def last(self, room: Room, now: datetime) -> datetime | None:
        """When we have last pointed in the room; None if that was not within GLAD_WITHIN."""
        last = self._last.get(room)
        return last if last is not None and now - last <= GLAD_WITHIN else None
