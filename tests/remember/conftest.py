"""A store in a fresh folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.remember.store import Store, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "cameo.db"
    migrate(path)
    return path


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = await Store.open(path)
    yield store
    await store.close()
