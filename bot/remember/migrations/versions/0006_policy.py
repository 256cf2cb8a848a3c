"""Adds the version of the policy that a turn was decided by; unknown for older turns."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("turns", sa.Column("policy", sa.Text(), nullable=False, server_default=sa.text("''")))
