"""Floors in memory are never ahead of the disk: a failure drops them, and they are rebuilt from the store."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest

from bot.config.settings import Limits
from bot.decide.floor import Floor
from bot.decide.posts import Post
from bot.live.rooms import Floors, Rooms, Work
from bot.remember.transaction import Transaction
from bot.types import Deletion, Edit, Message, Room, State, StoreError, Turn
from tests.fakes.clock import VirtualClock, settle
from tests.fakes.present import present
from tests.fakes.shipped import reference
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, NOON, US, at, comment, line, person, post
from tests.fakes.waiting import PATIENCE

OTHER = Room("local", "home", "den", "den", "home")
THIRD = Room("local", "away", "hall", "hall", "away")
ANA = person("Ana").id
SHORTLY = 0.1  # seconds that the store waits for a database that the test has locked


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Locks the database, as another program might."""
    with closing(sqlite3.connect(path / "cameo.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def limit_pages(on: Stage, pages: int) -> None:
    """Keeps SQLite from growing the file."""

    async def work(tx: Transaction) -> None:
        await tx._open().exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await on.store.write(work)


async def hear(on: Stage, *messages: Message) -> list[str]:
    """Hears messages directly through the rooms, as the participant does; returns the states of the turns."""

    async def work(tx: Transaction, floors: Floors) -> list[Turn]:
        known = [floors[message.room] for message in messages]
        turns = await on.rooms.add(
            tx, floors, [floor.recognise(message) for floor, message in zip(known, messages, strict=True)]
        )
        await tx.put_turns(turns)
        return turns

    return [str(turn.state) for turn in await on.rooms.change([message.room for message in messages], work)]


async def known(on: Stage, room: Room = FEED) -> list[str]:
    """The ids of the messages that the room's floor knows."""
    floor = await on.rooms.floor(room)
    return [id for id in ("p", "q", "r", "ours") if floor.state.is_ours(id) is not None]


async def test_a_floor_is_kept_while_in_use_and_each_room_has_its_own(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert await on.rooms.floor(FEED) is await on.rooms.floor(Room("local", "home", "feed", "renamed"))
        assert await on.rooms.floor(FEED) is not await on.rooms.floor(OTHER)


async def test_two_who_ask_at_once_get_the_same_floor(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        first, second = await asyncio.gather(on.rooms.floor(FEED), on.rooms.floor(FEED))
        assert first is second


async def test_a_message_is_new_once_also_within_one_batch(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert await hear(on, post("p", "Ana", "@mochi hi"), post("p", "Ana", "@mochi hi")) == ["due"]
        assert await hear(on, post("p", "Ana", "@mochi hi")) == []


async def test_what_could_not_be_committed_is_forgotten_in_its_rooms_and_heard_anew(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        said = (post("q", "Ben", "good morning"), post("r", "Ben", "hello", room=OTHER), post("s", "Ben", room=THIRD))
        await hear(on, *said)
        before = [await on.rooms.floor(room) for room in (FEED, OTHER, THIRD)]
        await limit_pages(on, 1)  # the disk is full
        both = [hear(on, post("p", "Ana", "@mochi hi")), hear(on, post("ours", "Eve", "x" * 500_000, room=OTHER))]
        assert [type(each) for each in await asyncio.gather(*both, return_exceptions=True)] == [StoreError] * 2
        await limit_pages(on, 1_000_000)
        assert on.rooms.budget.against(ANA, FEED, NOON) is None, "nor was anything spent"
        assert (await known(on), await known(on, OTHER)) == (["q"], ["r"])
        after = [await on.rooms.floor(room) for room in (FEED, OTHER, THIRD)]
        assert [old is new for old, new in zip(before, after, strict=True)] == [False, False, True]
        assert await hear(on, post("p", "Ana", "@mochi hi")) == ["due"]
        assert await known(on) == ["p", "q"]
        assert on.rooms.budget.against(ANA, FEED, NOON) is not None


async def test_a_works_own_exception_takes_back_what_it_knew_and_what_it_spent(tmp_path: Path) -> None:
    async with stage(tmp_path, limits=Limits(replies_per_member_hour=1)) as on:
        await hear(on, post("q", "Ben", "good morning"))

        async def work(tx: Transaction, floors: Floors) -> None:
            await on.rooms.add(tx, floors, [floors[FEED].recognise(post("p", "Ana", "@mochi hi"))])
            raise KeyError("a fault of ours")

        with pytest.raises(KeyError):
            await on.rooms.change([FEED], work)
        assert await known(on) == ["q"]
        assert await on.store.message("local", "p") is None
        assert on.rooms.budget.against(ANA, FEED, NOON) is None
        assert await hear(on, post("p", "Ana", "@mochi hi")) == ["due"]


async def test_a_floor_that_was_dropped_while_we_waited_is_rebuilt_and_the_work_done_once(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await hear(on, post("p", "Ana", "hello"))
        begun, release = asyncio.Event(), asyncio.Event()

        async def holds_the_writer(tx: Transaction) -> None:
            begun.set()
            await release.wait()

        done = []

        async def work(tx: Transaction, floors: Floors) -> None:
            done.append(floors[FEED])

        holding = asyncio.create_task(on.store.write(holds_the_writer))
        await begun.wait()
        changing = asyncio.create_task(on.rooms.change([FEED], work))
        stale = await on.rooms.floor(FEED)
        await asyncio.sleep(0)
        on.rooms.forget([FEED])  # as a rolled-back transaction does
        release.set()
        await asyncio.gather(holding, changing)
        assert done == [await on.rooms.floor(FEED)]
        assert done != [stale]
        assert await known(on) == ["p"]


async def test_many_at_once_while_the_database_comes_and_goes_lose_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, busy_seconds=SHORTLY) as on:
        messages = [post(f"m{n}", "Ana", "hello", n) for n in range(60)]

        async def insist(message: Message) -> list[str]:
            while True:
                try:
                    return await hear(on, message)
                except StoreError:
                    await asyncio.sleep(0)

        hearing = [asyncio.create_task(insist(message)) for message in messages[:30]]
        with locked(tmp_path), pytest.raises(StoreError):
            await hear(on, post("refused", "Ana"))
        hearing += [asyncio.create_task(insist(message)) for message in messages[30:]]
        assert await asyncio.gather(*hearing) == [["silent"]] * 60
        floor = await on.rooms.floor(FEED)
        assert all(floor.state.is_ours(message.id) is False for message in messages)
        assert floor.state.is_ours("refused") is None
        assert len(await on.store.turns(100)) == 60


async def test_a_rebuilt_floor_decides_as_the_old_one_would_have(tmp_path: Path) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1) as on:
        await hear(on, post("p", "Ana", "does it rise?"), comment("ours", "x", US, "yes", 1, reply_to="x"))
    async with stage(tmp_path, clock, join="unanswered", hold_minutes=1) as on:
        floor = await on.rooms.floor(FEED)
        [open_turn] = await on.store.open_turns()
        assert (open_turn.trigger, open_turn.state, floor.is_idle) == ("p", State.WAITING, False)
        assert floor.recognise(comment("c", "x", "Ben", "oh?", reply_to="ours")).addressed
        await hear(on, comment("q", "p", "Ben", "mine does", 5))
        assert (await on.turn("p")).state is State.STOPPED


async def test_idle_rooms_are_dropped_when_there_are_too_many_busy_ones_stay(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", floors_kept=50) as on:
        busy = [Room("local", "home", f"busy{n}") for n in range(3)]
        await hear(on, *(post(f"p{n}", "Ana", "anybody?", room=room) for n, room in enumerate(busy)))
        kept = [await on.rooms.floor(room) for room in busy]
        first_idle = await on.rooms.floor(FEED)
        for number in range(50):
            await on.rooms.floor(Room("local", "home", f"quiet{number}"))
        assert [await on.rooms.floor(room) for room in busy] == kept
        assert await on.rooms.floor(FEED) is not first_idle


# --- read outside the writer, checked inside -----------------------------------------------------


@asynccontextmanager
async def writer_busy(on: Stage, rooms: Sequence[Room] = (), work: Work[None] | None = None) -> AsyncIterator[None]:
    """Keeps a work running until the block ends, one that touches `rooms` (possibly none)."""
    begun, release = asyncio.Event(), asyncio.Event()

    async def holding(tx: Transaction, floors: Floors) -> None:
        if work is not None:
            await work(tx, floors)
        begun.set()
        await release.wait()

    task = asyncio.create_task(on.rooms.change(rooms, holding))
    await begun.wait()
    try:
        yield
    finally:
        release.set()
        await task


async def test_a_cold_room_is_read_while_the_writer_is_busy(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await hear(on, post("p", "Ana", "hello"), post("q", "Ana", "hello", room=OTHER))
        on.rooms.forget([FEED, OTHER])
        async with writer_busy(on, [OTHER]), asyncio.timeout(PATIENCE):
            assert await known(on) == ["p"]


async def test_what_is_read_while_the_room_is_being_changed_is_read_again(tmp_path: Path) -> None:
    """An uncommitted edit makes the floor stale."""
    async with stage(tmp_path, join="unanswered") as on:
        await hear(on, post("p", "Ana", "hello"), line("l", "Ana", "good morning everybody", 1))

        async def edit(tx: Transaction, floors: Floors) -> None:
            assert await tx.edit(Edit(FEED, "l", "does it rise?", at(2)))
            floors[FEED].edit(Edit(FEED, "l", "does it rise?", at(2)))

        async with writer_busy(on, [FEED], edit):
            looking = asyncio.create_task(on.rooms.floor(FEED))
            await asyncio.sleep(0)  # it asks ...
            await on.store.messages(FEED, 9)  # ... and has its answer
            await settle()
            assert not looking.done()
        found = await looking
        assert found is await on.rooms.floor(FEED)
        assert "rise" in present(found.state._find("l")).words


async def test_what_a_community_is_being_taught_is_not_read_before_it_is_committed(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered") as on:
        await hear(on, post("p", "Ana", "does it rise?"))

        async def teach(tx: Transaction, floors: Floors) -> None:
            await on.rooms.add(tx, floors, [post("q", "Ben", "does it rise in a cold kitchen?", room=OTHER)])

        async with writer_busy(on, [OTHER], teach):
            on.rooms.forget([FEED])
            looking = asyncio.create_task(on.rooms.floor(FEED))
            await asyncio.sleep(0)  # it asks ...
            await on.store.messages(FEED, 9)  # ... and has its answer
            await settle()
            assert not looking.done()
        assert list((await looking).state.posts.community._posts) == ["p", "q"]


@pytest.mark.parametrize("kept", [2, 2000])
async def test_memory_is_the_disk_whatever_comes_and_goes_at_once(tmp_path: Path, kept: int) -> None:
    """Many tasks hear, edit, delete, look and fail at once in six rooms, of which two or all are kept."""
    rooms = [Room("local", ("home", "away")[n % 2], f"r{n}") for n in range(6)]
    plenty = Limits(replies_per_member_hour=100, replies_per_room_hour=100, replies_per_community_hour=100)
    async with stage(tmp_path, join="unanswered", floors_kept=kept, limits=plenty) as on:
        on.writer.pen.clear()  # so that no turn ends while we look: a limit's line would, as it needs no writer

        async def fail(room: Room) -> None:
            async def work(tx: Transaction, floors: Floors) -> None:
                await on.rooms.add(tx, floors, [post(f"lost-{room}", "Eve", "does it rise?", 0, room)])
                raise KeyError("a fault of ours")

            with pytest.raises(KeyError):
                await on.rooms.change([room, rooms[0]], work)

        doing: list[Awaitable[object]] = []
        for number in range(60):
            room, id = rooms[number * number % 6], f"m{number}"
            said = post(id, ("Ana", "Ben")[number % 2], "does it rise in a cold kitchen?", number, room)
            doing.append(on.hear([said, line(f"l{number}", "Eve", "@mochi hi", number, rooms[number % 6])]))
            doing += [on.rooms.floor(rooms[(number + 3) % 6])]
            doing += [fail(rooms[number % 6])] if number % 5 == 0 else []
            doing += [on.hear([Edit(room, id, "anybody have a jar?", at(99))])] if number % 7 == 0 else []
            doing += [on.hear([Deletion(room, id, at(99))])] if number % 9 == 0 else []
        await asyncio.gather(*doing)
        anew = Rooms(on.policy, on.store, reference(), on.clock)
        await anew.load()
        for room in rooms:
            assert knowledge(await on.rooms.floor(room)) == knowledge(await anew.floor(room))
            for member in (ANA, person("Eve").id):
                used = [budget.used(member, room, at(99)) for budget in (on.rooms.budget, anew.budget)]
                assert used[0] == used[1]


def knowledge(floor: Floor) -> tuple[list[str], list[str], list[tuple[str, float | None]], list[Post], tuple[int, int]]:
    state = floor.state
    community = [(key, each.waited) for key, each in state.posts.community._posts.items()]
    return (
        list(state._said),
        sorted(each.turn.id for each in floor._open),
        community,
        list(state.posts._posts.values()),
        state.voice.last(),
    )


async def test_what_was_read_while_a_room_was_changed_is_read_again_also_when_we_forgot_which_room(
    tmp_path: Path,
) -> None:
    """The rooms that a transaction has changed are kept for so many rooms only; here for two."""
    async with stage(tmp_path, join="unanswered", hold_minutes=1, floors_kept=1) as on:
        said = [post(f"p{room.id}", "Ana", "does it rise?", room=room) for room in (FEED, OTHER, THIRD)]
        await hear(on, *said, line("l", "Ana", "good morning everybody", 1))

        async def edit(tx: Transaction, floors: Floors) -> None:
            assert await tx.edit(Edit(FEED, "l", "does it rise?", at(2)))
            floors[FEED].edit(Edit(FEED, "l", "does it rise?", at(2)))

        async with writer_busy(on, [THIRD]):
            assert FEED not in on.rooms._touched
            editing = asyncio.create_task(on.rooms.change([FEED], edit))
            await on.until(lambda: not present(on.store._queue)._queue.empty())  # it waits for the writer
            looking = asyncio.create_task(on.rooms.floor(FEED))
            await asyncio.sleep(0)  # it asks ...
            await on.store.messages(FEED, 9)  # ... and has its answer
            await settle()
            assert not looking.done()
        await editing
        assert "rise" in present((await looking).state._find("l")).words
