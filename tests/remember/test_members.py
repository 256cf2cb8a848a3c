"""The register of what we hold about people is complete and true: each table is asked, in the schema and in a file."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table

from bot.config.choices import Chosen, Scope
from bot.decide.posts import Post
from bot.decide.pseudonyms import id_of_turn
from bot.remember import sqlite
from bot.remember.asked import recorded
from bot.remember.choices import write_change
from bot.remember.contacts import contact_token, spoken_to
from bot.remember.feedback import Feedback, kept_feedback
from bot.remember.members import (
    DATA_FILES,
    NO_PERSON,
    STATE_KEYS,
    TABLES,
    TRIAL_FILES,
    WISH_FILES,
    Held,
    retention_table,
)
from bot.remember.person import HELD_BY_TABLE, OTHERWISE_HELD
from bot.remember.purge import HELD_OUT_DAYS, LEARNT_DAYS, SILENT_DAYS
from bot.remember.removals import REMOVED_PREFIX
from bot.remember.schema import metadata
from bot.remember.stays import member_token
from bot.remember.store import Store
from bot.remember.thread_deletions import DELETED_PREFIX
from bot.remember.wishes import Wishes
from bot.remember.withdrawing import OWNER, WITHDRAWN_PREFIX
from bot.types import (
    Asked,
    Author,
    Decision,
    Membership,
    Message,
    Part,
    PartKind,
    Presence,
    Reaction,
    Room,
    State,
    Thread,
    Turn,
    Verdict,
)

from .makers import NOON, deletion

ROOT = Path(__file__).parents[2]
KEEP_DAYS = 30
HOUR = timedelta(hours=1)  # purges run once an hour
ROOM = Room("local", "home", "kitchen")
ANA = Author("id-canary", "Name Canary")
SAID = "text canary"
ALL_TABLES = [*metadata.sorted_tables, sqlite.message_words]


@pytest.mark.parametrize("table", ALL_TABLES, ids=str)
def test_each_table_of_the_schema_is_registered_with_every_column(table: Table) -> None:
    held = TABLES[table.name]
    assert sorted([*held.people.split(), *held.others.split()]) == sorted(column.name for column in table.columns)
    assert held.what and held.kept and held.erased
    assert (held.erased == NO_PERSON) <= (not held.people)


@pytest.mark.parametrize(
    "register", [TABLES, STATE_KEYS, DATA_FILES | WISH_FILES | TRIAL_FILES], ids=["tables", "marks", "files"]
)
def test_each_place_says_what_becomes_of_a_person_there(register: dict[str, Held]) -> None:
    assert [name for name, held in register.items() if not held.erased] == []


def test_each_table_that_holds_people_is_shown_and_exported() -> None:
    asked = {*HELD_BY_TABLE, *OTHERWISE_HELD}
    assert asked == {name for name, held in TABLES.items() if held.people}


def test_nothing_is_registered_that_does_not_exist() -> None:
    assert set(TABLES) == {table.name for table in ALL_TABLES}


def test_the_page_shows_the_register() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    assert f"\n{retention_table()}\n" in page


def test_each_mark_that_an_adapter_keeps_is_registered() -> None:
    """The names of marks are constants of the adapters' sources: whole keys, or the beginning of keys."""
    names = "SEEDED|FIRST_STEPS|PREVIEW|ARRIVED|"
    names += "LAST_ORDER|PREFIX|LAST, LAST_DIRECT, FIRST|SESSION, DEVICE, ACCOUNT, TOKEN|INVITE_MARK|NAME_MARK"
    found = {
        "matrix room/",
        f"{OWNER} {WITHDRAWN_PREFIX}",
        f"{OWNER} {DELETED_PREFIX}",
        f"{OWNER} {REMOVED_PREFIX}",
    }  # an f-string, and what the core keeps
    for file in (ROOT / "adapters").rglob("*.py"):
        for line in re.findall(rf"^(?:{names}) = (.*)$", file.read_text("utf-8"), re.MULTILINE):
            found |= {f"{file.parent.name} {key}" for key in re.findall(r'"([^"]+)"', line.partition("#")[0])}
    assert found == set(STATE_KEYS)


# --- what is kept when -----------------------------------------------------------------------------


def turns_of_all_kinds() -> Iterator[Turn]:
    for number, (state, arm, addressed, verdict) in enumerate(product(State, ("", "hold-out"), (False, True), Verdict)):
        decision = Decision(verdict, "addressed", NOON + HOUR, {"ended_by": f"{SAID} {number}"})
        trigger, reply = f"m{number}", "r0" if state is State.SENT else None
        values: dict[str, Any] = {"addressed": addressed, "arm": arm, "text": SAID, "reply_id": reply, "model": "m"}
        id = id_of_turn("local", trigger)
        yield Turn(id, Thread(ROOM), trigger, ANA.id, "mochi", decision, state, NOON, **values)


