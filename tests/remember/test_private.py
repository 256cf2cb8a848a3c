"""What Cameo stores can be read by its owner only."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.remember.private import make_private
from bot.types import StoreError


@pytest.fixture(autouse=True)
def mask() -> Iterator[None]:
    """The tests' own permissions are as usual before, and restored after."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_and_all_that_comes_into_it(tmp_path: Path) -> None:
    database = tmp_path / "deep" / "data" / "cameo.db"
    make_private(database)
    database.write_text("x")
    (database.parent / "cameo.log").write_text("x")
    assert (mode(database.parent), mode(database), mode(database.with_name("cameo.log"))) == (0o700, 0o600, 0o600)


OWN = (
    "my.db",
    "my.db-wal",
    "my.db-shm",
    "my.db.lock",
    "cameo.log",
    "cameo.log.3",
    ".cameo.log.new",
    "token",
    ".token.ab",
)


def test_what_an_earlier_version_left_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in OWN:
        (folder / name).write_text("x")
    make_private(folder / "my.db")
    assert mode(folder) == 0o700
    assert {name: mode(folder / name) for name in OWN} == dict.fromkeys(OWN, 0o600)


def test_a_folder_with_the_files_of_others_stays_open_and_so_do_these(tmp_path: Path) -> None:
    for name in ("cameo.db", "website.html"):
        (tmp_path / name).write_text("x")
    tmp_path.chmod(0o755)
    make_private(tmp_path / "cameo.db")
    assert (mode(tmp_path), mode(tmp_path / "website.html"), mode(tmp_path / "cameo.db")) == (0o755, 0o644, 0o600)


def test_more_private_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "cameo.db").write_text("x")
    (tmp_path / "cameo.db").chmod(0o400)
    tmp_path.chmod(0o500)
    make_private(tmp_path / "cameo.db")
    assert (mode(tmp_path), mode(tmp_path / "cameo.db")) == (0o500, 0o400)
    tmp_path.chmod(0o700)


def test_a_folder_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="can't be made private: Not a directory"):
        make_private(tmp_path / "file" / "data" / "cameo.db")
