"""What a deleted or edited message takes with it: its turn's person and words, our quotations, others' quotations."""

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.decide.pseudonyms import id_of_turn, is_mark, mark_of
from bot.remember.lookup import lookup
from bot.remember.memory import Memory
from bot.remember.rebuild import remembered
from bot.remember.store import Store, Transaction
from bot.types import Author, Decision, Edit, Message, Part, PartKind, Room, State, Turn, Verdict
from tests.fakes.present import present

from .makers import ANN, KITCHEN, NOON, WORKSHOP, deletion, edit, everybody, later, message, reaction, turn

US = Author("me", "Mochi", is_bot=True, is_self=True)
SECRET = "my neighbour's zebra escaped"
ENDED = [state for state in State if not state.is_open]


async def told(store: Store, *said: Message) -> None:
    await store.write(lambda tx: tx.add_messages(said))


async def decided(store: Store, trigger: str, **rest: Any) -> Turn:
    """A turn about a message, as it is decided and stored."""
    facts = {"ended_by": trigger, "hold": {"seconds": 60}}
    decision = Decision(Verdict.SPEAK, "addressed", NOON, facts)
    made = turn(id_of_turn("local", trigger), trigger, **{"decision": decision, "state": State.SENT, **rest})
    await store.write(lambda tx: tx.put_turns([made]))
    return made


