"""Whom we have told who we are, and when, with a keyed hash in place of each member."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.contact import Contact, after_speaking
from bot.remember import sqlite
from bot.remember.reader import Question
from bot.remember.schema import contacts
from bot.remember.transaction import Transaction
from bot.remember.wishes import Wishes
from bot.types import Turn

_contact = sqlite.insert(contacts)
PUT_CONTACT = _contact.on_conflict_do_update(
    index_elements=["platform", "community", "member"],
    set_={key: _contact.excluded[key] for key in ("told", "by", "since", "last")},
)


def contact_token(wishes: Wishes, platform: str, member: str) -> str:
    return wishes.token(f"contact on {platform}", member)


async def spoken_to(tx: Transaction, wishes: Wishes, turn: Turn, now: datetime) -> bool:
    """Notes that the turn speaks to its member; whether it tells them who we are."""
    room = turn.thread.room
    place = {"platform": room.platform, "community": room.community}
    token = contact_token(wishes, room.platform, turn.member)
    here = [contacts.c[key] == value for key, value in place.items()]
    known = select(contacts).where(*here, contacts.c.member == token)
    row = (await tx.run(known)).one_or_none()
    before = Contact(row.told, row.by, row.since, row.last) if row else None
    new = after_speaking(before, turn.id, now)
    values = {"told": new.told, "by": new.by, "since": new.since, "last": new.last}
    await tx.run(PUT_CONTACT, [{**place, "member": token, **values}])
    return new.by == turn.id


def contacts_of(wishes: Wishes, platform: str, member: str) -> ColumnElement[bool]:
    return (contacts.c.platform == platform) & (contacts.c.member == contact_token(wishes, platform, member))


def counted_contacts(wishes: Wishes, platform: str, member: str) -> Question[int]:
    query = select(func.count()).select_from(contacts).where(contacts_of(wishes, platform, member))

    async def question(connection: AsyncConnection) -> int:
        return int((await connection.execute(query)).scalar() or 0)

    return question


def exported_contacts(wishes: Wishes, platform: str, member: str) -> Question[list[dict[str, Any]]]:
    """As `bot.remember.person.exported`."""
    query = select(contacts.c.community, contacts.c.told, contacts.c.last).where(contacts_of(wishes, platform, member))

    async def question(connection: AsyncConnection) -> list[dict[str, Any]]:
        rows = [
            {"community": row.community, "told": row.told.isoformat(), "last": row.last.isoformat()}
            for row in await connection.execute(query)
        ]
        return [{"table": "contacts", "what": "contacts", "rows": rows}] if rows else []

    return question


def delete_contacts(wishes: Wishes, platform: str, member: str) -> Executable:
    return delete(contacts).where(contacts_of(wishes, platform, member))


def forgotten_contacts(before: datetime) -> Executable:
    """Removes those who were told before then, and whom we have not spoken to since: they are told again anyway."""
    return delete(contacts).where(contacts.c.told < before, contacts.c.last < before)
