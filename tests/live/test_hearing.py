"""Hearing: an event that raises affects no other, many rooms take many commits, and one query resolves replies."""

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from structlog.typing import EventDict

from bot.live.participant import SLICE_ROOMS, Participant
from bot.remember.sqlite import driver
from bot.types import Deletion, Edit, Event, Message, Reaction, Room, State, StoreError, Turn, Usage
from tests.fakes.clock import VirtualClock
from tests.fakes.present import present
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, US, at, line, person, post

DEN = Room("local", "home", "den", "den", "home")
HALL = Room("local", "away", "hall", "hall", "away")
TALK: list[Event] = [
    post("p", "Ana", "does it rise in a cold kitchen?"),
    line("a", "Ana", "@mochi hi", 1, DEN),
    line("b", "Ben", "mine rises overnight", 2),
    Edit(FEED, "b", "mine never rises", at(3)),
    line("c", "Eve", "anybody have a jar?", 4, HALL),
    Reaction(FEED, "p", person("Eve"), "👍", at(5)),
    line("d", "Kim", "@mochi and rye?", 6),
    Deletion(HALL, "c", at(7)),
    line("e", "Eve", "@mochi hello", 8, HALL),
]


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[EventDict]]:
    """Captures the log; pretty-printing each traceback would take a second."""
    with capture_logs() as logs:
        yield logs


class Unreadable(str):
    """A text that raises when measured or quoted; the store can keep it."""

    def __len__(self) -> int:
        raise ZeroDivisionError("a fault of ours")

    def __format__(self, spec: str) -> str:
        raise ZeroDivisionError("a fault of ours")


def poison(number: int, room: Room) -> Message:
    return line(f"poison{number}", "Mallory", Unreadable("@mochi boo"), 1, room)


def unstorable(number: int, room: Room) -> Message:
    return line(f"unstorable{number}", person("Mallory"), object(), 1, room)  # type: ignore[arg-type]


async def decisions(on: Stage) -> dict[str, Turn]:
    """The turns, by trigger, as they were decided: how far each has gone depends on the machine's speed."""
    undone: dict[str, Any] = {"text": "", "reply_id": None, "tried": None, "model": "", "usage": Usage()}
    open_turns = {State.DUE, State.WRITING, State.SENDING, State.SENT}
    return {
        turn.trigger: replace(turn, state=State.DUE, **undone) if turn.state in open_turns else turn
        for turn in await on.store.turns(1000)
    }


async def once(path: Path, events: Sequence[Event]) -> tuple[dict[str, Turn], str | None]:
    """The outcome of one call, before any time has passed, also when heard twice; and its mark."""
    async with stage(path, join="unanswered", share_of_voice=1.0) as on:
        await on.hear(events, {"token": "7"})
        await on.hear(events)
        return await decisions(on), await on.store.adapter_state("local").get("token")


# Few, deterministic and without shrinking, since each example writes to a disk.
@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(st.lists(st.tuples(st.integers(0, len(TALK)), st.sampled_from((FEED, DEN, HALL)), st.booleans()), max_size=4))
def test_events_that_raise_cost_themselves_and_nothing_else(places: list[tuple[int, Room, bool]]) -> None:
    events: list[Event] = list(TALK)
    for number, (place, room, keeps) in enumerate(sorted(places, key=lambda each: -each[0])):
        events.insert(place, poison(number, room) if keeps else unstorable(number, room))
    with tempfile.TemporaryDirectory() as healthy, tempfile.TemporaryDirectory() as ill:
        expected, mark = asyncio.run(once(Path(healthy), TALK))
        found, same_mark = asyncio.run(once(Path(ill), events))
    failed = {key: found.pop(key) for key in list(found) if key.startswith("poison")}
    assert (found, same_mark, mark) == (expected, "7", "7")
    assert len(failed) == sum(keeps for _, _, keeps in places)
    assert {(str(turn.state), turn.error) for turn in failed.values()} <= {("failed", "internal")}


async def test_a_message_that_raises_is_kept_with_a_failed_turn_and_only_its_rooms_floor_goes(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "hello"), line("q", "Ben", "hello", 1, DEN), line("r", "Eve", "oh", 1, HALL)])
        before = [await on.rooms.floor(room) for room in (FEED, DEN, HALL)]
        await on.hear([poison(1, FEED)])
        after = [await on.rooms.floor(room) for room in (FEED, DEN, HALL)]
        assert [old is new for old, new in zip(before, after, strict=True)] == [False, True, True]
        assert present(await on.store.message("local", "poison1")).text == "@mochi boo"
        assert after[0].state.is_ours("poison1") is None and after[0].state.is_ours("p") is False


async def test_what_was_taught_by_a_room_that_failed_is_taken_back_next_door(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered") as on:
        await on.hear([post("q", "Eve", "and rye?", room=DEN)])
        den = await on.rooms.floor(DEN)
        await on.hear([post("p", "Ana", "does it rise?"), poison(1, FEED)])
        assert await on.rooms.floor(DEN) is den
        assert list(den.state.posts.community._posts) == ["q", "p"], "in the order in which they were stored"


async def test_edits_and_deletions_of_a_room_that_can_not_take_them_in_are_stored_all_the_same(
    tmp_path: Path, logged: list[EventDict]
) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "my secret"), post("q", "Ana", "hello")])
        await on.hear([Deletion(replace(FEED, name=Unreadable("renamed")), "p", at(1))])
        await on.hear([Edit(replace(FEED, name=Unreadable("renamed")), "q", "hello again", at(1))])
        assert [each["kind"] for each in logged if each["event"] == "hear.failed"] == ["Deletion", "Edit"]
        assert await on.store.message("local", "p") is None
        assert present(await on.store.message("local", "q")).text == "hello again"
        assert (await on.rooms.floor(FEED)).state.is_ours("p") is None


