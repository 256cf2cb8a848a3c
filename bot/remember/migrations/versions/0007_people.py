"""Forgets what earlier versions kept of people: sensitive labels, and what deleted messages had led to."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

SLICE = 1000  # rows per statement: the turns of a month must not be in memory as a whole

TURNS = sa.table("turns", sa.column("seq", sa.BigInteger()), sa.column("facts", sa.JSON()))


def upgrade() -> None:
    op.add_column("messages", sa.Column("quotes", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("""UPDATE messages SET quotes = 1 WHERE parts LIKE '%"kind": "quote"%'""")
    _index("messages_of_ours", "messages", ["platform", "room_id", "seq"], "author_is_self")
    _index("messages_with_quotes", "messages", ["platform"], "quotes")
    _index("turns_with_text", "turns", ["platform", "room_id", "at"], "text != ''")
    _index("turns_with_member", "turns", ["at"], "member != ''")
    _index("posts_with_author", "posts", ["at"], "author != ''")
    op.execute("UPDATE turns SET reason = 'meant_for_others', facts = '{}' WHERE reason IN ('painful', 'moderation')")
    op.execute("UPDATE turns SET facts = '{}' WHERE reason = 'meant_for_others'")
    _drop_signals()
    _forget_deleted()
    op.execute(
        "DELETE FROM reactions WHERE NOT EXISTS "
        "(SELECT 1 FROM messages WHERE platform = reactions.platform AND id = reactions.message_id)"
    )
    op.drop_index("reactions_by_age", "reactions")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where))


def _forget_deleted() -> None:
    """Ended turns of deleted messages lose their person, and our replies to these messages their text."""
    op.execute(
        "UPDATE turns SET member = '', trigger = id, text = '', facts = '{}' "
        "WHERE state NOT IN ('waiting', 'due', 'writing', 'sending') AND EXISTS "
        "(SELECT 1 FROM messages WHERE platform = turns.platform AND id = turns.trigger AND deleted)"
    )
    op.execute(
        "CREATE TEMPORARY TABLE ours AS SELECT seq FROM messages AS said WHERE author_is_self AND text != '' "
        "AND EXISTS (SELECT 1 FROM messages WHERE platform = said.platform AND id = said.reply_to AND deleted)"
    )
    op.execute("DELETE FROM message_words WHERE rowid IN (SELECT seq FROM ours)")
    op.execute("UPDATE messages SET text = '' WHERE seq IN (SELECT seq FROM ours)")
    op.execute("DROP TABLE ours")


def _drop_signals() -> None:
    connection, last = op.get_bind(), -1
    while rows := _after(connection, last):
        changed = [
            {"at_seq": row.seq, "new": {name: fact for name, fact in row.facts.items() if name != "signals"}}
            for row in rows
            if "signals" in row.facts
        ]
        if changed:
            one_row = TURNS.update().where(TURNS.c.seq == sa.bindparam("at_seq"))
            connection.execute(one_row.values(facts=sa.bindparam("new", type_=sa.JSON())), changed)
        last = rows[-1].seq


def _after(connection: sa.Connection, last: int) -> "list[sa.Row[Any]]":
    wanted = sa.select(TURNS.c.seq, TURNS.c.facts).where(TURNS.c.seq > last)
    return list(connection.execute(wanted.order_by(TURNS.c.seq).limit(SLICE)))
