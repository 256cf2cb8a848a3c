"""Adds whom Cameo has told who it is, and when, with a keyed hash in place of each member."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("platform", sa.Text(), primary_key=True),
        sa.Column("community", sa.Text(), primary_key=True),
        sa.Column("member", sa.Text(), primary_key=True),
        sa.Column("told", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
    )
    op.create_index("contacts_by_age", "contacts", ["told"])
