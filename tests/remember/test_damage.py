"""A damaged database: one line and exit code 4 at the start, whatever the damage is, and seen while Cameo runs."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.remember.damage import OpenFile, check
from bot.remember.store import Store, migrate
from bot.types import StoreError
from tests.fakes.environment import clean_environment
from tests.remember.makers import message

ROOT = Path(__file__).parents[2]
PAGE = 4096


@pytest.fixture
async def good(tmp_path: Path) -> Path:
    """A database of some 400 pages, closed."""
    path = tmp_path / "good" / "cameo.db"
    migrate(path)
    store = await Store.open(path)
    for number in range(20):
        said = [message(f"m{number}-{part}", text=f"flour water salt {number} " * 50) for part in range(20)]
        await store.write(lambda writing, said=said: writing.add_messages(said))  # type: ignore[misc]
    await store.close()
    return path


def noise(count: int) -> bytes:
    return random.Random(7).randbytes(count)


def overwritten(start: int, count: int) -> Callable[[Path], None]:
    """Overwrites bytes; a negative start counts from the end."""

    def damage(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(start, os.SEEK_SET if start >= 0 else os.SEEK_END)
            file.write(noise(count))

    return damage


def page(number: float) -> Callable[[Path], None]:
    """Overwrites one page; a number below 1 is a share of the file."""

    def damage(path: Path) -> None:
        at = int(number if number >= 1 else path.stat().st_size // PAGE * number)
        overwritten(at * PAGE, PAGE)(path)

    return damage


def cut(share: float) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def replaced(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def folder(beside: str = "") -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        at = path.with_name(path.name + beside)
        at.unlink(missing_ok=True)
        at.mkdir()

    return damage


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def sql(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with closing(sqlite3.connect(path)) as database:
            database.execute(statement)
            database.commit()

    return damage


def foreign(path: Path) -> None:
    path.unlink()
    sql("CREATE TABLE recipes (name)")(path)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "header": overwritten(0, 100),
    "first page": overwritten(100, 3000),
    "page 2": page(2),
    "page in the middle": page(0.5),
    "last page": overwritten(-PAGE, PAGE),
    "half of it": overwritten(PAGE, 40 * PAGE),
    "cut in half": cut(0.5),
    "cut within a page": cut(0.511),
    "cut to nothing much": cut(0.0001),
    "text": replaced(b"not a database\n" * 500),
    "noise": replaced(noise(50_000)),
    "folder": folder(),
    "pipe": pipe,
    "link to itself": loop,
    "folder as lock": folder(".lock"),
    "folder as journal": folder("-wal"),
    "folder as index of the journal": folder("-shm"),
    "noise as journal": lambda path: path.with_name("cameo.db-wal").write_bytes(noise(50_000)),
    "another program's": foreign,
    "newer schema": sql("UPDATE alembic_version SET version_num = '9999'"),
    "a table is missing": sql("DROP TABLE turns"),
    "the words are missing": sql("DROP TABLE message_words"),
}


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_at_the_start_is_one_clear_error(good: Path, kind: str) -> None:
    DAMAGES[kind](good)
    with pytest.raises(StoreError) as error:
        migrate(good)
        await (await Store.open(good)).close()
    assert str(error.value).startswith(str(good.parent)) and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["header", "page in the middle", "pipe", "noise as journal", "newer schema"])
def test_the_command_line_says_one_line_and_ends_with_4(good: Path, kind: str, tmp_path: Path) -> None:
    DAMAGES[kind](good)
    config = tmp_path / "config.yaml"
    config.write_text(f"database: {good}\nconsole: {{port: 0}}\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "bot", "run", "--config", str(config)], cwd=ROOT, env=clean_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, len(ran.stderr.splitlines())) == (4, 1), ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (path := tmp_path / "cameo.db").touch()
    migrate(path)
    check(path)


async def test_a_journal_left_by_a_kill_is_no_damage(good: Path, tmp_path: Path) -> None:
    store = await Store.open(good)
    await store.write(lambda writing: writing.add_messages([message("after")]))
    killed = tmp_path / "killed"
    shutil.copytree(good.parent, killed)
    await store.close()
    assert (killed / "cameo.db-wal").stat().st_size > 0
    migrate(killed / "cameo.db")


# --- while it runs ---------------------------------------------------------------------------------

OUTSIDE: dict[str, Callable[[Path], object]] = {
    "header": overwritten(0, 100),
    "noise": replaced(noise(50_000)),
    "nothing left": replaced(b""),
    "removed": lambda path: path.unlink(),
    "another file": lambda path: os.replace(shutil.copy(path, path.with_name("copy")), path),
    "folder": folder(),
    "pipe": pipe,
}


@pytest.mark.parametrize("kind", OUTSIDE)
def test_harm_from_outside_is_seen(good: Path, kind: str) -> None:
    opened = OpenFile(good)
    assert opened.harm() == ""
    OUTSIDE[kind](good)
    assert opened.harm() != ""