def rows(path: Path, table: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(map(repr, connection.execute(f"SELECT * FROM {table}")))


# --- the turn ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize("change", [deletion("m1"), edit("m1", "never mind")])
async def test_an_ended_turn_loses_its_person_message_text_and_facts(store: Store, state: State, change: Any) -> None:
    await told(store, message("m1", SECRET))
    made = await decided(store, "m1", state=state, text=f"re: {SECRET}", reply_id="r1", addressed=True)
    await changed(store, change)
    left = present(await store.turn("local", "m1"))
    assert (left.trigger, left.text, left.decision.facts) == (made.id, "", {})
    assert left.member == mark_of("local", "ann") != "ann"
    assert (left.state, left.reply_id, left.decision.reason, left.usage) == (state, "r1", "addressed", made.usage)


@pytest.mark.parametrize("state", [state for state in State if state.is_open])
async def test_a_deletion_takes_the_person_of_a_turn_that_goes_on(store: Store, state: State) -> None:
    await told(store, message("m1", SECRET))
    await decided(store, "m1", state=state, text=f"re: {SECRET}")
    await changed(store, deletion("m1"))
    left = present(await store.turn("local", "m1"))
    assert (left.state, left.trigger, left.text, left.decision.facts) == (state, left.id, "", {})
    assert is_mark(left.member)


async def test_while_it_is_sent_an_edited_message_s_turn_keeps_only_what_sending_needs(store: Store) -> None:
    await told(store, message("m1", SECRET))
    await decided(store, "m1", state=State.SENDING, text="re: that")
    await changed(store, edit("m1", "never mind"))
    left = present(await store.turn("local", "m1"))
    assert (left.trigger, left.text, left.decision.facts) == ("m1", "re: that", {})
    assert is_mark(left.member)


async def test_an_edit_leaves_the_person_of_a_turn_that_will_answer_the_new_text(store: Store) -> None:
    await told(store, message("m1", SECRET))
    await decided(store, "m1", state=State.DUE)
    await changed(store, edit("m1", "never mind"))
    assert present(await store.turn("local", "m1")).member == "ann"


@pytest.mark.parametrize("change", [deletion("m1"), edit("m1", "never mind")])
async def test_whether_a_message_called_us_stays_known(store: Store, change: Any) -> None:
    """The floor decided so; a room that is rebuilt would otherwise take our reply for unprompted."""
    await told(store, message("m1", "and rye?"), message("r1", "rye too", author=US, reply_to="m1", heard=later(5)))
    await decided(store, "m1", addressed=True, reply_id="r1")
    voices = await _voices(store)
    await changed(store, change)
    assert await _voices(store) == voices


async def test_whose_message_it_was_is_found_by_its_id_and_told_to_nobody(store: Store) -> None:
    await told(store, message("m1", SECRET))
    await decided(store, "m1", reply_id="r1")
    await changed(store, deletion("m1"))
    for message_id, ours in (("m1", False), ("r1", True)):
        found = present(await lookup(store, "local", message_id))
        assert (found.is_ours, found.trigger) == (ours, None) and present(found.turn).reply_id == "r1"


# --- our own words -------------------------------------------------------------------------------


@pytest.mark.parametrize("change", [deletion("m1"), edit("m1", "never mind")])
async def test_we_quote_it_and_its_author_nowhere_any_more(store: Store, path: Path, change: Any) -> None:
    await told(
        store,
        message("before", "Ann's zebra escaped, too", author=US),
        message("m1", SECRET, heard=later(1)),
        message("r1", "Oh no, Ann: your zebra escaped!", author=US, reply_to="m1", heard=later(2)),
        message("r1b", "(2/2) Where did your neighbour's zebra run?", author=US, heard=later(3)),
        message("m2", "what a day", author=Author("ben", "Ben"), heard=later(4)),
        message("r2", "Indeed: a zebra escaped. Tea?", author=US, reply_to="m2", heard=later(5)),
        message("other", "a zebra escaped here", author=US, room=WORKSHOP, heard=later(6)),
    )
    await decided(store, "m1", text="Oh no, Ann: your zebra escaped!", reply_id="r1")
    await decided(store, "m2", text="Indeed: a zebra escaped. Tea?", reply_id="r2")
    await changed(store, change)
    texts = {one.id: one.text for one in await store.messages(KITCHEN, 9)}
    assert texts["before"] == "Ann's zebra escaped, too" and texts["m2"] == "what a day"
    assert texts["r2"] == "Indeed: a …. Tea?" == present(await store.turn("local", "m2")).text
    if isinstance(change, Edit):
        assert texts["r1"] == "Oh no, …: your …!" and texts["r1b"] == "(2/2) Where did your … run?"
    else:
        assert texts["r1"] == texts["r1b"] == ""
    found = [hit.message.id for hit in await Memory(store).recall(everybody(), "zebra")]
    assert found == ["before"], "nor can it be found by it"
    assert [hit.message.id for hit in await Memory(store).recall(everybody(WORKSHOP), "zebra")] == ["other"]


@pytest.mark.parametrize("order", ["echo first", "echo last"])
async def test_a_reply_that_arrives_after_the_deletion_is_kept_without_its_text(store: Store, order: str) -> None:
    """The platform's echo, or our own copy, when the message was deleted while the reply was sent."""
    echo = message("r1", f"re: {SECRET}", author=US, reply_to="m1", heard=later(2))
    await told(store, message("m1", SECRET))
    if order == "echo first":
        await told(store, echo)
    await changed(store, deletion("m1"))
    await told(store, echo)
    assert [one.text for one in await store.messages(KITCHEN, 9)] == [""]
    assert await Memory(store).recall(everybody(), SECRET) == []


# --- quotations ----------------------------------------------------------------------------------


def quoting(id: str, text: str, **rest: Any) -> Message:
    parts = (Part(PartKind.QUOTE, text, "Ann"), Part(PartKind.IMAGE, name="zebra.png"))
    return message(id, "look at that", author=Author("ben", "Ben"), parts=parts, heard=later(9), **rest)


@pytest.mark.parametrize("change", [deletion("m1"), edit("m1", "never mind")])
async def test_others_quotations_of_it_go_and_all_else_that_they_said_stays(store: Store, change: Any) -> None:
    await told(store, message("m1", SECRET))
    await told(store, quoting("q1", "my neighbour's zebra esc"), quoting("q2", "two lazy dogs", reply_to="m0"))
    await told(store, quoting("q3", "it's Ann: zebra escaped", room=WORKSHOP))  # a forwarded message
    await changed(store, change)
    parts = {one.id: [part.kind.value for part in one.parts] for one in await store.messages(KITCHEN, 9)}
    assert (parts["q1"], parts["q2"]) == (["image"], ["quote", "image"])
    assert [part.kind for part in (await store.messages(WORKSHOP, 9))[0].parts] == [PartKind.IMAGE]


async def test_a_quotation_of_what_we_never_heard_goes_by_the_message_that_it_answers(store: Store) -> None:
    await told(store, quoting("q1", SECRET, reply_to="unheard"), quoting("q2", SECRET, reply_to="other"))
    await changed(store, deletion("unheard"))
    parts = {one.id: [part.kind.value for part in one.parts] for one in await store.messages(KITCHEN, 9)}
    assert parts == {"q1": ["image"], "q2": ["quote", "image"]}


# --- a room owns what it changes -----------------------------------------------------------------


@pytest.mark.parametrize("elsewhere", [WORKSHOP, Room("local", "other", "elsewhere")])
async def test_an_event_from_another_room_changes_nothing(store: Store, path: Path, elsewhere: Room) -> None:
    await told(store, message("m1", SECRET), quoting("q1", SECRET))
    await decided(store, "m1", text="re: that", reply_id="r1")
    await store.write(lambda tx: tx.react(reaction("m1")))
    tables = ("messages", "message_words", "reactions", "turns", "posts")
    before = [rows(path, table) for table in tables]
    there = reaction("m1", "💥")
    for removed in (False, True):
        bad = type(there)(elsewhere, "m1", ANN, "💥" if not removed else "👍", NOON, removed)
        await store.write(partial(Transaction.react, reaction=bad))
    assert await store.write(lambda tx: tx.edit(edit("m1", "hijacked", room=elsewhere))) is False
    assert await store.write(lambda tx: tx.delete(deletion("m1", room=elsewhere))) is False
    assert [rows(path, table) for table in tables] == before


async def test_another_room_can_t_keep_a_message_out_by_deleting_it_beforehand(store: Store) -> None:
    await store.write(lambda tx: tx.delete(deletion("m1", room=WORKSHOP)))
    assert await store.write(lambda tx: tx.add_messages([message("m1", SECRET)])) == {("local", "m1")}
    assert present(await store.message("local", "m1")).room == KITCHEN
    assert [hit.message.id for hit in await Memory(store).recall(everybody(), "zebra")] == ["m1"]
    await store.write(lambda tx: tx.delete(deletion("m1")))
    assert await store.write(lambda tx: tx.add_messages([message("m1", SECRET)])) == set(), "its own room can"


async def test_a_thread_that_can_t_be_fetched_still_owns_its_messages(store: Store) -> None:
    """Discord: the channel of a deletion is then a room of its own, not its parent's thread."""
    await told(store, message("m1", SECRET, root="991"))
    assert await store.write(lambda tx: tx.delete(deletion("m1", room=Room("local", "home", "991")))) is True
    assert await store.message("local", "m1") is None


async def test_a_reaction_is_kept_no_longer_than_its_message(store: Store, path: Path) -> None:
    """Its time is the platform's and may be forged, so that it can't be purged by it."""
    await told(store, message("m1"))
    forged = reaction("m1")
    await store.write(lambda tx: tx.react(type(forged)(KITCHEN, "m1", ANN, "👍", later(10**9))))
    await store.write(lambda tx: tx.react(reaction("never heard")))
    assert len(await store.reactions(KITCHEN, "m1")) == 1 and await store.reactions(KITCHEN, "never heard") == []
    await store.purge(later(1))
    assert rows(path, "reactions") == ""


async def changed(store: Store, change: Any) -> None:
    known = Transaction.edit if isinstance(change, Edit) else Transaction.delete
    await store.write(lambda tx: known(tx, change))


async def _voices(store: Store) -> Any:
    return present((await store.ask(remembered(KITCHEN, with_past=True, with_times=False))).past).voices
