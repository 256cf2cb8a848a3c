"""We were removed from a place, or have come back."""

from datetime import datetime

from bot.places import Room, record


@record
class Removal:
    """We were removed from a room, or from a whole community, whose "room" has the id ""; or (`back`) we are in it
    again. What is kept of a place is erased some days after a removal, unless we are back by then."""

    room: Room
    at: datetime
    back: bool = False
