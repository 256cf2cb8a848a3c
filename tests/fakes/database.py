"""New databases. One is made by all migrations; the others of a process are copies of it, which takes a twentieth."""

import os
import tempfile
from functools import cache
from pathlib import Path

from bot.remember.store import migrate


def migrated(path: Path) -> None:
    """Like `migrate`: creates the database, or looks whether the one that is there can be used."""
    if not os.path.lexists(path):  # a link to nothing is for `migrate` to refuse
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(_template())
    migrate(path)


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cameo.db")
        migrate(path)
        return path.read_bytes()
