"""Adds the facts of a turn's decision, so that it can be explained later."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("turns", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
