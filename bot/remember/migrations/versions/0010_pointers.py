"""Adds which message a reply points at, and the messages that Cameo has thanked for it."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("turns", sa.Column("points_at", sa.Text(), nullable=False, server_default=""))
    points = sa.text("points_at != ''")
    op.create_index("turns_that_point", "turns", ["platform", "room_id", "tried"], sqlite_where=points)
    op.create_table(
        "thanks",
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("message_id", sa.Text(), primary_key=True),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("room_name", sa.Text(), nullable=False),
        sa.Column("community_name", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
    )
    op.create_index("thanks_by_age", "thanks", ["since"])
