"""Deleted messages disappear from results at once and from the file soon, and don't come back."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.decide.posts import Post
from bot.remember.memory import Memory
from bot.remember.rebuild import past
from bot.remember.schema import metadata
from bot.remember.store import PURGED_AT_ONCE, ROOMS_PURGED_AT_ONCE, Store, Transaction
from bot.remember.sweep import PAUSE_SECONDS, RETRY_SECONDS, Sweep
from bot.types import Decision, Message, Room, State, Usage, Verdict
from tests.fakes.present import present
from tests.fakes.waiting import PATIENCE

from .makers import KITCHEN, NOON, WORKSHOP, deletion, edit, everybody, ids, later, message, reaction, turn


async def tell(store: Store, *said: Message) -> set[tuple[str, str]]:
    return await store.write(lambda writing: writing.add_messages(said))


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in path.parent.iterdir() if file.suffix != ".lock")


async def test_deleted_is_gone_everywhere(store: Store) -> None:
    await tell(store, message("m1", "my secret"), message("m2", "and?"))
    await store.write(lambda writing: writing.react(reaction("m1")))
    assert await store.write(lambda writing: writing.delete(deletion("m1"))) is True
    assert await store.message("local", "m1") is None
    assert ids(await store.messages(KITCHEN, 9)) == ["m2"]
    assert await store.reactions(KITCHEN, "m1") == []
    assert await Memory(store).recall(everybody(), "secret") == []
    assert await store.write(lambda writing: writing.delete(deletion("m1"))) is False


async def test_deleted_stays_deleted_when_it_is_played_again(store: Store) -> None:
    await tell(store, message("m1", "my secret"))
    await store.write(lambda writing: writing.delete(deletion("m1")))
    assert await tell(store, message("m1", "my secret")) == set()
    assert await store.write(lambda writing: writing.edit(edit("m1", "my secret"))) is False
    await store.write(lambda writing: writing.react(reaction("m1")))
    assert await store.message("local", "m1") is None
    assert await store.reactions(KITCHEN, "m1") == []


async def test_a_deletion_may_come_before_its_message(store: Store) -> None:
    assert await store.write(lambda writing: writing.delete(deletion("m1"))) is False
    assert await tell(store, message("m1"), message("m2")) == {("local", "m2")}
    assert ids(await store.messages(KITCHEN, 9)) == ["m2"]


async def test_our_own_deleted_reply_leaves_its_turn_too(store: Store) -> None:
    sent = turn("t1", "m1", state=State.SENT, text="my words", reply_id="r1", usage=Usage(1, 0, 1, 0.1))
    await store.write(lambda writing: writing.put_turns([sent]))
    await tell(store, message("r1", "my words"))
    await store.write(lambda writing: writing.delete(deletion("r1")))
    kept = present(await store.turn("local", "m1"))
    assert (kept.text, kept.usage, kept.reply_id) == ("", sent.usage, "r1")


async def test_an_edit_changes_a_known_living_message_once(store: Store) -> None:
    await tell(store, message("m1", "bred", mentions=("bo",)))
    assert await store.write(lambda writing: writing.edit(edit("m1", "bread"))) is True
    assert await store.write(lambda writing: writing.edit(edit("m1", "bread"))) is False
    assert await store.write(lambda writing: writing.edit(edit("unknown", "bread"))) is False
    assert await store.message("local", "m1") == message("m1", "bread", mentions=("bo",))


async def test_deleted_and_edited_text_leaves_the_file(path: Path) -> None:
    store = await Store.open(path)
    filler = [message(f"m{n}", f"filler number {n} of many, long enough to fill a page or two") for n in range(300)]
    await tell(store, *filler, message("gone", "zebrasecret one"), message("changed", "giraffesecret two"))
    await tell(store, message("kept", "ordinary three"))
    assert b"zebrasecret" in bytes_on_disk(path)
    await store.write(lambda writing: writing.delete(deletion("gone")))
    await store.write(lambda writing: writing.edit(edit("changed", "harmless")))
    await store.close()
    left = bytes_on_disk(path)
    assert b"ordinary three" in left
    for secret in (b"zebrasecret", b"brasecret", b"giraffesecret", b"raffesecret"):
        assert secret not in left


@pytest.mark.parametrize(
    "forget",
    [
        pytest.param(lambda store: store.write(lambda tx: tx.delete(deletion("gone"))), id="deleted"),
        pytest.param(lambda store: store.write(lambda tx: tx.edit(edit("gone", "harmless"))), id="edited"),
        pytest.param(lambda store: store.purge(later(1)), id="purged"),
    ],
)
async def test_forgotten_text_leaves_rows_and_journal_while_we_run(
    store: Store, path: Path, forget: Callable[[Store], Awaitable[object]]
) -> None:
    await tell(store, message("gone", "zebra secret one"))
    assert b"zebra secret" in bytes_on_disk(path)
    await forget(store)
    await tell(store)  # the writer sweeps before it takes the next work
    assert b"zebra secret" not in bytes_on_disk(path)


@pytest.mark.parametrize("forget", [lambda tx: tx.delete(deletion("gone")), lambda tx: tx.edit(edit("gone", "else"))])
@pytest.mark.parametrize("works", ["in one work", "in works that share a commit", "in two commits"])
async def test_words_that_are_forgotten_are_in_no_index(
    store: Store, path: Path, forget: Callable[[Transaction], Awaitable[object]], works: str
) -> None:
    """Also if they were heard just before, so that both changes reach the index together."""
    add = partial(Transaction.add_messages, heard=[message("gone", "zebra"), message("kept", "giraffe")])

    async def both(tx: Transaction) -> None:
        await add(tx)
        await forget(tx)

    if works == "in one work":
        await store.write(both)
    elif works == "in works that share a commit":
        await asyncio.gather(store.write(add), store.write(forget))
    else:
        await store.write(add)
        await store.write(forget)
    with closing(sqlite3.connect(path)) as connection:
        for word, rows in {"zebra": 0, "giraffe": 1}.items():
            found = connection.execute("SELECT count(*) FROM message_words WHERE message_words MATCH ?", (word,))
            assert found.fetchone() == (rows,), word


async def test_who_reads_for_long_stops_nobody(path: Path) -> None:
    """A reader such as a backup: the journal can't be truncated while it reads, so that happens afterwards."""
    store = await Store.open(path, busy_seconds=600)
    await tell(store, message("gone", "zebra secret one"))
    with closing(sqlite3.connect(path, isolation_level=None)) as backup:
        backup.execute("BEGIN")
        assert backup.execute("SELECT count(*) FROM messages").fetchone() == (1,)
        await store.write(lambda writing: writing.delete(deletion("gone")))
        assert await tell(store, message("m2")) == {("local", "m2")}
        assert await store.message("local", "gone") is None
    await store.close()
    assert b"zebra secret" not in bytes_on_disk(path)


