"""Rebuilding a room from the store."""

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.decide.answer_times import POSTS
from bot.decide.posts import Post
from bot.decide.room import REBUILT, Past
from bot.remember.memory import Memory
from bot.remember.rebuild import MOST_FOLDED, answer_times, past, waiting
from bot.remember.store import Store
from bot.remember.transaction import Transaction
from bot.types import Author, Message, Room, State

from .makers import ANN, KITCHEN, NOON, WORKSHOP, deletion, edit, everybody, ids, later, message, turn
from .test_round_trip import KEPT, Bench, bench, fresh, many

__all__ = ["bench"]  # a fixture

CAMEO = Author("cameo", "Mochi", is_bot=True, is_self=True)
BOT = Author("weather", "Weather", is_bot=True)
SECONDS = NOON.timestamp()
HOUR = int(SECONDS // 3600)
NOTHING = Past([], [], [], [], [], [])
EXACT = st.floats(allow_nan=False, allow_infinity=False)


async def tell(store: Store, *said: Message) -> None:
    await store.write(lambda tx: tx.add_messages(said))


async def remembered(store: Store, room: Room = KITCHEN) -> Past:
    return await store.write(lambda tx: tx.ask(past(room)))


async def opened(store: Store, *posts: Post, room: Room = KITCHEN) -> None:
    await store.write(lambda tx: tx.put_posts([(room, post) for post in posts]))


async def taught(store: Store) -> list[tuple[str, str, float | None]]:
    """The id, room and answer time of the posts that the community learns from."""
    times = await store.ask(answer_times("local", "home"))
    return [(key, asked.room, asked.waited) for key, asked in times._posts.items()]


def a_post(id: str, **rest: Any) -> Post:
    return Post(id, "ann", None, SECONDS, **rest)


SOME_POST = st.builds(
    Post,
    id=KEPT.map(lambda text: f"{text}{next(fresh)}"),
    author=KEPT,
    root=st.none() | KEPT,
    at=EXACT,
    counts=st.booleans(),
    waited=st.none() | EXACT,
    answered_by=KEPT,
    is_sure=st.booleans(),
)


@many
@given(st.lists(SOME_POST, min_size=1, max_size=4))
def test_posts_come_back_to_the_last_bit(bench: Bench, posts: list[Post]) -> None:
    room = Room("local", "home", f"room-{next(fresh)}")
    bench.write(lambda tx: tx.put_posts([(room, post) for post in posts]))
    assert bench.write(lambda tx: tx.ask(past(room))).posts == posts


async def test_an_empty_room_has_no_past(store: Store) -> None:
    assert await remembered(store) == NOTHING


async def test_a_post_keeps_its_place_when_it_is_answered(store: Store) -> None:
    await opened(store, a_post("p"), a_post("q"))
    answered = a_post("p", waited=30.0, answered_by="c", is_sure=True)
    await opened(store, answered)
    assert (await remembered(store)).posts == [answered, a_post("q")]


async def test_a_community_learns_from_the_newest_posts_that_count_in_all_its_rooms(store: Store) -> None:
    for number in range(6):
        await opened(store, a_post(f"p{number}", counts=number != 3), room=(KITCHEN, WORKSHOP)[number % 2])
    await opened(store, a_post("elsewhere"), room=Room("local", "away", "kitchen"))
    await opened(store, a_post("p2", waited=9.0))
    rooms = {"p0": "kitchen", "p1": "workshop", "p2": "kitchen", "p4": "kitchen", "p5": "workshop"}
    assert await taught(store) == [(key, room, 9.0 if key == "p2" else None) for key, room in rooms.items()]
    assert [post.id for post in (await remembered(store)).posts] == ["p0", "p2", "p4"]


async def test_of_all_posts_the_newest_are_learnt_from(store: Store) -> None:
    await opened(store, *(a_post(f"p{n}") for n in range(POSTS + 5)))
    assert [key for key, *_ in await taught(store)] == [f"p{n}" for n in range(5, POSTS + 5)]


async def test_a_community_knows_when_something_was_said_last_in_each_of_its_rooms(store: Store) -> None:
    await opened(store, a_post("p"), room=KITCHEN)
    await opened(store, a_post("q"), room=WORKSHOP)
    said = [message("p"), message("a", heard=later(5)), message("q", room=WORKSHOP), message("b", heard=later(7))]
    await tell(store, *said, message("old", history=True, at=later(-9), room=WORKSHOP))
    await store.write(lambda tx: tx.delete(deletion("b")))
    await store.write(lambda tx: tx.delete(deletion("never heard")))
    times = await store.ask(answer_times("local", "home"))
    assert times._last == {"kitchen": SECONDS + 7, "workshop": SECONDS - 9}


async def test_a_deleted_message_takes_its_post_with_it(store: Store) -> None:
    await tell(store, message("p"))
    await opened(store, a_post("p"), a_post("q"))
    await store.write(lambda tx: tx.delete(deletion("p")))
    assert (await remembered(store)).posts == [a_post("q")]


async def test_what_a_work_has_undone_was_not_learnt(store: Store) -> None:
    async def fails(tx: Transaction) -> None:
        await tx.add_messages([message("p")])
        await tx.put_posts([(KITCHEN, a_post("p"))])
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        await store.write(fails)
    assert await remembered(store) == NOTHING


async def test_posts_outlive_the_messages_that_they_were(store: Store) -> None:
    await tell(store, message("p"))
    await opened(store, a_post("p"))
    await store.purge(later(1))
    after = await remembered(store)
    assert (after.messages, after.posts, after.hours) == ([], [replace(a_post("p"), author="")], [(HOUR, 1)])


async def test_what_was_learnt_is_purged_in_its_own_time(store: Store) -> None:
    old, first = later(-7 * 3600), later(-9 * 3600)
    await tell(store, *(message(f"m{n}", heard=when) for n, when in enumerate((first, old, NOON))))
    await opened(store, replace(a_post("p"), at=old.timestamp()), a_post("q"))
    assert await store.purge_learnt(later(-3600)) == 1
    after = await remembered(store)
    assert after.posts == [a_post("q")]
    assert after.hours == [(HOUR - 9, 1), (HOUR, 1)], "from a room's first hour on, silence is known to be silence"


async def test_the_last_messages_are_folded_and_those_who_wrote_before_are_known(store: Store) -> None:
    early = [
        message("e0", root="s", author=CAMEO),
        message("e1", root="s", author=ANN),
        message("e2", root="r", author=Author("bo", "Bob")),
        message("e3", root="r", author=BOT),
    ]
    renamed = message("e4", root="s", author=Author("bo", "Bo"))
    rest = [message(f"m{n}", root="t", author=Author("eve", "Eve")) for n in range(REBUILT)]
    await tell(store, *early, renamed, *rest)
    before = await remembered(store)
    assert before.messages == rest
    assert before.members == [("ann", "Ann"), ("weather", "Weather"), ("bo", "Bo")]
    assert before.roots == ["r", "s"]


async def test_a_timeline_is_known_as_far_back_as_it_looks_though_threads_lie_between(store: Store) -> None:
    quiet = [message(f"q{n}") for n in range(3)]
    await tell(store, *quiet, *(message(f"m{n}", root="t") for n in range(REBUILT + 100)))
    assert ids((await remembered(store)).messages)[:3] == ["q0", "q1", "q2"]
    await tell(store, *(message(f"n{n}", root="t") for n in range(MOST_FOLDED)))
    assert ids((await remembered(store)).messages) == [f"n{n}" for n in range(MOST_FOLDED)], "but there is an end"


async def test_of_those_who_deleted_all_they_said_nothing_is_known(store: Store) -> None:
    eve = message("m", root="t", author=Author("eve", "Eve"))
    await tell(store, eve, *(message(f"m{n}", root="t") for n in range(REBUILT)))
    assert (await remembered(store)).members == [("eve", "Eve")]
    await store.write(lambda tx: tx.delete(deletion("m")))
    assert (await remembered(store)).members == []


async def test_voices_are_all_that_was_said_also_what_was_deleted(store: Store) -> None:
    ours = partial(message, author=CAMEO)
    await tell(
        store,
        message("long ago", heard=later(-26 * 3600)),
        message("a", addressed=True),
        ours("to a", reply_to="a"),
        message("b"),
        ours("to b", reply_to="b"),
        ours("to nothing known", reply_to="?"),
        message("c", history=True, at=later(-5.5), heard=later(9)),
        message("from the future", history=True, at=later(9**9), heard=later(9)),
    )
    for gone in ("to b", "b", "a", "never heard"):
        await store.write(partial(Transaction.delete, deletion=deletion(gone)))
    told = (await remembered(store)).voices
    assert told[1:] == [
        *((SECONDS, is_ours) for is_ours in (False, False, False, True, True)),
        (SECONDS - 5.5, False),
        (SECONDS + 9, False),
    ]


async def test_a_day_is_all_of_a_voice_in_a_busy_room(store: Store) -> None:
    await tell(
        store, message("old", root="t", heard=later(-26 * 3600)), *(message(f"m{n}", root="t") for n in range(700))
    )
    assert (await remembered(store)).voices == [(SECONDS, False)] * 700


async def test_who_goes_on_talking_with_us_has_called_us(store: Store) -> None:
    goes_on = turn("t1", "b", addressed=True, state=State.WAITING)
    await tell(store, message("b"), message("ours", author=CAMEO, reply_to="b"))
    await store.write(lambda tx: tx.put_turns([goes_on]))
    found = await remembered(store)
    assert [each.addressed for each in found.messages] == [True, False]
    assert found.voices == [(SECONDS, False)] * 2
    assert await store.ask(waiting(KITCHEN)) == [(goes_on, message("b", addressed=True))]


async def test_what_waits_about_a_deleted_message_waits_no_more(store: Store) -> None:
    await tell(store, message("a"), message("b"))
    await store.write(lambda tx: tx.put_turns([turn("t1", "a"), turn("t2", "b"), turn("t3", "x", room=WORKSHOP)]))
    await store.write(lambda tx: tx.delete(deletion("a")))
    await store.write(lambda tx: tx.edit(edit("b", "changed")))
    assert await store.ask(waiting(KITCHEN)) == [(turn("t2", "b"), message("b", "changed"))]


async def test_what_a_room_could_not_take_in_is_left_out_of_its_past(store: Store) -> None:
    await tell(store, message("a"))
    before = await remembered(store)
    await store.write(lambda tx: tx.add_unheard(message("b", "a secret word")))
    assert await remembered(store) == before
    assert await Memory(store).recall(everybody(), "secret") == []
    assert ids(await store.messages(KITCHEN, 9)) == ["a", "b"], "but it was said, and a prompt may show it"
    assert await store.write(lambda tx: tx.add_unheard(message("a"))) is False


async def test_hours_count_people_as_the_room_does(store: Store) -> None:
    """Late messages are left out, as a running room does; deleted ones count as said."""
    await tell(store, message("a"), message("bot", author=BOT), message("ours", author=CAMEO), message("a"))
    await tell(store, message("b", heard=later(3600)), message("late", history=True, at=NOON, heard=later(3601)))
    await tell(store, message("c", heard=later(3602)), message("d", heard=later(7200)), message("e", heard=later(10)))
    await store.write(lambda tx: tx.delete(deletion("b")))
    assert (await remembered(store)).hours == [(HOUR, 1), (HOUR + 1, 2), (HOUR + 2, 1)]
    assert (await remembered(store, WORKSHOP)).hours == []


HEARD = st.lists(st.tuples(st.integers(0, 2), st.sampled_from((ANN, ANN, ANN, BOT, CAMEO))), min_size=1, max_size=12)


@many
@given(HEARD, st.sets(st.integers(1, 11), max_size=2))
@example([(0, ANN), (1, ANN), (0, ANN)], set())
def test_hours_are_the_same_however_what_was_heard_fell_into_commits(
    bench: Bench, heard: list[tuple[int, Author]], cuts: set[int]
) -> None:
    """Counts as a room does that hears one message after another: late messages are left out."""
    room = Room("local", "home", f"room-{next(fresh)}")
    said = [message(f"h{next(fresh)}", room=room, author=who, heard=later(3600 * hour)) for hour, who in heard]
    for begin, end in pairwise([0, *sorted(cuts), len(said)]):
        bench.write(partial(Transaction.add_messages, heard=said[begin:end]))
    counted: Counter[int] = Counter()
    for hour, who in heard:
        if who is ANN and hour >= max(counted, default=0):
            counted[hour] += 1
    hours = bench.write(lambda tx: tx.ask(past(room))).hours
    assert hours == [(HOUR + hour, people) for hour, people in sorted(counted.items())]


async def test_of_a_deleted_message_stays_when_it_was_said_and_of_ours_that_it_was(store: Store, path: Path) -> None:
    await tell(store, message("a", "secret", addressed=True), message("ours", "words", author=CAMEO, reply_to="a"))
    await tell(store, message("bot", "sunny", author=BOT))
    for gone in ("a", "ours", "bot"):
        await store.write(partial(Transaction.delete, deletion=deletion(gone)))
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT author_id, author_name, text, reply_to, author_is_self, author_is_bot FROM messages"
        )
        nobody = ("", "", "", None, 0, 0)
        assert rows.fetchall() == [nobody, ("cameo", "Mochi", "", "a", 1, 1), nobody]
    [left] = (await remembered(store)).messages
    assert (left.id, left.author, left.text) == ("ours", CAMEO, "")
    assert await store.messages(KITCHEN, 9) == []


def test_no_question_goes_through_every_message(path: Path) -> None:
    """Each part of a past has its index."""
    with closing(sqlite3.connect(path)) as connection:
        of_room = "platform = 'a' AND community = 'b' AND room_id = 'c'"
        for query, index in {
            f"SELECT * FROM posts WHERE {of_room} ORDER BY seq DESC LIMIT 500": "posts_by_room",
            "SELECT * FROM posts WHERE platform = 'a' AND community = 'b' ORDER BY seq DESC": "posts_by_community",
            f"SELECT max(seq) FROM messages WHERE {of_room} AND author_id != '' GROUP BY author_id": "COVERING INDEX",
        }.items():
            plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {query}"))
            assert index in plan and "SCAN" not in plan and "ORDER BY" not in plan
