"""Who made the choices that have decided a turn, by name: for managers, and only while that is kept."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.chosen import CHOSEN
from bot.remember.choices import who_made
from bot.remember.filters import living
from bot.remember.lookup import Lookup
from bot.remember.reader import Question
from bot.remember.schema import messages
from bot.remember.store import Store
from bot.types import Room


async def with_choosers(store: Store, found: Lookup) -> Lookup:
    """The lookup; the choices among its turn's facts name who made them (`by`). Raises StoreError."""
    turn = found.turn
    fact = turn.decision.facts.get(CHOSEN) if turn else None
    if turn is None or not isinstance(fact, dict):
        return found
    who = await store.ask(who_made(one.get("change", 0) for one in fact.values() if isinstance(one, dict)))
    names = await store.ask(names_in(turn.thread.room, set(who.values())))
    by = {number: names.get(member, member) for number, member in who.items()}
    named = {
        key: {**one, "by": by.get(one.get("change", 0), "")} if isinstance(one, dict) else one
        for key, one in fact.items()
    }
    decision = replace(turn.decision, facts={**turn.decision.facts, CHOSEN: named})
    return replace(found, turn=replace(turn, decision=decision))


def names_in(room: Room, members: Collection[str]) -> Question[dict[str, str]]:
    """The names that these members last had in a room, by their ids, as far as they have spoken there."""

    async def question(connection: AsyncConnection) -> dict[str, str]:
        found = {}
        for member in members:
            theirs = living(room).where(messages.c.author_id == member).order_by(messages.c.seq.desc()).limit(1)
            if row := (await connection.execute(theirs)).first():
                found[member] = row.author_name
        return found

    return question
