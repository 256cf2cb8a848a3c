"""Adds the commands that people have used, and what they thought of Cameo's words."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

TEXTS = ("via", "id", "platform", "community", "room_id", "room_name", "community_name")


def upgrade() -> None:
    op.create_table(
        "asked",
        sa.Column("seq", sa.Integer(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("thread_root", sa.Text()),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("path", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("text", "power", "community_power", "locale")),
        sa.Column("message_id", sa.Text()),
        sa.Column("direct", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("state", "outcome", "answer")),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.UniqueConstraint("via", "id", name="asked_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("asked_open", "asked", ["seq"], sqlite_where=sa.text("state != 'answered'"))
    op.create_index("asked_by_age", "asked", ["heard"])
    place = ("community", "room_id", "room_name", "community_name")
    op.create_table(
        "feedback",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("platform", "turn_id", "member")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in (*place, "verdict", "text")),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("feedback_by_room", "feedback", ["platform", "community", "room_id", "at"])
    op.create_index("feedback_by_age", "feedback", ["at"])