async def test_purge_removes_what_was_heard_before(store: Store) -> None:
    old = [message(f"old{n}", "old bread", heard=NOON, at=later(9**9)) for n in range(3)]
    new = message("new", "new bread", heard=later(60), at=NOON - timedelta(days=400))
    await tell(store, *old, new)
    for each in ("old1", "new"):
        await store.write(partial(Transaction.react, reaction=reaction(each)))
    assert await store.purge(later(30)) == 3
    assert ids(await store.messages(KITCHEN, 9)) == ["new"]
    assert [found.message.id for found in await Memory(store).recall(everybody(), "bread")] == ["new"]
    assert await store.purge(later(30)) == 0


async def test_purge_removes_turns_that_are_old_and_of_no_more_use(store: Store) -> None:
    speak = Decision(Verdict.SPEAK, "unanswered", later(40))
    kept = [
        turn("new", "m3", state=State.SENT, at=later(60)),
        turn("due later", "m4", state=State.PASSED, decision=speak, usage=Usage(cost_usd=0.1)),
        turn("its reply is there", "m5", state=State.SENT, addressed=True, reply_id="r5"),
    ]
    gone = [turn("old", "m1", state=State.SENT, text="said"), turn("no reply any more", "m6", reply_id="r6")]
    gone.append(turn("never sent", "m2", state=State.SENDING, text="about to be said"))
    gone[1] = replace(gone[1], state=State.SENT)
    await tell(store, message("r5", heard=later(50)), message("r6"))
    await store.write(lambda tx: tx.put_turns([*kept, *gone]))
    await store.purge(later(30))
    assert sorted(each.id for each in await store.turns(last=9)) == sorted(each.id for each in kept)
    await store.purge(later(55))
    assert [each.id for each in await store.turns(last=9)] == ["new"]


async def test_turns_posts_and_reactions_are_purged_in_slices_that_let_others_in_between(store: Store) -> None:
    """Each commit of a purge removes a bounded number of rows; works queued meanwhile run between two of them."""
    many = PURGED_AT_ONCE * 2 + 1
    await store.write(lambda tx: tx.put_turns([turn(f"t{n}", f"m{n}", state=State.SILENT) for n in range(many)]))
    await store.write(lambda tx: tx.put_posts([(KITCHEN, _post(n)) for n in range(many)]))
    for purge in (store.purge, store.purge_learnt):
        before, purging = store.transactions, asyncio.create_task(purge(later(1)))
        while not purging.done():
            await store.write(lambda tx: tx.put_state("local", {"between": "two"}))
        await purging
        assert store.transactions - before >= 4
    assert await store.turns(9) == []
    assert (await store.ask(past(KITCHEN))).posts == []


