"""What Cameo stores can be read by its owner only."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from bot.remember.private import left_open, make_private
from bot.types import StoreError
from tests.fakes.environment import clean_environment


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


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that every user of this machine can reach; pytest's own is closed."""
    with TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "cameo.db").write_text("x")
        yield Path(folder)


@pytest.mark.parametrize("name", ["copy.db", "backup", "website.html", ".hidden"])
@pytest.mark.parametrize("open_mode", [0o755, 0o711, 0o701, 0o777])
def test_a_folder_that_stays_open_is_told(reachable: Path, name: str, open_mode: int) -> None:
    assert left_open(reachable / "cameo.db") == []  # `make_private` closes it
    (reachable / name).write_text("x")
    reachable.chmod(open_mode)
    assert left_open(reachable / "cameo.db") == [name]
    make_private(reachable / "cameo.db")
    assert left_open(reachable / "cameo.db") == [name]
    reachable.chmod(0o700)
    assert left_open(reachable / "cameo.db") == []


def test_what_lies_in_a_closed_folder_is_not_told(reachable: Path) -> None:
    (folder := reachable / "closed" / "data").mkdir(parents=True)
    (folder / "copy.db").write_text("x")
    assert left_open(folder / "cameo.db") == ["copy.db"]
    folder.parent.chmod(0o750)
    assert left_open(folder / "cameo.db") == [] == left_open(folder / "none" / "cameo.db")


def test_check_and_the_start_tell_it(reachable: Path) -> None:
    (reachable / "cameo.db").write_text("no database, so that the start ends")
    (config := reachable / "config.yaml").write_text(f"database: {reachable / 'cameo.db'}\n", encoding="utf-8")
    for command, code in (("check", 0), ("run", 4)):
        ran = subprocess.run(
            [sys.executable, "-m", "bot", command, "--config", str(config)], cwd=Path(__file__).parents[2],
            env=clean_environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ran.returncode == code, ran.stderr
        assert (
            f"{reachable} stays open to every user" in ran.stdout + ran.stderr
            and "config.yaml" in ran.stdout + ran.stderr
        )


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
