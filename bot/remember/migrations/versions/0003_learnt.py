"""Adds what rooms learn: posts and their answers, and the number of messages in each hour."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("messages", sa.Column("unheard", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("messages_by_author", "messages", ["platform", "community", "room_id", "author_id", "seq"])
    _posts()
    _hours()


def _text(name: str, **options: bool) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=options.get("nullable", False))


def _posts() -> None:
    op.create_table(
        "posts",
        sa.Column("seq", SEQ, nullable=False),
        *[_text(name) for name in ("platform", "community", "room_id", "id", "author")],
        _text("root", nullable=True),
        sa.Column("at", sa.Float(53), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("waited", sa.Float(53), nullable=True),
        _text("answered_by"),
        sa.Column("is_sure", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("platform", "id", name="posts_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("posts_by_room", "posts", ["platform", "community", "room_id", "seq"])
    op.create_index("posts_by_community", "posts", ["platform", "community", "seq"])


def _hours() -> None:
    op.create_table(
        "hours",
        *[_text(name) for name in ("platform", "community", "room_id")],
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "community", "room_id", "hour"),
    )
    op.execute(
        "INSERT INTO hours (platform, community, room_id, hour, said) "
        "SELECT platform, community, room_id, hour, count(*) FROM (SELECT platform, community, room_id, "
        "(CASE WHEN history AND at < heard THEN at ELSE heard END) / 3600000000 AS hour "
        "FROM messages WHERE NOT deleted AND NOT author_is_bot AND NOT author_is_self) AS said "
        "GROUP BY platform, community, room_id, hour"
    )
