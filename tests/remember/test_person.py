"""A person is shown, exported and erased: whole, and nobody else with them."""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.choices import Chosen, Scope
from bot.decide.posts import Post
from bot.decide.pseudonyms import id_of_turn, is_mark
from bot.remember import sqlite
from bot.remember.choices import write_change
from bot.remember.erasing import erase
from bot.remember.person import Person, counted, exported, rooms_of
from bot.remember.schema import metadata
from bot.remember.stays import member_token
from bot.remember.store import Store
from bot.types import (
    SOMEBODY,
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

from .makers import KITCHEN, NOON, WORKSHOP, everybody, message

ANA, BEN = Author("id-zwxana", "Zwxqana Zwxsurname"), Author("id-ben", "Ben")
US = Author("us", "Mochi", is_bot=True, is_self=True)
WORD = "zqxjkvbw"
CANARIES = ("zwx", WORD)  # in every id, name and text of hers
PERSON = Person("local", ANA.id)
TABLES = [*(table.name for table in metadata.sorted_tables), sqlite.message_words.name]


def said(id: str, author: Author, text: str, room: Room = KITCHEN, **rest: Any) -> Message:
    return message(id, text, room=room, author=author, **rest)


def considered(trigger: str, member: str, state: State, text: str = "", **rest: Any) -> Turn:
    decision = Decision(Verdict.SPEAK, "addressed", NOON, {"named": ["people", member]} if member == ANA.id else {})
    return Turn(
        id_of_turn("local", trigger), Thread(KITCHEN), trigger, member, "mochi", decision, state, NOON,
        addressed=True, text=text, **rest,
    )  # fmt: skip


HERS = [
    said("a1", ANA, f"my {WORD} does not rise", parts=(Part(PartKind.QUOTE, "the rye is old", BEN.name),)),
    said("a2", ANA, f"another {WORD}", WORKSHOP, reply_to="b1", mentions=(BEN.id,)),
]
OURS = [
    said("r1", US, f"Zwxqana, your {WORD} needs time", reply_to="a1"),
    said("r2", US, "and warmth"),  # the second part of that answer
    said("r3", US, f"Ben, as Zwxqana said, a {WORD} is slow", reply_to="b2"),
    said("r4", US, "Ben, rye is heavy", reply_to="b3"),
]
BENS = [
    said("b1", BEN, "who bakes?", WORKSHOP),
    said("b2", BEN, "what did she say?", mentions=(ANA.id, "id-cleo"), reply_to="a1",
         parts=(Part(PartKind.QUOTE, f"my {WORD} does", ANA.name),)),
    said("b3", BEN, "and rye?",
         parts=(Part(PartKind.FORWARD, f"another {WORD}"), Part(PartKind.IMAGE, name="loaf.png"))),
]  # fmt: skip
TURNS = [
    considered("a1", ANA.id, State.SENT, OURS[0].text, reply_id="r1"),
    considered("b2", BEN.id, State.SENT, OURS[2].text, reply_id="r3", points_at="a1"),
    considered("b3", BEN.id, State.SENT, OURS[3].text, reply_id="r4"),
    considered("b4", BEN.id, State.SENDING, f"Ben, a {WORD}"),
    considered("b5", BEN.id, State.DUE, "nothing of hers"),
    considered("a0", ANA.id, State.SILENT),
]


async def filled(store: Store) -> None:
    """Fills every table with things about Ana, and some about Ben."""
    for one in (*HERS, *BENS, *OURS):
        await store.write(lambda tx, one=one: tx.add_messages([one]))  # type: ignore[misc]
    await store.write(lambda tx: tx.put_turns(TURNS))
    for who, target in ((ANA, "b1"), (ANA, "a1"), (BEN, "a1"), (BEN, "b1")):
        reaction = Reaction(WORKSHOP if target == "b1" else KITCHEN, target, who, "👍", NOON)
        await store.write(lambda tx, reaction=reaction: tx.react(reaction))  # type: ignore[misc]
    for member in (ANA.id, BEN.id):
        news = Membership(KITCHEN, member, Presence.JOINED)
        await store.write(lambda tx, news=news: tx.attend(news))  # type: ignore[misc]
    scope = Scope("local", "home", "kitchen")
    for who, key in ((BEN, "join"), (ANA, "place")):
        theirs = {key: (Chosen(scope, key, "off", who.id, NOON),)}
        await store.write(lambda tx, theirs=theirs, by=who.id: write_change(tx, scope, {}, theirs, by, NOON))  # type: ignore[misc]
    learnt = [Post(key, who, None, NOON.timestamp(), waited=5.0) for key, who in (("a1", ANA.id), ("b1", BEN.id))]
    await store.write(lambda tx: tx.put_posts([(KITCHEN, post) for post in [*learnt, Post("a9", ANA.id, None, 0.0)]]))


def rows(path: Path) -> dict[str, list[dict[str, Any]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in TABLES}


def about_ana(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    token = member_token(KITCHEN, ANA.id)
    traces = {
        name: [row for row in table if any(canary in repr(row).casefold() for canary in (*CANARIES, token))]
        for name, table in found.items()
    }
    return {name: table for name, table in traces.items() if table}


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes().lower() for file in path.parent.iterdir() if file.suffix != ".lock")


async def test_nothing_of_a_person_is_left_in_any_table_and_in_no_byte_of_a_file(store: Store, path: Path) -> None:
    await filled(store)
    assert set(about_ana(rows(path))) == {
        "messages", "message_words", "reactions", "turns", "posts", "stays", "choices", "choice_changes",
    }  # fmt: skip
    await store.write(lambda tx: erase(tx, PERSON))
    assert about_ana(rows(path)) == {}
    await store.close()
    assert [canary for canary in CANARIES if canary.encode() in bytes_on_disk(path)] == []


async def test_what_others_said_and_what_was_said_to_them_stays(store: Store, path: Path) -> None:
    await filled(store)
    await store.write(lambda tx: erase(tx, PERSON))
    kept = {one.id: one for one in [*await store.messages(KITCHEN, 50), *await store.messages(WORKSHOP, 50)]}
    assert [kept[one.id].text for one in BENS] == [one.text for one in BENS]
    assert kept["b2"].mentions == (SOMEBODY, "id-cleo") and kept["b2"].parts == ()
    assert kept["b3"].parts == (Part(PartKind.IMAGE, name="loaf.png"),)
    assert (kept["r1"].text, kept["r2"].text, kept["r4"].text) == ("", "", "Ben, rye is heavy")
    assert kept["r3"].text.startswith("Ben") and "slow" in kept["r3"].text
    assert not {"a1", "a2"} & kept.keys()
    assert [one.author for one in await store.reactions(WORKSHOP, "b1")] == [BEN]
    assert [row["author"] for row in rows(path)["posts"]] == [BEN.id]
    turns = {turn.id: turn for turn in await store.turns(50)}
    assert turns[id_of_turn("local", "b5")].text == "nothing of hers"
    assert turns[id_of_turn("local", "b3")].text == OURS[3].text
    for trigger in ("a1", "a0"):
        gone = turns[id_of_turn("local", trigger)]
        assert is_mark(gone.member) and (gone.trigger, gone.text, gone.decision.facts) == (gone.id, "", {})


async def test_whoever_had_come_later_still_narrows_what_all_can_read(store: Store, path: Path) -> None:
    """A stay is about what others may be shown: it loses its member, and nothing else."""
    await filled(store)
    before = [{**row, "member": ""} for row in rows(path)["stays"]]
    await store.write(lambda tx: erase(tx, PERSON))
    assert [{**row, "member": ""} for row in rows(path)["stays"]] == before


async def test_what_comes_again_after_an_erasure_is_not_stored_twice(store: Store, path: Path) -> None:
    await filled(store)
    await store.write(lambda tx: erase(tx, PERSON))
    assert await store.write(lambda tx: tx.add_messages(HERS)) == set()
    await store.write(lambda tx: erase(tx, PERSON))
    assert about_ana(rows(path)) == {}


async def test_a_person_is_counted(store: Store) -> None:
    assert await store.ask(counted(PERSON)) == {}
    await filled(store)
    assert await store.ask(counted(PERSON)) == {
        "messages": 2, "mentions": 1, "reactions": 2, "turns": 2, "posts": 2, "stays": 1,
        "choices": 1, "choice_changes": 1,
    }  # fmt: skip
    await store.write(lambda tx: erase(tx, PERSON))
    assert await store.ask(counted(PERSON)) == {"marks": 2}  # for the hourly limit; gone within a day


async def test_an_export_has_all_of_hers_with_sources_and_no_word_of_others(store: Store) -> None:
    await filled(store)
    found = await store.ask(exported(PERSON))
    text = json.dumps(found, ensure_ascii=False)
    by_what = {source["what"]: source["rows"] for source in found}
    assert [row["text"] for row in by_what["messages"]] == [one.text for one in HERS]
    assert [(row["community"], row["room_id"]) for row in by_what["messages"]] == [
        ("home", "kitchen"),
        ("home", "workshop"),
    ]
    assert by_what["turns"][0]["text"] == OURS[0].text
    assert {source["table"] for source in found} == {
        "messages", "reactions", "turns", "posts", "stays", "choices", "choice_changes",
    }  # fmt: skip
    assert by_what["choices"] == [
        {"community": "home", "room": "kitchen", "key": "place", "value": "off", "at": NOON.isoformat()}
    ]
    for others in (*(one.text for one in BENS), OURS[3].text, "the rye is old", BEN.name):
        assert others not in text
    assert all("at" in row for what in ("messages", "mentions", "reactions", "turns") for row in by_what[what])


async def test_the_rooms_of_a_person_have_their_names(store: Store) -> None:
    await filled(store)
    found = await store.ask(lambda connection: rooms_of(connection, PERSON))
    assert {(room.id, room.name) for room in found} == {("kitchen", "Kitchen"), ("workshop", "Workshop")}


NAMES = st.sampled_from(["Ana", "Ana B.", "%_", 'A"b', "O'Neil", "雨", "a" * 40, "ＡＮＡ", "Bread", "\\"])


@settings(max_examples=25, deadline=None)
@given(
    name=NAMES,
    member=NAMES,
    words=st.lists(st.sampled_from(["please", "sourdough", "面包", "does it rise"]), max_size=4),
)
async def test_an_odd_id_or_name_is_erased_and_nobody_elses_data_with_it(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, name: str, member: str, words: Sequence[str]
) -> None:
    path = tmp_path_factory.mktemp("odd") / "cameo.db"
    path.write_bytes(empty_database.read_bytes())
    store = await Store.open(path)
    who, like = Author(member, name), Author(f"{member}x", "Somebody Else")
    hers, his = replace(message("m1", " ".join(words)), author=who), replace(message("m2", "mine"), author=like)
    mention = message("m3", "look", mentions=(member, like.id), author=like)
    await store.write(lambda tx: tx.add_messages([hers, his, mention]))
    await store.write(lambda tx: erase(tx, Person("local", member)))
    left = await store.messages(KITCHEN, 9, everybody())
    await store.close()
    assert left == [his, replace(mention, mentions=(SOMEBODY, like.id))]
