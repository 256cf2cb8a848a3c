"""The path of a message, on the real store: nothing is lost and nothing is heard twice."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.decide.room import RECENT
from bot.remember.visibility import Viewer
from bot.types import Audience, Deletion, Edit, Event, Membership, Presence, Room, StoreError
from tests.fakes.present import present
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, comment, line, post
from tests.fakes.waiting import PATIENCE

KITCHEN = Room("local", "home", "kitchen", "kitchen", "home")
SHORTLY = 0.1  # seconds that the store waits for a database that the test has locked


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Locks the database, as another program might, so that nothing can be stored."""
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()


async def test_a_mention_is_answered_once_however_often_it_is_heard(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.hear([post("p", "Ana", "@mochi hi"), post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        await on.hear([post("p", "Ana", "@mochi hi")])
        assert on.platform.said() == [("p", "re: @mochi hi")]
        turn = await on.turn("p")
        assert (turn.reply_id, turn.model, turn.usage.output_tokens) == (f"reply-{turn.key}", "fake", 5)


async def test_our_reply_is_remembered_without_waiting_for_the_echo(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        said = await on.store.thread_messages(post("p", "Ana").thread, 10)
        assert [(message.author.is_self, message.text) for message in said] == [
            (False, "@mochi hi"),
            (True, "re: @mochi hi"),
        ]
        await on.hear([comment("c", "p", "Ben", "oh?", 5, reply_to=said[1].id)])
        assert (await on.story())["c"][1] == "addressed"


async def test_a_reply_to_what_was_said_before_our_window_is_still_known_for_what_it_is(tmp_path: Path) -> None:
    """A reply to our message calls us however old it is, and a reply to a person's message does not."""
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        ours = (await on.turn("p")).reply_id
        await on.hear([line(f"x{n}", "Ben", "hm", 4 + n / 100) for n in range(RECENT + 1)])
        replies = {"to us": ours, "to Ana": "p", "to nobody": "never heard"}
        await on.hear([comment(each, "p", "Ben", "oh?", 9, reply_to=id) for each, id in replies.items()])
        await on.until_told("to us", "writing")  # where it stays until the clock moves
        story = await on.story()
        assert {each: story[each][1] for each in replies} == {
            "to us": "addressed", "to Ana": "join_mentions", "to nobody": "join_mentions",
        }  # fmt: skip


MISSING: Any = None  # an invalid field, which no adapter may send
UNFORESEEN: list[Any] = [replace(post("bad", "Eve"), at=MISSING), Edit(FEED, "before", MISSING, at(1)), object()]


@pytest.mark.parametrize("bad", UNFORESEEN, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("others", [0, 1, 3])
async def test_an_event_that_nobody_foresaw_costs_itself_and_nothing_else(
    tmp_path: Path, bad: Any, others: int
) -> None:
    """The events share a call and a commit, but all others are heard and the marks committed."""
    async with stage(tmp_path) as on:
        await on.hear([post("before", "Ana", "good morning")])
        good = [on.hear([post(f"p{n}", "Ana", "hm", 2)], {f"good{n}": "1"}) for n in range(others)]
        mixed = on.hear([post("q", "Eve", "@mochi hi", 2), bad, post("r", "Ben", "@mochi hey", 2)], {"bad": "1"})
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*good[:1], mixed, *good[1:])
        heard = {"before", "q", "r", *(f"p{n}" for n in range(others))}
        assert set(await on.story()) - {"bad"} == heard
        assert set(await on.store.adapter_state("local").scan("")) == {"bad", *(f"good{n}" for n in range(others))}
        await on.clock.advance(5)
        await on.until_told("q", "sent")
        await on.until_told("r", "sent")


async def test_an_off_room_is_neither_heard_nor_stored_but_its_mark_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "@mochi hi", room=KITCHEN)], {"token": "7"})
        assert await on.store.message("local", "p") is None
        assert await on.story() == {}
        assert await on.store.adapter_state("local").get("token") == "7"


async def test_calls_that_overlap_a_failed_commit_do_not_end_the_hearing(tmp_path: Path) -> None:
    async with stage(tmp_path, busy_seconds=SHORTLY) as on:
        with locked(tmp_path / "cameo.db"):
            first = asyncio.create_task(on.hear([post("p", "Ana", "hm")]))
            await asyncio.sleep(0)  # it is taken ...
            await asyncio.sleep(0)
            others = [
                asyncio.create_task(on.hear([post(f"q{n}", "Ana", "hm")])) for n in range(3)
            ]  # ... and being stored
            heard = await asyncio.gather(first, *others, return_exceptions=True)
            assert {type(each) for each in heard} == {StoreError}
            cancelled = asyncio.create_task(on.hear([post("r", "Ana", "hm")]))
            await asyncio.sleep(0)
            cancelled.cancel()
            await asyncio.gather(cancelled, return_exceptions=True)
            with pytest.raises(StoreError):
                await on.hear([post("s", "Ana", "hm")])
        await on.hear([post("t", "Ana", "@mochi hi")])
        assert "t" in await on.story()


async def test_what_was_heard_before_a_room_was_switched_off_can_still_be_edited_and_deleted(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "my secret"), post("q", "Ana", "my number")])
        on.put_in_force(join="off")
        await on.hear([Edit(FEED, "q", "never mind", at(1)), Deletion(FEED, "p", at(1)), Deletion(FEED, "r", at(1))])
        on.put_in_force(join="mentions")
        assert await on.store.message("local", "p") is None
        assert present(await on.store.message("local", "q")).text == "never mind"
        await on.hear([post("r", "Ana", "@mochi hi", 2)])
        assert "r" in await on.story(), "nothing was stored of what was never heard"


