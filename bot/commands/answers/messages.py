"""Which message a command is about: the one that was named, or replied to, or else the last one that concerns the
asker."""

from bot.commands.desk import Desk
from bot.commands.request import Request
from bot.remember.lookup import Lookup, last_considered, lookup
from bot.types import Power


async def meant_message(desk: Desk, request: Request, *, ours: bool) -> Lookup:
    """The message; `ours`: one of Cameo's. Members may ask about their own messages and about Cameo's, in the room
    where they ask. Raises Declined and StoreError."""
    asked = request.asked
    named = request.text("message") or asked.message_id
    if named:
        found = await lookup(desk.store, asked.room.platform, named)
    else:
        member = "" if ours or request.power.covers(Power.MANAGER) else asked.author.id
        last = await desk.store.ask(last_considered(asked.room, member, sent=ours))
        found = await lookup(desk.store, asked.room.platform, last) if last else None
        if found is None and ours:
            raise request.declined("nothing_said")
    if found is None or not _is_here(found, request) or (ours and not found.is_ours):
        raise request.declined("no_message")
    if not (found.is_ours or _is_own(found, request) or request.power.covers(Power.MANAGER)):
        raise request.declined("not_yours")
    return found


def _is_here(found: Lookup, request: Request) -> bool:
    """Whether the message is in the asker's room, or, for managers of all of it, in the community."""
    place = found.turn.thread.room if found.turn else found.message.room if found.message else None
    here = request.asked.room
    if request.power is Power.OPERATOR or place is None or place == here:
        return place is not None
    same = (place.platform, place.community) == (here.platform, here.community)
    return same and request.community_power.covers(Power.MANAGER)


def _is_own(found: Lookup, request: Request) -> bool:
    return found.message is not None and found.message.author.id == request.asked.author.id
