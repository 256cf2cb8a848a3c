"""A store in a fresh folder."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.remember.store import Store, migrate


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once, copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "cameo.db"
    migrate(path)
    return path


@pytest.fixture
def path(tmp_path: Path, empty_database: Path) -> Path:
    path = tmp_path / "data" / "cameo.db"
    path.parent.mkdir()
    return Path(shutil.copy(empty_database, path))


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    store = await Store.open(path)
    yield store
    await store.close()
