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

from bot.config.choices import Chosen, Scope
from bot.remember.asked import recorded
from bot.remember.choices import write_change
from bot.remember.contacts import spoken_to
from bot.remember.damage import OpenFile, check
from bot.remember.feedback import Feedback, kept_feedback
from bot.remember.schema import metadata
from bot.remember.sqlite import DatabaseDamaged
from bot.remember.store import Store
from bot.remember.thanks import owing
from bot.remember.wishes import Wishes
from bot.types import Asked, Author, Part, PartKind, StoreError, Thread
from tests.fakes.database import migrated
from tests.fakes.environment import clean_environment
from tests.remember.makers import KITCHEN, NOON, message, reaction, turn

ROOT = Path(__file__).parents[2]
PAGE = 4096


@pytest.fixture
async def good(tmp_path: Path) -> Path:
    """A database of some 400 pages, closed."""
    path = tmp_path / "good" / "cameo.db"
    migrated(path)
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
VALUES = {
    "turns": (
        "facts = '['", "facts = '[]'", "facts = x'00'", "facts = 5", "state = 'nonsense'", "state = ''",
        "verdict = 'nonsense'", "at = 'noon'", "at = 9e18", "due = 'x'", "addressed = 'yes'", "cost_usd = 'much'",
        "input_tokens = 'x'", "text = x'41ff'", "reply_id = x'00'",
    ),
    "messages": (
        "parts = '{bad'", "parts = '5'", "parts = '[1]'", """parts = '[{"kind":"nope"}]'""", "mentions = '5'",
        """parts = '[{"kind":"file","x":1}]'""", """parts = '[{"kind":"file","size":"x"}]'""", "mentions = '[5]'",
        "mentions = 'null'", "at = 'x'", "heard = 1e20", "audience = 'strangers'", "past_readers = 'x'",
        "deleted = 2", "edited_seq = 'x'", "text = x'ff'",
    ),
    "posts": ("at = 'q'", "counts = 'zz'", "waited = 'x'"),
    "hours": ("said = 'x'",),
    "stays": ("departed = 7", "since = 'x'"),
    "reactions": ("at = 'x'", "author_is_bot = 'x'"),
    "adapter_state": ("value = x'00'",),
    "thanks": ("since = 'x'",),
    "choices": (
        "value = '[1]'", "value = '{}'", "value = 'watch'", "value = x'00'", "lasts = lasts + 2", "at = 'x'",
        "until = 'x'", "change = 'x'",
    ),
    "choice_changes": (
        "before = '['", "before = '[]'", "after = '5'", """after = '{"join":5}'""", """after = '{"join":[5]}'""",
        """after = '{"join":[{"value":1,"until":null,"change":1}]}'""",
        """after = '{"join":[{"value":1,"at":"noon","until":null,"change":1}]}'""",
        """after = '{"join":[{"value":1,"at":1,"until":"x","change":1}]}'""",
        """after = '{"join":[{"value":1,"at":1,"until":9e18,"change":1}]}'""",
        """after = '{"join":[{"value":[],"at":1,"until":null,"change":1}]}'""",
        """after = '{"join":[{"at":1,"until":null,"change":1}]}'""", "undoes = 'x'", "at = 9e18",
    ),
}  # fmt: skip
BAD_VALUES = [f"UPDATE {table} SET {change}" for table, changes in VALUES.items() for change in changes]


PLAIN_VALUES = (0.15, 1, 1.0, 0, True, "0.15", "1", "null", "22:00-07:00", "自动")


