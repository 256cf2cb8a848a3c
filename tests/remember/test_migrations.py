"""A file is migrated to the newest schema completely or not at all."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from bot.remember import fulltext, sqlite
from bot.remember.memory import Memory
from bot.remember.migrate import MIGRATIONS, revision
from bot.remember.rebuild import past
from bot.remember.schema import HEAD, metadata
from bot.remember.store import DatabaseInUse, Store, migrate
from bot.types import Audience, Decision, Part, PartKind, StoreError, Usage, Verdict
from tests.fakes.present import present

from .makers import NOON, everybody, ids, message, turn


def execute(path: Path, *statements: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return [connection.execute(statement).fetchall() for statement in statements]


def test_a_fresh_file_is_what_the_schema_says(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "cameo.db"
    migrate(path)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:

        def ours(name: str | None, kind: str, _parents: object) -> bool:
            return not (kind == "table" and name is not None and name.startswith("message_words"))

        context = MigrationContext.configure(
            connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        for table in metadata.sorted_tables:  # which is not compared
            keys = inspect(connection).get_pk_constraint(table.name)["constrained_columns"]
            assert keys == [column.name for column in table.primary_key], table.name
    engine.dispose()


def test_a_fresh_file_has_the_words_of_messages(path: Path) -> None:
    (rows,) = execute(path, "SELECT sql FROM sqlite_master WHERE name = 'message_words'")
    assert "fts5(room, words, tokenize = 'porter unicode61')" in rows[0][0]
    assert set(sqlite.message_words.columns.keys()) == {"rowid", "room", "words", "message_words"}


def test_the_head_that_the_code_knows_is_the_newest_revision() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def upgraded_to(revision: str, path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def made_by_the_first_version(path: Path) -> None:
    """A database with the first released schema, a message and a turn."""
    upgraded_to("0001", path)
    place = "'local', 'home', 'kitchen', 'Kitchen', 'Home'"
    execute(
        path,
        f"INSERT INTO messages VALUES (1, 'm1', {place}, 'm1', 'ann', 'Ann', 0, 0, 'does it rise?', 1000000, 1000000, "
        "NULL, '[]', 0, 1, '[]', 0, 0)",
        f"INSERT INTO turns VALUES (1, 't1', {place}, 'm1', 'm1', 'ann', 'mochi', '', 'speak', 'unanswered', 2000000, "
        "'sent', 1000000, 0, 'It does.', '', 'r1', 2000000, 'kimi', 800, 300, 60, 0.0012, '')",
    )


async def test_a_database_of_the_first_version_keeps_what_it_knows(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    made_by_the_first_version(path)
    assert revision(path) == "0001"
    migrate(path)
    migrate(path)  # reads every value
    store = await Store.open(path)
    [old] = await store.turns(9)
    due = datetime(1970, 1, 1, 0, 0, 2, tzinfo=UTC)
    assert (old.decision, old.text) == (Decision(Verdict.SPEAK, "unanswered", due, {}), "It does.")
    assert (old.usage, old.reply_id) == (Usage(800, 300, 60, 0.0012), "r1")
    assert ids(await store.messages(message("m1").room, 9)) == ["m1"]
    new = turn("t2", "m2", decision=Decision(Verdict.WAIT, "holding", NOON, {"signals": ["question"]}))
    await store.write(lambda writing: writing.put_turns([replace(old, error="internal"), new]))
    assert await store.turns(9) == [new, replace(old, error="internal")]
    await store.close()


async def test_a_database_from_before_anything_was_learnt_knows_at_least_when_its_rooms_are_awake(
    tmp_path: Path,
) -> None:
    path = tmp_path / "cameo.db"
    made_by_the_first_version(path)
    upgraded_to("0002", path)
    copy = "id || '-{0}', platform, community, room_id, room_name, community_name, thread_root, author_id, author_name"
    rest = "text, at, {1}, reply_to, mentions, addressed, starts_thread, attachments, {2}, {3} FROM messages"
    for name, what in {  # is bot, is self, heard, history, deleted
        "second": (0, 0, 3_599_000_000, 0, 0),
        "next hour": (0, 0, 3_600_000_000, 0, 0),
        "history": (0, 0, 9_000_000_000, 1, 0),
        "bot": (1, 0, 1_000_000, 0, 0),
        "ours": (1, 1, 1_000_000, 0, 0),
        "deleted": (0, 0, 1_000_000, 0, 1),
    }.items():
        is_bot, is_self, heard, history, deleted = what
        selected = f"{copy}, {is_bot}, {is_self}, {rest}".format(name, heard, history, deleted)
        execute(path, f"INSERT INTO messages SELECT NULL, {selected} WHERE id = 'm1'")
    migrate(path)
    store = await Store.open(path)
    found = await store.ask(past(message("m1").room))
    assert found.hours == [(0, 3), (1, 1)]
    assert (found.posts, len(found.voices), len(found.messages)) == ([], 7, 6)
    await store.close()


async def test_sentences_about_attachments_become_descriptions_of_files(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    made_by_the_first_version(path)
    upgraded_to("0003", path)
    columns = "id, platform, community, room_id, room_name, community_name, thread_root, author_id, author_name, "
    columns += "author_is_bot, author_is_self, text, at, heard, reply_to, mentions, addressed, starts_thread, history, "
    columns += "deleted"
    inserts = []
    for number in range(2, 2100):  # more than one slice
        told = json.dumps(["image: loaf.png (rye)", f"file: {number}.pdf"] if number % 2 else [])
        copy = f"'m{number}', {columns.removeprefix('id, ')}, '{told}' FROM messages WHERE id = 'm1'"
        inserts.append(f"INSERT INTO messages ({columns}, attachments) SELECT {copy}")
    execute(path, *inserts)
    migrate(path)
    store = await Store.open(path)
    found = {each.id: each.parts for each in await store.messages(message("m1").room, 5000)}
    assert len(found) == 2099
    assert found["m1"] == found["m2"] == found["m2098"] == ()
    for number in (3, 999, 1001, 2099):
        sentences = ("image: loaf.png (rye)", f"file: {number}.pdf")
        assert found[f"m{number}"] == tuple(Part(PartKind.FILE, one) for one in sentences)
    assert len([parts for parts in found.values() if parts]) == 1049
    assert execute(path, "SELECT count(*) FROM pragma_table_info('messages') WHERE name = 'attachments'") == [[(0,)]]
    await store.close()


async def test_older_messages_of_matrix_rooms_have_an_unknown_audience(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    made_by_the_first_version(path)
    execute(path, "UPDATE messages SET platform = 'matrix'")
    migrate(path)
    store = await Store.open(path)
    assert present(await store.message("matrix", "m1")).audience is Audience.PRESENT
    await store.close()
    (tmp_path / "cameo.db").unlink()
    made_by_the_first_version(path)
    migrate(path)
    store = await Store.open(path)
    assert present(await store.message("local", "m1")).audience is Audience.MEMBERS
    await store.close()


QUOTED = [{"kind": "quote", "text": "my ocelot", "name": "Ana"}]
OLDER = {
    "titled": ("see title", [{"kind": "title", "text": "Zebra bread"}, {"kind": "tags", "text": "help"}]),
    "wordless": ("", [{"kind": "title", "text": "黑麦太湿"}]),
    "news": ("", [{"kind": "embed", "text": "Recall of quince", "name": "Food Office"}]),
    "file": ("look", [{"kind": "file", "name": "walnut.pdf"}]),
    "quoting": ("agreed", QUOTED),
    "plain": ("kumquat", []),
    "gone": ("", [{"kind": "title", "text": "marzipan"}]),
}


def store_as_before(path: Path, said: dict[str, tuple[str, list[dict[str, str]]]]) -> None:
    """Stores messages as revision 0008 did: their texts were indexed, what they carried was not."""
    (columns,) = execute(path, "SELECT group_concat(name) FROM pragma_table_info('messages') WHERE name != 'seq'")
    changed = columns[0][0].split(",")
    fields = ", ".join({"id": "?", "text": "?", "parts": "?", "deleted": "?"}.get(name, name) for name in changed)
    copy = f"INSERT INTO messages ({', '.join(changed)}) SELECT {fields} FROM messages WHERE id = 'm1'"
    index = "INSERT INTO message_words (rowid, room, words) VALUES (?, ?, ?)"
    room = fulltext.room_token(message("m1").room)
    with closing(sqlite3.connect(path)) as connection, connection:
        for id, (text, parts) in said.items():
            values = {"id": id, "text": text, "parts": json.dumps(parts), "deleted": id == "gone"}
            row = connection.execute(copy, [values[name] for name in changed if name in values])
            if text:
                connection.execute(index, (row.lastrowid, room, fulltext.indexed(text)))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("zebra bread", ["titled"]),
        ("help", ["titled"]),
        ("see the title", ["titled"]),
        ("黑麦", ["wordless"]),
        ("quince", ["news"]),
        ("food office", ["news"]),
        ("walnut", ["file"]),
        ("look", ["file"]),
        ("agreed", ["quoting"]),
        ("kumquat", ["plain"]),
        ("ocelot", []),
        ("marzipan", []),
        ("heron1999", ["m1999"]),
    ],
)
async def test_older_messages_are_found_by_what_they_carry(tmp_path: Path, words: str, found: list[str]) -> None:
    path = tmp_path / "cameo.db"
    made_by_the_first_version(path)
    upgraded_to("0008", path)
    many = {f"m{n}": ("", [{"kind": "title", "text": f"heron{n}"}]) for n in range(2, 2000)}  # more than one slice
    store_as_before(path, OLDER | many)
    migrate(path)
    store = await Store.open(path)
    recalled = await Memory(store).recall(everybody(message("m1").room), words)
    assert [each.message.id for each in recalled] == found
    await store.close()


async def test_twice_is_harmless(path: Path) -> None:
    store = await Store.open(path)
    await store.write(lambda writing: writing.add_messages([message("m1")]))
    migrate(path)  # while it is open, too
    await store.close()
    migrate(path)
    store = await Store.open(path)
    assert ids(await store.messages(message("m1").room, 9)) == ["m1"]
    await store.close()


def test_a_newer_file_is_left_alone(path: Path) -> None:
    execute(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"a newer Cameo created this database \(revision 9999"):
        migrate(path)
    assert execute(path, "SELECT version_num FROM alembic_version") == [[("9999",)]]


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    path.touch()
    migrate(path)
    assert execute(path, "SELECT count(*) FROM messages") == [[(0,)]]


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    # The last table of the first revision already exists, and the file is marked as ours.
    execute(
        path,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
        "CREATE TABLE adapter_state (other TEXT)",
    )
    with pytest.raises(StoreError):
        migrate(path)
    (tables,) = execute(path, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    assert tables == [("adapter_state",), ("alembic_version",)]


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "photos.db"
    execute(path, "CREATE TABLE photos (id)")
    with pytest.raises(StoreError, match="belongs to another program"):
        migrate(path)
    assert execute(path, "SELECT name FROM sqlite_master") == [[("photos",)]]


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("a shopping list, long enough not to be taken for an empty database file " * 20)
    with pytest.raises(StoreError, match="not a database"):
        migrate(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="can't be created"):
        migrate(tmp_path / "data" / "cameo.db")


def test_a_database_that_is_open_elsewhere_is_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    with sqlite.take(path), pytest.raises(DatabaseInUse):
        migrate(path)
    migrate(path)


async def test_a_path_with_odd_letters(tmp_path: Path) -> None:
    path = tmp_path / "50% of #1?" / "面包 & co.db"
    migrate(path)
    store = await Store.open(path)
    await store.write(lambda writing: writing.add_messages([message("m1")]))
    await store.close()
    assert path.stat().st_size > 0


async def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no database yet"):
        await Store.open(tmp_path / "cameo.db", reading_only=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_database_that_nobody_has_migrated(tmp_path: Path) -> None:
    path = tmp_path / "cameo.db"
    path.touch()
    store = await Store.open(path)
    with pytest.raises(StoreError, match="the database failed"):
        await store.messages(message("m1").room, 9)
    await store.close()


def test_the_file_is_for_our_eyes_only(tmp_path: Path) -> None:
    """The file contains members' messages and a platform's session."""
    migrate(tmp_path / "cameo.db")
    assert (tmp_path / "cameo.db").stat().st_mode & 0o777 == 0o600
