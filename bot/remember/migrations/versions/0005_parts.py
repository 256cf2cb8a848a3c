"""Replaces sentences about a message's attachments by typed parts."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SLICE = 1000  # rows per statement: a long history must not be in memory as a whole

MESSAGES = sa.table(
    "messages", sa.column("seq", sa.BigInteger()), sa.column("attachments", sa.JSON()), sa.column("parts", sa.JSON())
)


def upgrade() -> None:
    """Turns each sentence into a file's description, since the kind of file is not known for sure."""
    op.add_column("messages", sa.Column("parts", sa.JSON(), nullable=False, server_default="[]"))
    connection, last = op.get_bind(), -1
    while rows := _after(connection, last):
        changed = [{"at_seq": row.seq, "new": [*map(_part, row.attachments)]} for row in rows if row.attachments]
        if changed:
            one_row = MESSAGES.update().where(MESSAGES.c.seq == sa.bindparam("at_seq"))
            connection.execute(one_row.values(parts=sa.bindparam("new", type_=sa.JSON())), changed)
        last = rows[-1].seq
    op.drop_column("messages", "attachments")


def _part(sentence: str) -> dict[str, str]:
    return {"kind": "file", "text": sentence}


def _after(connection: sa.Connection, last: int) -> "list[sa.Row[Any]]":
    wanted = sa.select(MESSAGES.c.seq, MESSAGES.c.attachments).where(MESSAGES.c.seq > last)
    return list(connection.execute(wanted.order_by(MESSAGES.c.seq).limit(SLICE)))
