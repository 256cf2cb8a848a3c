"""The writer's guarantees to many callers, and when the database fails."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.remember.store import DatabaseInUse, Store
from bot.remember.transaction import Transaction
from bot.types import Message, StoreError
from tests.fakes.present import present

from .makers import KITCHEN, edit, ids, message, turn


def adding(*added: Message) -> Callable[[Transaction], Awaitable[set[tuple[str, str]]]]:
    return lambda tx: tx.add_messages(added)


async def limit_pages(store: Store, pages: int) -> None:
    """Simulates a full disk: SQLite can't grow the file."""

    async def work(tx: Transaction) -> None:
        await tx._open().exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await store.write(work)


async def test_works_that_wait_share_a_commit_and_keep_their_order(store: Store, path: Path) -> None:
    results = await asyncio.gather(*[store.write(adding(message(f"m{n}"))) for n in range(200)])
    assert results == [{("local", f"m{n}")} for n in range(200)]
    assert ids(await store.messages(KITCHEN, 500)) == [f"m{n}" for n in range(200)]
    assert commits(path) < 20


def commits(path: Path) -> int:
    """The number of transactions in the journal: a frame that ends one contains the database's size."""
    journal = path.with_name(path.name + "-wal").read_bytes()
    frames = range(32, len(journal), 24 + 4096)
    return sum(journal[frame + 4 : frame + 8] != bytes(4) for frame in frames)


async def test_a_commit_waits_for_the_disk_if_anybody_in_it_asks_for_that(store: Store) -> None:
    async def level(tx: Transaction) -> object:
        return (await tx._open().exec_driver_sql("PRAGMA synchronous")).scalar()

    full, normal = 2, 1
    assert await store.write(level) == full
    assert await store.write(level, durable=False) == normal
    both = [store.write(level, durable=False), store.write(level), store.write(level, durable=False)]
    assert await asyncio.gather(*both) == [full] * 3
    assert await store.write(level, durable=False) == normal


async def test_transactions_are_counted_when_they_have_ended_whatever_became_of_them(store: Store) -> None:
    counted = []

    async def counting(tx: Transaction) -> None:
        counted.append(store.transactions)

    async def failing(tx: Transaction) -> None:
        raise KeyError("mine")

    await store.write(counting)
    with pytest.raises(KeyError):
        await store.write(failing)
    await store.write(counting)
    await limit_pages(store, 1)
    with pytest.raises(StoreError):
        await store.write(adding(message("m1", "x" * 500_000)))
    await store.write(counting)
    assert counted == [0, 2, 5]


async def test_a_works_own_exception_undoes_its_part_alone(store: Store) -> None:
    async def failing(tx: Transaction) -> None:
        await tx.add_messages([message("bad", "a rare word")])
        await tx.edit(edit("good", "spoilt"))
        raise KeyError("mine")

    before, failed, after = await asyncio.gather(
        store.write(adding(message("good"))), store.write(failing), store.write(adding(message("too"))),
        return_exceptions=True,
    )  # fmt: skip
    assert (before, after) == ({("local", "good")}, {("local", "too")})
    assert isinstance(failed, KeyError)
    assert await store.messages(KITCHEN, 9) == [message("good"), message("too")]


async def test_a_work_that_fails_alone_leaves_nothing(store: Store) -> None:
    async def failing(tx: Transaction) -> None:
        await tx.add_messages([message("bad")])
        raise KeyError("mine")

    with pytest.raises(KeyError):
        await store.write(failing)
    assert await store.messages(KITCHEN, 9) == []
    assert await store.write(adding(message("good"))) == {("local", "good")}


async def test_a_work_sees_what_earlier_works_of_the_same_commit_wrote(store: Store) -> None:
    first, second = await asyncio.gather(store.write(adding(message("m1"))), store.write(adding(message("m1"))))
    assert (first, second) == ({("local", "m1")}, set())


async def test_an_id_is_new_once(store: Store) -> None:
    assert await store.write(adding(message("m1"), message("m1", "again"), message("m2"))) == {
        ("local", "m1"),
        ("local", "m2"),
    }
    assert await store.write(adding(message("m2"), message("m3"))) == {("local", "m3")}
    assert present(await store.message("local", "m1")).text == "hello"
    assert await store.write(adding()) == set()


async def test_a_transaction_ends_with_its_work(store: Store) -> None:
    kept = []

    async def work(tx: Transaction) -> None:
        kept.append(tx)

    await store.write(work)
    with pytest.raises(RuntimeError, match="has ended"):
        await kept[0].add_messages([message("m1")])


async def test_a_work_that_waits_for_another_write_is_told_so(store: Store) -> None:
    with pytest.raises(RuntimeError, match="wait for itself"):
        await store.write(lambda tx: store.write(adding(message("m1"))))


async def test_a_caller_who_gives_up_breaks_nothing(store: Store) -> None:
    started = asyncio.Event()

    async def slow(tx: Transaction) -> set[tuple[str, str]]:
        started.set()
        for _ in range(20):
            await asyncio.sleep(0)
        return await tx.add_messages([message("m1")])

    waiting = [asyncio.create_task(store.write(slow)), asyncio.create_task(store.write(adding(message("m2"))))]
    await started.wait()
    for task in waiting:
        task.cancel()
    gone = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in gone] == [asyncio.CancelledError] * 2
    assert await store.write(adding(message("m3"))) == {("local", "m3")}
    assert "m3" in ids(await store.messages(KITCHEN, 9))


