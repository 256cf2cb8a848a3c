"""Finds values that a damaged database may hold and Cameo can't read, though SQLite sees nothing wrong with them."""

import sqlite3
from collections.abc import Iterable

from sqlalchemy import Boolean, Column, Float, Integer, Table

from bot.remember.columns import PART_FIELDS, CleanText, Facts, Moment, PartList, PlainValue, Standings, WordList
from bot.remember.schema import metadata
from bot.types import Audience, PartKind, PastReaders, State, Verdict

FIRST_MOMENT, LAST_MOMENT = -62_135_596_800_000_000, 253_402_300_799_999_999  # the years 1 to 9999, in microseconds
CHOICES = {
    "turns.verdict": Verdict,
    "turns.state": State,
    "messages.audience": Audience,
    "messages.past_readers": PastReaders,
}


def unreadable(connection: sqlite3.Connection) -> str:
    """Where the first unreadable value is, in words; empty if there is none. Reads every row (0.5 s for 100,000
    messages and turns). Raises sqlite3.Error."""
    for table in metadata.sorted_tables:
        found = connection.execute(_query(table)).fetchone()
        if found:
            return f"table {table.name}, row {found[0]}, column {found[1]}"
    return ""


def _query(table: Table) -> str:
    cases = " ".join(f"WHEN NOT coalesce({_is_readable(column)}, 0) THEN '{column.name}'" for column in table.columns)
    rows = f"SELECT _rowid_ AS row, CASE {cases} END AS bad FROM {table.name}"  # noqa: S608
    return f"SELECT row, bad FROM ({rows}) WHERE bad != '' LIMIT 1"  # noqa: S608


def _is_readable(column: Column[object]) -> str:
    name = f'"{column.name}"'
    condition = _condition(column, name)
    return f"({name} IS NULL OR {condition})" if column.nullable else f"({condition})"


def _condition(column: Column[object], name: str) -> str:
    """The condition in SQL for a value of the column's type."""
    if choices := CHOICES.get(f"{column.table.name}.{column.name}"):
        return f"{name} IN ({_listed(choices)})"
    return next(condition for kind, condition in CONDITIONS if isinstance(column.type, kind)).format(name)


def _json(kind: str, empty: str, wrong: str) -> str:
    """JSON of a kind, none of whose elements is wrong. Tested in order: JSON functions fail on text that is no JSON."""
    return (
        f"CASE WHEN {{0}} = '{empty}' THEN 1 WHEN typeof({{0}}) != 'text' OR NOT json_valid({{0}}) THEN 0 "  # noqa: S608
        f"WHEN json_type({{0}}) != '{kind}' THEN 0 ELSE NOT EXISTS (SELECT 1 FROM json_each({{0}}) WHERE {wrong}) END"
    )


def _listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


# `type` and `value` are columns of json_each.
_WRONG_PART = (
    f"CASE WHEN type != 'object' THEN 1 WHEN coalesce(json_extract(value, '$.kind'), '') NOT IN ({_listed(PartKind)}) "  # noqa: S608
    f"THEN 1 ELSE EXISTS (SELECT 1 FROM json_each(json_each.value) AS field WHERE field.key NOT IN "
    f"({_listed(PART_FIELDS)}) OR field.type != iif(field.key = 'size', 'integer', 'text')) END"
)
_WRONG_STANDING = (
    f"CASE WHEN type != 'array' THEN 1 ELSE EXISTS (SELECT 1 FROM json_each(json_each.value) AS one WHERE "  # noqa: S608
    f"CASE WHEN one.type != 'object' THEN 1 ELSE coalesce(json_type(one.value, '$.value'), 'object') IN "
    f"('object', 'array') OR coalesce(json_type(one.value, '$.at'), '') != 'integer' OR "
    f"coalesce(json_type(one.value, '$.until'), '') NOT IN ('integer', 'null') OR "
    f"coalesce(json_type(one.value, '$.change'), '') != 'integer' OR "
    f"json_extract(one.value, '$.at') NOT BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT} OR "
    f"coalesce(json_extract(one.value, '$.until'), 0) NOT BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT} END) END"
)
# SQLite keeps a number in a JSON column as a number, for the column's affinity is numeric.
_PLAIN = (
    "CASE WHEN typeof({0}) IN ('integer', 'real') THEN 1 WHEN typeof({0}) != 'text' OR NOT json_valid({0}) THEN 0 "
    "ELSE json_type({0}) IN ('text', 'integer', 'real', 'true', 'null') END"
)
CONDITIONS = (
    (WordList, _json("array", "[]", "type != 'text'")),
    (PartList, _json("array", "[]", _WRONG_PART)),
    (Facts, _json("object", "{{}}", "0")),
    (Standings, _json("object", "{{}}", _WRONG_STANDING)),
    (PlainValue, _PLAIN),
    (Moment, f"typeof({{0}}) = 'integer' AND {{0}} BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT}"),
    (CleanText, "typeof({0}) = 'text'"),
    (Boolean, "typeof({0}) = 'integer' AND {0} IN (0, 1)"),
    (Float, "typeof({0}) IN ('real', 'integer')"),
    (Integer, "typeof({0}) = 'integer'"),
)