@pytest.fixture
async def full(tmp_path: Path) -> Path:
    """A database with a row in each table, closed."""
    path = tmp_path / "full" / "cameo.db"
    migrated(path)
    store = await Store.open(path)
    part = Part(PartKind.FILE, "a recipe", "bread.pdf", "application/pdf", 5)
    await store.write(lambda writing: writing.add_messages([message("m1", parts=(part,), mentions=("ann",))]))
    await store.write(lambda writing: writing.put_turns([turn("t1", "m1")]))
    await store.write(lambda writing: writing.react(reaction("m1")))
    await store.write(lambda writing: writing.put_state("local", {"a": "b"}))
    await store.write(lambda writing: writing.run(owing(KITCHEN, "m1", NOON)))
    ann = Author("ann", "Ann")
    command = Asked("c1", Thread(KITCHEN), ann, NOON, NOON, options=(("value", "off"),), text="help", message_id="m1")
    await store.write(lambda writing: writing.run(recorded(command)))
    await store.write(lambda writing: writing.run(kept_feedback(Feedback(KITCHEN, "t1", "ann", "wrong", "", NOON))))
    scope = Scope("local", "home")
    chosen = {"judge": tuple(Chosen(scope, "judge", None, "a", NOON, until) for until in (None, NOON)), "hold": ()}
    await store.write(lambda writing: write_change(writing, scope, chosen, chosen, "a", NOON))
    for place, value in enumerate(PLAIN_VALUES):
        room = Scope("local", "home", f"r{place}")
        made = {"share_of_voice": (Chosen(room, "share_of_voice", value, "a", NOON),)}
        await store.write(lambda tx, room=room, made=made: write_change(tx, room, {}, made, "a", NOON))  # type: ignore[misc]
    await store.write(lambda writing: spoken_to(writing, Wishes(b"key"), turn("t1", "m1"), NOON))
    await store.close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("INSERT OR IGNORE INTO hours VALUES ('local', 'home', 'kitchen', 1, 1)")
        database.execute("INSERT INTO stays VALUES (1, 'local', 'home', 'kitchen', 'x', 1, 1, NULL, 0)")
        posted = "(seq, platform, community, room_id, id, author, at, counts, answered_by, is_sure)"
        database.execute(f"INSERT INTO posts {posted} VALUES (1, 'local', 'home', 'k', 'p', 'a', 1.5, 1, '', 1)")
        database.commit()
    return path


async def test_every_value_that_cameo_writes_is_readable(full: Path, good: Path) -> None:
    check(full)
    check(good)
    with closing(sqlite3.connect(full)) as database:
        for table in metadata.tables:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone() != (0,), table


@pytest.mark.parametrize("change", BAD_VALUES)
async def test_a_value_that_can_t_be_read_is_one_clear_error(full: Path, change: str) -> None:
    sql(change)(full)
    with pytest.raises(
        DatabaseDamaged, match=rf"table {change.split()[1]}, row \d+, column {change.split()[3]}\)"
    ) as error:
        migrated(full)
    assert "\n" not in str(error.value)
    with pytest.raises(DatabaseDamaged):
        async with Store.looking(full):
            pass


@pytest.mark.parametrize("command", [["run"], ["turns"], ["why", "m1"]])
def test_the_commands_say_a_damaged_value_in_one_line(full: Path, command: list[str], tmp_path: Path) -> None:
    sql("UPDATE turns SET facts = '['")(full)
    assert _ran(full, tmp_path, *command) == (4, 1)


@pytest.mark.parametrize("kind", DAMAGES)
async def test_damage_at_the_start_is_one_clear_error(good: Path, kind: str) -> None:
    DAMAGES[kind](good)
    with pytest.raises(StoreError) as error:
        migrated(good)
        await (await Store.open(good)).close()
    assert str(error.value).startswith(str(good.parent)) and "\n" not in str(error.value)


@pytest.mark.parametrize("kind", ["header", "page in the middle", "pipe", "noise as journal", "newer schema"])
def test_the_command_line_says_one_line_and_ends_with_4(good: Path, kind: str, tmp_path: Path) -> None:
    DAMAGES[kind](good)
    assert _ran(good, tmp_path, "run") == (4, 1)


def _ran(database: Path, folder: Path, *command: str) -> tuple[int, int]:
    """The exit code, and the number of lines on standard error."""
    config = folder / "config.yaml"
    config.write_text(f"database: {database}\nconsole: {{port: 0}}\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "bot", *command, "--config", str(config)], cwd=ROOT, env=clean_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in ran.stderr + ran.stdout
    return ran.returncode, len(ran.stderr.splitlines())


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (path := tmp_path / "cameo.db").touch()
    migrated(path)
    check(path)


async def test_a_journal_left_by_a_kill_is_no_damage(good: Path, tmp_path: Path) -> None:
    store = await Store.open(good)
    await store.write(lambda writing: writing.add_messages([message("after")]))
    killed = tmp_path / "killed"
    shutil.copytree(good.parent, killed)
    await store.close()
    assert (killed / "cameo.db-wal").stat().st_size > 0
    migrated(killed / "cameo.db")


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