async def test_a_work_may_be_cancelled_from_within(store: Store) -> None:
    async def cancelled(tx: Transaction) -> None:
        await tx.add_messages([message("bad")])
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await store.write(cancelled)
    assert await store.write(adding(message("good"))) == {("local", "good")}
    assert ids(await store.messages(KITCHEN, 9)) == ["good"]


async def test_a_reader_who_gives_up_breaks_nothing(store: Store) -> None:
    await store.write(adding(message("m1")))
    asking = [asyncio.create_task(store.messages(KITCHEN, 9)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert ids(await store.messages(KITCHEN, 9)) == ["m1"]


async def test_whatever_is_committed_is_seen(store: Store) -> None:
    for n in range(30):
        await store.write(adding(message(f"m{n}")))
        assert ids(await store.messages(KITCHEN, 1)) == [f"m{n}"]


async def test_closing_stores_what_is_queued(path: Path) -> None:
    store = await Store.open(path)
    queued = [asyncio.create_task(store.write(adding(message(f"m{n}")))) for n in range(5)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*queued) == [{("local", f"m{n}")} for n in range(5)]
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.write(adding(message("late")))
    with pytest.raises(StoreError, match="closed"):
        await store.messages(KITCHEN, 1)


async def test_a_store_is_opened_once(store: Store, path: Path) -> None:
    with pytest.raises(DatabaseInUse, match=r"process \d+"):
        await Store.open(path)


async def test_a_look_while_another_is_at_work(store: Store, path: Path) -> None:
    await store.write(adding(message("m1")))
    look = await Store.open(path, reading_only=True)
    assert ids(await look.messages(KITCHEN, 9)) == ["m1"]
    with pytest.raises(StoreError, match="reading only"):
        await look.write(adding(message("m2")))
    await look.close()


async def test_a_full_disk_is_said_and_nothing_is_acknowledged(store: Store) -> None:
    await store.write(adding(message("before")))
    await limit_pages(store, 1)  # SQLite raises it to the file's current size
    large = "x" * 50_000
    results = await asyncio.gather(
        *[store.write(adding(message(f"m{n}", large))) for n in range(8)], return_exceptions=True
    )
    assert [type(result) for result in results] == [StoreError] * 8
    assert "the disk is full" in str(results[0])
    assert ids(await store.messages(KITCHEN, 99)) == ["before"]
    await limit_pages(store, 1_000_000)
    assert await store.write(adding(message("after", large))) == {("local", "after")}
    assert ids(await store.messages(KITCHEN, 99)) == ["before", "after"]


async def test_a_work_that_hides_a_full_disk_fails_all_the_same(store: Store) -> None:
    await limit_pages(store, 1)

    async def hiding(tx: Transaction) -> str | None:
        await tx.put_turns([turn("t1", "m1")])
        try:
            await tx.add_messages([message("m1", "x" * 500_000)])
        except Exception:
            return "stored!"
        return None

    with pytest.raises(StoreError, match="the disk is full"):
        await store.write(hiding)
    await limit_pages(store, 1_000_000)
    assert await store.turns(last=9) == []


async def test_a_locked_database_is_said_and_nothing_is_acknowledged(path: Path) -> None:
    store = await Store.open(path, busy_seconds=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        results = await asyncio.gather(
            *[store.write(adding(message(f"m{n}"))) for n in range(3)], return_exceptions=True
        )
        assert [type(result) for result in results] == [StoreError] * 3
        assert "keeps the database locked" in str(results[0])
        assert await store.messages(KITCHEN, 9) == []
        other.execute("ROLLBACK")
    assert await store.write(adding(message("after"))) == {("local", "after")}
    await store.close()


async def test_a_lock_that_is_let_go_in_time_is_waited_for(path: Path) -> None:
    store = await Store.open(path, busy_seconds=30)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(store.write(adding(message("m1"))))
        assert await store.messages(KITCHEN, 9) == []  # readers never wait
        other.execute("ROLLBACK")
        assert await writing == {("local", "m1")}
    await store.close()


async def test_errors_do_not_tell_what_members_wrote(store: Store) -> None:
    await store.write(lambda tx: tx.put_turns([turn("t1", "m1")]))
    with pytest.raises(Exception, match="UNIQUE") as caught:
        await store.write(lambda tx: tx.put_turns([turn("t2", "m1", text="zebra secret")]))
    assert "zebra" not in str(caught.value)


async def test_nobody_waits_for_ever_when_the_loop_ends(path: Path) -> None:
    store = await Store.open(path)
    started = asyncio.Event()

    async def endless(tx: Transaction) -> None:
        await tx.add_messages([message("m1")])
        started.set()
        await asyncio.Event().wait()

    waiting = [asyncio.create_task(store.write(endless)), asyncio.create_task(store.write(adding(message("m2"))))]
    await started.wait()
    (writer,) = [task for task in asyncio.all_tasks() if task.get_name() == "store writer"]
    writer.cancel()
    refused = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in refused] == [StoreError] * 2
    with pytest.raises(RuntimeError, match="the writer has ended"):
        await store.write(adding(message("m3")))
    assert await store.messages(KITCHEN, 9) == []
    await store.close()
