"""Looks up a message by id, with the turn that it triggered or, for our own, the turn that sent it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.pseudonyms import id_of_turn
from bot.remember.filters import of_room
from bot.remember.reader import Question
from bot.remember.rows import message_of, turn_of
from bot.remember.schema import messages, turns
from bot.remember.store import Store
from bot.remember.thanks import thanked_with
from bot.types import Message, Room, Turn


@dataclass(frozen=True, slots=True)
class Lookup:
    """`message` has the id that was asked for; `trigger` is the turn's trigger, which is `message` unless that is ours.
    Either is None if it is no longer kept, or the turn no longer names its trigger."""

    id: str
    platform: str
    message: Message | None
    turn: Turn | None
    trigger: Message | None
    thanked: str = ""  # the emoji that Cameo has given the message, because it has helped somebody

    @property
    def is_ours(self) -> bool:
        if self.message is not None:
            return self.message.author.is_self
        turn = self.turn
        return turn is not None and turn.trigger != self.id and turn.id != id_of_turn(self.platform, self.id)


async def lookup(store: Store, platform: str, message_id: str) -> Lookup | None:
    """Looks up a message; None if nothing is known about the id. Raises StoreError."""
    message = await store.message(platform, message_id)
    turn = await store.turn(platform, message_id) or await _sent_as(store, platform, message_id)
    if turn is None and message and message.author.is_self and message.reply_to:
        turn = await store.turn(platform, message.reply_to)  # a further part of a long reply
    if turn is None and message is None:
        return None
    thanked = await store.ask(thanked_with(platform, message_id))
    found = Lookup(message_id, platform, message, turn, message, thanked)
    if turn is not None and found.is_ours:
        return replace(found, trigger=await store.message(platform, turn.trigger))
    return found


async def lookups(store: Store, platforms: Iterable[str], message_id: str) -> list[Lookup]:
    """Looks up a message id on each of the platforms, and returns what was found. Raises StoreError."""
    found = [await lookup(store, platform, message_id) for platform in platforms]
    return [one for one in found if one]


def are_ours(ids: Collection[tuple[str, str]]) -> Question[set[tuple[str, str]]]:
    """Which of these messages (platform, id) exist and are ours."""
    wanted = tuple_(messages.c.platform, messages.c.id).in_(ids)
    query = select(messages.c.platform, messages.c.id).where(wanted, messages.c.author_is_self, ~messages.c.deleted)

    async def question(connection: AsyncConnection) -> set[tuple[str, str]]:
        return {(row.platform, row.id) for row in await connection.execute(query)}

    return question


def message_with(platform: str, message_id: str) -> Question[Message | None]:
    """The message with this id; None if it is unknown or deleted."""
    known = (messages.c.platform == platform) & (messages.c.id == message_id) & messages.c.deleted.is_(False)

    async def question(connection: AsyncConnection) -> Message | None:
        row = (await connection.execute(select(messages).where(known))).first()
        return message_of(row) if row else None

    return question


def turn_with(turn_id: str) -> Question[Turn | None]:
    """The turn with this id."""

    async def question(connection: AsyncConnection) -> Turn | None:
        row = (await connection.execute(select(turns).where(turns.c.id == turn_id))).first()
        return turn_of(row) if row else None

    return question


def last_considered(room: Room, member: str, *, sent: bool) -> Question[str | None]:
    """The id of the newest message in a room that was considered, of one member or ("") of anybody; `sent`: of the
    newest that we have answered, our answer."""
    query = select(turns.c.trigger, turns.c.reply_id).where(of_room(room, turns))
    if member:
        query = query.where(turns.c.member == member)
    if sent:
        query = query.where(turns.c.reply_id.is_not(None))
    newest = query.order_by(turns.c.seq.desc()).limit(1)

    async def question(connection: AsyncConnection) -> str | None:
        row = (await connection.execute(newest)).first()
        return (row.reply_id if sent else row.trigger) if row else None

    return question


async def _sent_as(store: Store, platform: str, reply_id: str) -> Turn | None:
    query = select(turns).where(turns.c.platform == platform, turns.c.reply_id == reply_id)

    async def fetch(connection: AsyncConnection) -> Turn | None:
        row = (await connection.execute(query)).first()
        return turn_of(row) if row else None

    return await store.ask(fetch)