async def filled(store: Store) -> None:
    """Puts a member's id, name and words wherever a running Cameo would; their reply outlives what it answers."""
    part = Part(PartKind.QUOTE, SAID, ANA.name)
    said = Message("m0", Thread(ROOM), ANA, SAID, NOON, NOON, mentions=(ANA.id,), parts=(part,))
    ours = Message("r0", Thread(ROOM), Author("me", "Mochi", is_self=True), "hm", NOON, NOON + 3 * HOUR, reply_to="m0")
    post = Post("p0", ANA.id, None, NOON.timestamp(), waited=5.0, answered_by="m0")
    await store.write(lambda tx: tx.add_messages([said]))
    for presence in (Presence.JOINED, Presence.LEFT):
        news = Membership(ROOM, ANA.id, presence)
        await store.write(lambda tx, news=news: tx.attend(news))  # type: ignore[misc]
    await store.write(lambda tx: tx.add_messages([ours]))
    await store.write(lambda tx: tx.react(Reaction(ROOM, "m0", ANA, "👍", NOON)))
    await store.write(lambda tx: tx.put_turns(list(turns_of_all_kinds())))
    await store.write(lambda tx: tx.put_posts([(ROOM, post)]))
    command = Asked("c0", Thread(ROOM), ANA, NOON, NOON, text=SAID)
    await store.write(lambda tx: tx.run(recorded(command)))
    verdict = Feedback(ROOM, "t0", ANA.id, "wrong", SAID, NOON)
    await store.write(lambda tx: tx.run(kept_feedback(verdict)))
    scope = Scope("local", "home", "kitchen")
    chosen = {"join": (Chosen(scope, "join", "off", ANA.id, NOON),)}
    await store.write(lambda tx: write_change(tx, scope, {}, chosen, ANA.id, NOON))
    answered = next(turn for turn in turns_of_all_kinds() if turn.member)
    await store.write(lambda tx: spoken_to(tx, WISHES, answered, NOON))


async def purged(store: Store, age: timedelta) -> None:
    """Runs every purge as a running Cameo does, when what was said at noon has that age."""
    for purge, days in store.purges(KEEP_DAYS):
        await purge(NOON + age - timedelta(days=days))


def held(path: Path, table: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(f"SELECT rowid, * FROM {table}")]


def is_about_ana(row: dict[str, Any]) -> bool:
    text = repr(row).casefold()
    return "canary" in text or "canari" in text or any(token in text for token in TOKENS)  # said, indexed, hashed


WISHES = Wishes(b"key")
TOKENS = (member_token(ROOM, ANA.id), contact_token(WISHES, "local", ANA.id))
PEOPLE = [name for name, register in TABLES.items() if register.people and name != "adapter_state"]


async def test_each_table_with_people_has_some_before_they_are_purged(store: Store, path: Path) -> None:
    await filled(store)
    for name in PEOPLE:
        assert any(map(is_about_ana, held(path, name))), f"{name}: this test asks nothing"


@pytest.mark.parametrize("name", PEOPLE)
async def test_each_table_keeps_people_for_the_days_to_keep(store: Store, path: Path, name: str) -> None:
    await filled(store)
    await purged(store, timedelta(days=KEEP_DAYS) - HOUR)
    assert any(map(is_about_ana, held(path, name)))
    await purged(store, timedelta(days=KEEP_DAYS) + HOUR)
    assert not [row for row in held(path, name) if is_about_ana(row)]


NOT_ABOUT_A_MESSAGE = ("stays", "contacts", "asked", "feedback", "choices", "choice_changes")


@pytest.mark.parametrize("name", [name for name in PEOPLE if name not in NOT_ABOUT_A_MESSAGE])
async def test_no_table_keeps_the_author_of_a_deleted_message(store: Store, path: Path, name: str) -> None:
    await filled(store)
    await store.write(lambda tx: tx.put_turns([]))
    for each in turns_of_all_kinds():
        await store.write(lambda tx, each=each: tx.delete(deletion(each.trigger, room=ROOM)))  # type: ignore[misc]
    await store.write(lambda tx: tx.delete(deletion("p0", room=ROOM)))
    about = {id_of_turn("local", "m0")}
    left = [row for row in held(path, name) if is_about_ana(row)]
    assert not [row for row in left if name != "turns" or row["id"] in about]


async def test_turns_without_a_reply_lose_their_member_after_a_day_and_held_out_ones_after_eight(
    store: Store, path: Path
) -> None:
    await filled(store)
    for days in (SILENT_DAYS, HELD_OUT_DAYS):
        for age, gone in ((timedelta(days=days) - HOUR, False), (timedelta(days=days) + HOUR, True)):
            await purged(store, age)
            for row in held(path, "turns"):
                is_silent = not State(row["state"]).is_open and row["state"] != State.SENT
                if is_silent and bool(row["arm"]) == (days == HELD_OUT_DAYS):
                    assert (row["member"] == "") == gone, row
                if row["state"] == State.SENT or State(row["state"]).is_open:
                    assert row["member"] == ANA.id, row


async def test_a_mark_of_a_member_is_gone_after_a_day(store: Store, path: Path) -> None:
    await filled(store)
    await store.write(lambda tx: tx.delete(deletion("m0", room=ROOM)))
    mark = {row["id"]: row["member"] for row in held(path, "turns")}[id_of_turn("local", "m0")]
    assert mark.startswith("~")
    await purged(store, timedelta(days=SILENT_DAYS) + HOUR)
    assert mark not in {row["member"] for row in held(path, "turns")}


async def test_what_is_counted_outlives_the_people(store: Store, path: Path) -> None:
    """Hours of a room, waiting times of posts, and turns whose reply is still kept."""
    await filled(store)
    await purged(store, timedelta(days=KEEP_DAYS) + 2 * HOUR)
    assert [row["waited"] for row in held(path, "posts")] == [5.0] and held(path, "hours")
    assert {row["state"] for row in held(path, "turns")} == {"sent"}
    await purged(store, timedelta(days=LEARNT_DAYS) + HOUR)
    assert held(path, "posts") == held(path, "turns") == []