class Careless:
    """Follows turns, and raises for some."""

    def __init__(self) -> None:
        self.followed: list[str] = []

    def follow(self, turns: Sequence[Turn]) -> None:
        for turn in turns:
            if turn.trigger == "a":
                raise ZeroDivisionError("a fault of ours")
            self.followed.append(turn.trigger)


async def test_a_turn_that_can_not_be_followed_keeps_no_other_from_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        turns = Careless()
        participant = Participant(on.rooms, turns, on.thanks)  # type: ignore[arg-type]  # `follow` is all that it asks of them
        listening = asyncio.create_task(participant.listen())
        await participant.hear("local", [line(key, "Ana", "@mochi hi", when * 9.0) for when, key in enumerate("abc")])
        listening.cancel()
        assert turns.followed == ["b", "c"]
        assert set(await on.story()) == {"a", "b", "c"}


async def test_a_mark_that_can_not_be_kept_fails_its_own_call_alone(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        unstorable: Any = object()
        calls = [on.hear([post("p", "Ana")], {"token": unstorable}), on.hear([post("q", "Ana")], {"token": "7"})]
        assert [type(each) for each in await asyncio.gather(*calls, return_exceptions=True)] == [StoreError, type(None)]
        assert await on.store.adapter_state("local").get("token") == "7"


# --- slices --------------------------------------------------------------------------------------


def everywhere(rooms: int) -> list[Message]:
    return [line(f"m{n}", "Ana", "@mochi hi", room=Room("local", "home", f"r{n}")) for n in range(rooms)]


async def test_any_number_of_rooms_is_heard_in_slices_that_let_others_in_between(tmp_path: Path) -> None:
    """More rooms than fit in memory, each in a commit with few others."""
    rooms = SLICE_ROOMS * 4 + 7
    async with stage(tmp_path, floors_kept=60) as on:
        before, ended = on.store.transactions, []
        hearing = asyncio.create_task(on.hear(everywhere(rooms), {"token": "7"}))
        hearing.add_done_callback(lambda _: ended.append("long"))
        await on.until(lambda: on.store.transactions > before)
        await on.participant.hear("matrix", [post("p", "Ana", "hi")])
        ended.append("short")
        assert await on.store.adapter_state("local").get("token") is None
        await hearing
        assert ended == ["short", "long"]
        assert on.store.transactions - before >= 5
        assert await on.store.adapter_state("local").get("token") == "7"
        assert len(await on.story()) == rooms + 1


async def test_what_could_be_stored_of_a_long_call_is_heard_again_without_harm(tmp_path: Path) -> None:
    events = everywhere(SLICE_ROOMS * 4)
    async with stage(tmp_path) as on:
        slices = 0

        def fill_the_disk(_: Any, __: Any, statement: str, *___: Any) -> None:
            nonlocal slices
            slices += statement.startswith("INSERT INTO messages")
            if slices == 3:
                slices = 4
                raise OperationalError(statement, {}, sqlite3.OperationalError("database or disk is full"))

        event.listen(present(on.store._queue)._connection.sync_connection, "before_cursor_execute", fill_the_disk)
        with pytest.raises(StoreError):
            await on.hear(events, {"token": "7"})
        some = set(await on.story())
        assert 0 < len(some) < len(events)
        assert await on.store.adapter_state("local").get("token") is None
        await on.hear(events, {"token": "7"})
        assert len(await on.story()) == len(events)
        assert await on.store.adapter_state("local").get("token") == "7"


# --- replies to old messages ---------------------------------------------------------------------


async def test_replies_to_what_was_said_long_ago_are_looked_up_together(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([line("ours", US, "it rises"), line("theirs", "Ben", "it sinks")])
        await on.hear([line(f"m{n}", "Ana", "hm", n) for n in range(300)])
        asked: list[str] = []

        def ask(*given: Any) -> None:
            asked.extend([given[2]] if given[2].startswith("SELECT") else [])

        writer = present(on.store._queue)._connection.sync_connection
        event.listen(writer, "before_cursor_execute", ask)
        counts = []
        for number in (1, 20):
            asked.clear()
            replies = [line(f"r{number}-{n}", "Eve", "oh?", 301, reply_to=f"gone{n}") for n in range(number - 1)]
            replies += [line(f"r{number}-ours", "Eve", "oh?", 301, reply_to="ours")]
            await on.hear(replies)
            counts.append(len(asked))
        await on.hear([line("to theirs", "Kim", "no", 302, reply_to="theirs")])
        assert counts == [1, 1]
        called = [trigger for trigger, (_, reason) in (await on.story()).items() if reason in ("addressed", "merged")]
        assert sorted(called) == ["r1-ours", "r20-ours"]


# --- the number of commits -----------------------------------------------------------------------


@pytest.mark.parametrize(("usd", "commits"), [(0.0, "FNFNN"), (0.5, "FNFFNN")])
async def test_a_reply_waits_for_the_disk_only_where_a_power_cut_would_matter(
    tmp_path: Path, usd: float, commits: str
) -> None:
    """F: a commit that waits for the disk, N: one that does not. Heard, writing, (cost), sending, told who
    we are, sent."""
    async with stage(tmp_path, VirtualClock()) as on:
        on.writer.usd = usd
        said: list[str] = []
        await driver(present(on.store._queue)._connection).set_trace_callback(said.append)
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        levels, found = "F", ""
        for statement in said:
            levels = statement.split("= ")[1][0] if statement.startswith("PRAGMA synchronous") else levels
            found += levels if statement == "COMMIT" else ""
        assert found == commits