async def test_neither_a_start_nor_a_purge_goes_through_every_row(store: Store, path: Path) -> None:
    """Explains each statement exactly as it was executed, on a file with some rows."""
    said = []
    for end in (store._reader._connection, present(store._queue)._connection):
        event.listen(end.sync_connection, "before_cursor_execute", lambda *given: said.append(given[2:4]))
    await tell(store, message("m1"), message("m2", heard=later(60)))
    await store.write(lambda tx: tx.put_turns([turn("t1", "m1", state=State.SENT), turn("t2", "m2")]))
    await store.write(lambda tx: tx.put_posts([(KITCHEN, _post(1))]))
    said.clear()
    await store.counting_turns(NOON)
    for purge, _ in store.purges(30):
        await purge(later(30))
    assert len(said) > 8
    with closing(sqlite3.connect(path)) as connection:
        for statement, values in said:
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            scanned = [step for step in plan if step.startswith("SCAN") and step.split()[1] in metadata.tables]
            assert all("COVERING INDEX" in step for step in scanned), (statement, plan)


def _post(number: int) -> Post:
    return Post(f"p{number}", "ann", None, NOON.timestamp())


async def test_hours_are_purged_in_every_room_but_for_the_first(store: Store) -> None:
    rooms = [Room("local", "home", f"room-{n}") for n in range(ROOMS_PURGED_AT_ONCE + 3)]
    for hour in range(3):
        moment = later(3600 * hour)
        await tell(store, *(message(f"{room.id}-{hour}", room=room, heard=moment, at=moment) for room in rooms))
    await store.purge_learnt(later(3600 * 2))
    for room in rooms:
        assert [hour % 24 for hour, _ in (await store.ask(past(room))).hours] == [12, 14]


async def test_purge_goes_on_in_pieces(store: Store) -> None:
    many = [message(f"m{n}", room=WORKSHOP) for n in range(PURGED_AT_ONCE * 2 + 1)]
    await tell(store, *many)
    assert await store.purge(later(1)) == len(many)
    assert await store.messages(WORKSHOP, 9) == []


async def test_purged_text_leaves_the_file(path: Path) -> None:
    store = await Store.open(path)
    await tell(store, *[message(f"m{n}", f"zebrasecret {n}") for n in range(50)])
    await store.purge(later(1))
    await store.close()
    assert b"brasecret" not in bytes_on_disk(path)


async def test_words_leave_an_index_of_any_size(path: Path) -> None:
    """One that takes more than one step to rewrite."""
    store = await Store.open(path)
    await tell(store, *(message(f"m{n}", " ".join(f"word{n:05}x{k}" for k in range(20))) for n in range(5000)))
    await tell(store, message("gone", "zebrasecret"))
    await store.write(lambda tx: tx.delete(deletion("gone")))
    await store.close()
    assert b"brasecret" not in bytes_on_disk(path)


async def test_a_removed_value_of_an_adapter_leaves_the_file_while_the_store_is_open(store: Store, path: Path) -> None:
    """The local community keeps its posts in such values."""
    state = store.adapter_state("local")
    await state.put({"message/1": "zebrasecret" * 1000})  # more than a page
    await state.put({"message/1": None})
    async with asyncio.timeout(PATIENCE):
        while b"zebrasecret" in bytes_on_disk(path):
            await asyncio.sleep(0.01)


async def test_a_journal_that_a_reader_kept_is_emptied_a_second_later(store: Store, path: Path) -> None:
    seconds, reader = [100.0], sqlite3.connect(path, isolation_level=None)
    sweep = Sweep(present(store._queue)._connection, path, lambda: seconds[0])
    while sweep.pause() == 0.0:
        await sweep.step()
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM messages").fetchall()
    await tell(store, message("m1"))
    sweep.note()
    await sweep.step()
    reader.close()
    assert present(sweep.pause()) <= RETRY_SECONDS
    seconds[0] += RETRY_SECONDS
    await sweep.step()
    assert Path(f"{path}-wal").stat().st_size == 0


async def test_a_busy_moderator_causes_one_merge_a_minute(store: Store, path: Path) -> None:
    """From the start of one to the start of the next; what is deleted meanwhile waits."""
    await tell(store, message("m1"))
    seconds = iter(range(10_000))  # each look at the clock takes a second
    sweep = Sweep(present(store._queue)._connection, path, lambda: float(next(seconds)))
    while sweep.pause() == 0.0:
        await sweep.step()
    assert sweep.pause() is None
    sweep.note()
    while sweep.pause() == 0.0:
        await sweep.step()
    assert 0.0 < present(sweep.pause()) <= PAUSE_SECONDS
