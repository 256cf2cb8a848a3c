"""The first schema. A released revision is never changed; changes go into a new one.

Column types are the basic ones; `schema.py` converts values to text and numbers.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _messages()
    _reactions()
    _turns()
    _adapter_state()
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE message_words USING fts5(room, words, tokenize = 'porter unicode61')")


def _text(name: str, **options: bool) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=options.get("nullable", False))


def _moment(name: str, **options: bool) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=options.get("nullable", False))


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _place() -> list[sa.Column[str]]:
    return [_text(name) for name in ("platform", "community", "room_id", "room_name", "community_name")]


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("seq", SEQ, nullable=False),
        _text("id"),
        *_place(),
        _text("thread_root", nullable=True),
        _text("author_id"),
        _text("author_name"),
        _flag("author_is_bot"),
        _flag("author_is_self"),
        _text("text"),
        _moment("at"),
        _moment("heard"),
        _text("reply_to", nullable=True),
        sa.Column("mentions", sa.JSON(), nullable=False),
        _flag("addressed"),
        _flag("starts_thread"),
        sa.Column("attachments", sa.JSON(), nullable=False),
        _flag("history"),
        _flag("deleted"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("platform", "id", name="messages_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("messages_by_room", "messages", ["platform", "community", "room_id", "seq"])
    op.create_index("messages_by_thread", "messages", ["platform", "community", "room_id", "thread_root", "seq"])
    op.create_index("messages_by_age", "messages", ["heard"])


def _reactions() -> None:
    op.create_table(
        "reactions",
        _text("platform"),
        _text("message_id"),
        _text("author_id"),
        _text("emoji"),
        _text("author_name"),
        _flag("author_is_bot"),
        _flag("author_is_self"),
        _moment("at"),
        sa.PrimaryKeyConstraint("platform", "message_id", "author_id", "emoji"),
    )
    op.create_index("reactions_by_age", "reactions", ["at"])


def _turns() -> None:
    op.create_table(
        "turns",
        sa.Column("seq", SEQ, nullable=False),
        _text("id"),
        *_place(),
        _text("thread_root", nullable=True),
        *[_text(name) for name in ("trigger", "member", "persona", "arm", "verdict", "reason")],
        _moment("due", nullable=True),
        _text("state"),
        _moment("at"),
        _flag("addressed"),
        _text("text"),
        _text("sign"),
        _text("reply_id", nullable=True),
        _moment("tried", nullable=True),
        _text("model"),
        *[_number(name) for name in ("input_tokens", "cached_tokens", "output_tokens")],
        sa.Column("cost_usd", sa.Float(53), nullable=False),
        _text("error"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", name="turns_id"),
        sa.UniqueConstraint("platform", "trigger", name="turns_trigger"),
        sqlite_autoincrement=True,
    )
    op.create_index("turns_by_state", "turns", ["state"])
    op.create_index("turns_by_age", "turns", ["at"])
    op.create_index("turns_by_reply", "turns", ["platform", "reply_id"])


def _adapter_state() -> None:
    op.create_table(
        "adapter_state",
        _text("platform"),
        _text("key"),
        _text("value"),
        sa.PrimaryKeyConstraint("platform", "key"),
    )
