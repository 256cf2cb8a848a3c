"""The choices of managers and the history of their changes. Who chose is kept apart from what was chosen, so that this
can be forgotten alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Table, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.config.choices import MUTE, Chosen, Scope
from bot.remember.columns import EPOCH, MICROSECOND
from bot.remember.reader import Question
from bot.remember.schema import HAS_CHOOSER, choice_changes, choices
from bot.remember.transaction import Transaction

Standing = Mapping[str, tuple[Chosen, ...]]
"""What stands under some keys of one scope: of each at most one that lasts, and one that ends by itself."""


class ChoiceChange(NamedTuple):
    """One change, by one member at one time. `after` may be over by now. The choices in it name nobody."""

    number: int
    scope: Scope
    by: str
    at: datetime
    before: Standing
    after: Standing
    undoes: int | None = None
    undone_by: int | None = None


def layered(before: Sequence[Chosen], new: Chosen) -> tuple[Chosen, ...]:
    """What stands once `new` is chosen. What ends by itself covers what lasts; a mute replaces every mute before it, or
    "for an hour" would not end after an hour."""
    if new.until is None or new.key == MUTE:
        return (new,)
    lasting = [one for one in before if one.until is None]
    return *lasting, new


# --- questions -----------------------------------------------------------------------------------


def all_choices() -> Question[tuple[Chosen, ...]]:
    return _chosen(choices.c.key != "")


def standing(scope: Scope, now: datetime) -> Question[Standing]:
    """What is chosen in a scope and not over."""
    ask = _chosen(_at(choices, scope), or_(choices.c.until.is_(None), choices.c.until > now))

    async def question(connection: AsyncConnection) -> Standing:
        found: dict[str, tuple[Chosen, ...]] = {}
        for one in await ask(connection):
            found[one.key] = (*found.get(one.key, ()), one)
        return found

    return question


def _chosen(*conditions: ColumnElement[bool]) -> Question[tuple[Chosen, ...]]:
    columns = choices.c
    ordered = select(choices).where(*conditions).order_by(
        columns.platform, columns.community, columns.room, columns.key, columns.lasts.desc()
    )  # fmt: skip

    async def question(connection: AsyncConnection) -> tuple[Chosen, ...]:
        return tuple(_chosen_of(row) for row in await connection.execute(ordered))

    return question


def _chosen_of(row: Row[Any]) -> Chosen:
    scope = Scope(row.platform, row.community, row.room)
    return Chosen(scope, row.key, row.value, row.by, row.at, row.until, row.change)


def changes(scopes: Iterable[Scope], last: int) -> Question[list[ChoiceChange]]:
    """The last changes in these scopes, newest first."""
    return _changes(or_(*(_at(choice_changes, scope) for scope in scopes)), last=last)


def changes_by(member: str, scopes: Iterable[Scope], last: int) -> Question[list[ChoiceChange]]:
    """A member's last changes in these scopes that are neither undone nor undo another one, newest first."""
    here = or_(*(_at(choice_changes, scope) for scope in scopes))
    is_own = (choice_changes.c.by == member) & (choice_changes.c.by != "")
    return _changes(here, is_own, choice_changes.c.undoes.is_(None), choice_changes.c.undone_by.is_(None), last=last)


def _changes(*conditions: ColumnElement[bool], last: int) -> Question[list[ChoiceChange]]:
    newest = select(choice_changes).where(*conditions).order_by(choice_changes.c.seq.desc()).limit(last)

    async def question(connection: AsyncConnection) -> list[ChoiceChange]:
        return [_change_of(row) for row in await connection.execute(newest)]

    return question


def _change_of(row: Row[Any]) -> ChoiceChange:
    scope = Scope(row.platform, row.community, row.room)

    def read(kept: Mapping[str, list[dict[str, Any]]]) -> Standing:
        return {key: tuple(_read(scope, key, one, row.seq) for one in some) for key, some in kept.items()}

    return ChoiceChange(row.seq, scope, row.by, row.at, read(row.before), read(row.after), row.undoes, row.undone_by)


def who_made(numbers: Iterable[int]) -> Question[dict[int, str]]:
    """The members who made these changes, by their numbers, as far as that is not forgotten."""
    wanted = select(choice_changes.c.seq, choice_changes.c.by).where(choice_changes.c.seq.in_(list(numbers)))

    async def question(connection: AsyncConnection) -> dict[int, str]:
        return {row.seq: row.by for row in await connection.execute(wanted) if row.by}

    return question


# --- changes, inside a transaction ---------------------------------------------------------------


async def write_change(
    tx: Transaction, scope: Scope, before: Standing, after: Standing, by: str, at: datetime, undoes: int | None = None
) -> ChoiceChange:
    """Puts `after` in place of `before` (both have the same keys) and keeps the change. Choices in `after` whose number
    is 0 get the number of this change."""
    values = {**scope._asdict(), "by": by, "at": at, "before": _kept(before), "after": _kept(after), "undoes": undoes}
    stored = await tx.run(insert(choice_changes).values(values).returning(choice_changes.c.seq))
    number = int(stored.scalar_one())
    await tx.run(delete(choices).where(_at(choices, scope), choices.c.key.in_(list(after))))
    now = {key: tuple(replace(one, change=one.change or number) for one in some) for key, some in after.items()}
    rows = [_row(one) for some in now.values() for one in some]
    if rows:
        await tx.run(insert(choices), rows)
    if undoes is not None:
        await tx.run(update(choice_changes).where(choice_changes.c.seq == undoes).values(undone_by=number))
    return ChoiceChange(number, scope, by, at, before, now, undoes)


async def drop_over(tx: Transaction, now: datetime) -> int:
    """Removes the choices that are over. Returns their number."""
    return (await tx.run(delete(choices).where(choices.c.until <= now))).rowcount


async def forget_choosers(tx: Transaction, before: datetime) -> None:
    """Removes the changes from before then, and who chose what is still in force from then."""
    gone = await tx.run(delete(choice_changes).where(choice_changes.c.at < before))
    lost = await tx.run(update(choices).where(choices.c.at < before, HAS_CHOOSER).values(by=""))
    tx.erased |= gone.rowcount > 0 or lost.rowcount > 0


def _at(table: Table, scope: Scope) -> ColumnElement[bool]:
    return (table.c.platform == scope.platform) & (table.c.community == scope.community) & (table.c.room == scope.room)


def _row(one: Chosen) -> dict[str, Any]:
    lasts = one.until is None
    kept = {"key": one.key, "lasts": lasts, "value": one.value, "by": one.by, "at": one.at, "until": one.until}
    return {**one.scope._asdict(), **kept, "change": one.change}


def _kept(some: Standing) -> dict[str, list[dict[str, Any]]]:
    return {key: [_written(one) for one in each] for key, each in some.items()}


def _written(one: Chosen) -> dict[str, Any]:
    until = None if one.until is None else (one.until - EPOCH) // MICROSECOND
    return {"value": one.value, "at": (one.at - EPOCH) // MICROSECOND, "until": until, "change": one.change}


def _read(scope: Scope, key: str, kept: Mapping[str, Any], number: int) -> Chosen:
    at, until = EPOCH + kept["at"] * MICROSECOND, kept["until"]
    ends = None if until is None else EPOCH + until * MICROSECOND
    return Chosen(scope, key, kept["value"], "", at, ends, kept["change"] or number)
