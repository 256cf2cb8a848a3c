"""A thread or a room that is deleted as a whole is forgotten like messages that are deleted one by one."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.decide.posts import Post
from bot.live.deleted_threads import DeletedThreads
from bot.remember.schema import messages, posts
from bot.remember.thread_deletions import DELETED_PREFIX, MOST_AT_ONCE, kept_deletion, left_in
from bot.remember.withdrawing import OWNER
from bot.types import Deletion, Event, Part, PartKind, Room, StoreError, ThreadDeletion
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, comment, line, post
from tests.fakes.waiting import PATIENCE

SECRET = "the zebra is in the kitchen"
CHANNEL = replace(FEED, id="t", name="feed")  # a thread whose channel was unknown is stored as a room
OTHER = Room("local", "home", "other", "other", "home")


async def until_forgotten(on: Stage) -> None:
    """Waits until no deletion of a thread is left to be done."""
    async with asyncio.timeout(PATIENCE):
        while await on.store.adapter_state(OWNER).scan(DELETED_PREFIX):
            await asyncio.sleep(0.002)


async def standing(on: Stage) -> set[str]:
    """The ids of all messages that are not deleted."""

    async def question(connection: AsyncConnection) -> set[str]:
        return set(await connection.scalars(select(messages.c.id).where(messages.c.deleted.is_(False))))

    return await on.store.ask(question)


async def learnt(on: Stage) -> set[str]:
    async def question(connection: AsyncConnection) -> set[str]:
        return set(await connection.scalars(select(posts.c.id)))

    return await on.store.ask(question)


TOWN = (
    post("t", "Ana", "why?"),
    comment("t1", "t", "Ben", "because", 1),
    line("r", "Eve", "in a thread without its channel", 2, room=CHANNEL),
    post("u", "Ana", "another thread", 3),
    line("l", "Ben", "in the timeline", 4),
    line("l2", "Ben", "elsewhere", 5, room=OTHER),
    comment("o", "t", "Ben", "a thread of this id elsewhere", 6, room=OTHER),
)


@pytest.mark.parametrize(
    ("deletion", "left"),
    [
        (ThreadDeletion(FEED, "t", at(9)), {"u", "l", "l2", "o"}),
        (ThreadDeletion(FEED, "u", at(9)), {"t", "t1", "r", "l", "l2", "o"}),
        (ThreadDeletion(FEED, None, at(9)), {"r", "l2", "o"}),
        (ThreadDeletion(CHANNEL, None, at(9)), {"t", "t1", "u", "l", "l2", "o"}),
        (ThreadDeletion(OTHER, None, at(9)), {"t", "t1", "r", "u", "l"}),
        (ThreadDeletion(FEED, "unknown", at(9)), {each.id for each in TOWN}),
        (ThreadDeletion(replace(FEED, community="else"), None, at(9)), {each.id for each in TOWN}),
    ],
)
async def test_all_of_it_goes_and_nothing_else(tmp_path: Path, deletion: ThreadDeletion, left: set[str]) -> None:
    async with stage(tmp_path) as on:
        await on.hear(TOWN)
        await on.hear([deletion])
        await until_forgotten(on)
        assert await standing(on) == left
        assert await learnt(on) <= left


async def test_with_turns_our_words_and_quotations(tmp_path: Path) -> None:
    quoting = line("q", "Ben", "well", 12, parts=(Part(PartKind.QUOTE, SECRET, "Ana"),))
    async with stage(tmp_path) as on:
        await on.hear([post("t", "Ana", f"@mochi {SECRET}"), comment("w", "t", "Ben", "@mochi later", 0)])
        await on.clock.advance(10)
        await on.until_told("t", "sent")
        reply = (await on.turn("t")).reply_id
        assert reply is not None
        await on.hear([comment(reply, "t", US, f"re: {SECRET}", 11, reply_to="t"), quoting])
        await on.hear([ThreadDeletion(FEED, "t", at(13))])
        await until_forgotten(on)
        kept = repr([await on.store.turns(99), await on.store.messages(FEED, 99)])
        assert SECRET not in kept and "id-ana" not in kept
        assert await standing(on) == {"q"}
        assert on.platform.gone == [], "the platform has deleted our answers with the thread"


async def test_what_was_to_be_answered_there_is_not(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.writer.pen.clear()
        await on.hear([post("t", "Ana", "@mochi why?")])
        await on.clock.advance(5)
        await on.until(lambda: on.writer.writing == ["t"])
        await on.hear([ThreadDeletion(FEED, "t", at(6))])
        await until_forgotten(on)
        on.writer.pen.set()
        await on.until_told("t", "stopped")
        assert on.platform.said() == []


async def test_many_messages_go_a_few_at_a_time(tmp_path: Path) -> None:
    count = 2 * MOST_AT_ONCE + 7
    async with stage(tmp_path) as on:
        await on.hear([comment(f"m{n}", "t", f"Member {n}", f"line {n}", n) for n in range(count)])
        [said, *_] = left_in(ThreadDeletion(FEED, "t", at(0)))
        found = await on.store.ask(said(None))
        newest = [f"m{n}" for n in reversed(range(count))][:MOST_AT_ONCE]
        assert [deletion.message_id for _, deletion in found] == newest
        before = on.store.transactions
        await on.hear([ThreadDeletion(FEED, "t", at(count))])
        await until_forgotten(on)
        assert await standing(on) == set()
        assert on.store.transactions - before >= 3


async def test_what_was_learnt_from_older_messages_goes_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        old = [(FEED, Post("p", "ana", "t", 0.0)), (FEED, Post("u", "ana", "u", 0.0))]
        await on.store.write(lambda tx: tx.put_posts(old))
        await on.hear([ThreadDeletion(FEED, "t", at(1))])
        await until_forgotten(on)
        assert await learnt(on) == {"u"}


@pytest.mark.parametrize("half_done", [False, True])
async def test_a_restart_goes_on_with_it(tmp_path: Path, half_done: bool) -> None:
    """As after a SIGKILL: the deletion is committed, and none or some of the messages are deleted."""
    async with stage(tmp_path) as on:
        await on.hear(TOWN)
        await on.store.adapter_state(OWNER).put(kept_deletion(ThreadDeletion(FEED, "t", at(9))))
        await on.hear([Deletion(FEED, "t1", at(9))] if half_done else [])
        clock = on.clock
    async with stage(tmp_path, clock) as on:
        await until_forgotten(on)
        assert await standing(on) == {"u", "l", "l2", "o"}


async def test_a_store_that_fails_is_tried_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear(TOWN)
        failures = [StoreError("full")]

        async def hear(platform: str, events: Sequence[Event]) -> None:
            if failures:
                raise failures.pop()
            await on.participant.hear(platform, events)

        await on.store.adapter_state(OWNER).put(kept_deletion(ThreadDeletion(FEED, "t", at(9))))
        task = asyncio.create_task(DeletedThreads(on.store, hear, asyncio.Event(), on.clock).run())
        await on.until(lambda: not failures)
        await on.clock.advance(2)
        await until_forgotten(on)
        assert await standing(on) == {"u", "l", "l2", "o"}
        task.cancel()


async def test_where_cameo_is_off_now_it_is_deleted_all_the_same(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear(TOWN)
        on.put_in_force(join="off")
        await on.hear([ThreadDeletion(FEED, None, at(9))])
        await until_forgotten(on)
        assert await standing(on) == {"r", "l2", "o"}
