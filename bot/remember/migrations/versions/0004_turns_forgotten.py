"""Indexes turns and posts by age: recent turns are read at the start, old rows are removed in slices."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("turns_by_due", "turns", ["due"])
    op.create_index("posts_by_age", "posts", ["at"])