# --- who is in a room ----------------------------------------------------------------------------


def moved(who: str, presence: Presence, room: Room = FEED) -> Membership:
    return Membership(room, f"id-{who}", presence)


async def shown_to(on: Stage, who: str, room: Room = FEED) -> list[str]:
    return [message.id for message in await on.store.messages(room, 99, Viewer(room, f"id-{who}"))]


async def test_who_is_there_is_kept_in_the_order_in_which_it_was_heard(tmp_path: Path) -> None:
    """In one call with the messages, and the same if it is heard again, as after a crash before its mark."""
    hears: list[Event] = [
        moved("ana", Presence.JOINED), line("a", "Ana", audience=Audience.PRESENT),
        moved("eve", Presence.JOINED), line("b", "Ana", audience=Audience.PRESENT),
        moved("ana", Presence.LEFT), line("c", "Eve", audience=Audience.PRESENT),
        moved("ana", Presence.JOINED), line("d", "Eve", audience=Audience.PRESENT),
    ]  # fmt: skip
    async with stage(tmp_path) as on:
        for _ in range(2):
            await on.hear(hears, {"mark": "1"})
            assert (await shown_to(on, "ana"), await shown_to(on, "eve")) == (["a", "b", "d"], ["b", "c", "d"])


async def test_our_reply_is_for_those_whom_its_trigger_is_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        asked = line("p", "Ana", "@mochi hi", audience=Audience.PRESENT)
        await on.hear([moved("ana", Presence.JOINED, asked.room), asked])
        await on.clock.advance(3)
        await on.until_told("p", "sent")
        reply = (await on.turn("p")).reply_id
        await on.hear([moved("eve", Presence.JOINED, asked.room), line("q", "Eve", when=9)])
        assert await shown_to(on, "ana", asked.room) == ["p", reply, "q"]
        assert await shown_to(on, "eve", asked.room) == ["q"]


async def test_where_we_hear_nothing_only_departures_are_kept(tmp_path: Path) -> None:
    """Else somebody who was away meanwhile would seem to have been there."""
    async with stage(tmp_path) as on:
        said = line("a", "Eve", audience=Audience.PRESENT)
        await on.hear([moved("eve", Presence.JOINED, said.room), said])
        on.put_in_force(join="off")
        await on.hear([moved("eve", Presence.LEFT, said.room), moved("ben", Presence.JOINED, said.room)])
        on.put_in_force(join="mentions")
        await on.hear([line("b", "Ana", audience=Audience.PRESENT, when=9), moved("eve", Presence.JOINED, said.room)])
        assert await shown_to(on, "eve", said.room) == ["a"]
        assert await shown_to(on, "ben", said.room) == []
