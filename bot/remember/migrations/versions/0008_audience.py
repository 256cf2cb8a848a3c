"""Adds who may read a message, and who was in a room when. Older messages of Matrix rooms, whose audience is unknown,
are read for nobody but their authors; elsewhere whoever is in the room may read them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

RowNumber = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.add_column("messages", sa.Column("audience", sa.Text(), nullable=False, server_default="members"))
    op.add_column("messages", sa.Column("past_readers", sa.Text(), nullable=False, server_default="everyone"))
    op.add_column("messages", sa.Column("edited_seq", sa.BigInteger()))
    op.execute(sa.text("UPDATE messages SET audience = 'present' WHERE platform = 'matrix'"))
    op.create_table(
        "stays",
        sa.Column("seq", RowNumber, primary_key=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("joined", sa.BigInteger()),
        sa.Column("until", sa.BigInteger()),
        sa.Column("departed", sa.Boolean(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("stays_by_member", "stays", ["platform", "community", "room_id", "member", "seq"])
    op.create_index("stays_by_end", "stays", ["until"])
