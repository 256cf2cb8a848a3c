"""Adds what managers choose in chat, and the history of these changes."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "choices",
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("community", sa.Text(), primary_key=True),
        sa.Column("room", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("lasts", sa.Boolean(), primary_key=True),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("change", sa.BigInteger(), nullable=False),
    )
    op.create_index("choices_with_chooser", "choices", ["at"], sqlite_where=sa.text("\"by\" != ''"))
    op.create_table(
        "choice_changes",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("community", sa.Text(), nullable=False),
        sa.Column("room", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("undoes", sa.BigInteger()),
        sa.Column("undone_by", sa.BigInteger()),
        sqlite_autoincrement=True,
    )
    op.create_index("choice_changes_by_place", "choice_changes", ["platform", "community", "room", "seq"])
    op.create_index("choice_changes_by_age", "choice_changes", ["at"])
