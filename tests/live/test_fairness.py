"""Fairness of the write queue: by member, then by community; nobody waits for ever."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.live.write_queue import WriteQueue
from bot.types import Room, Thread
from tests.fakes.clock import settle
from tests.fakes.stage import stage
from tests.fakes.talk import FEED, post
from tests.live.test_write_queue import Crowd, came_in

Line = Sequence[tuple[str, str, bool]]
"""Member, community, and whether the turn is a call; each in a thread of its own."""
LINES = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("PQR"), st.booleans()), max_size=14)
FLOOD = [("a", "P", True)] * 12 + [("b", "Q", True)]
PUPPETS = [(name, "P", True) for name in "abcdefghijkl"] + [("z", "Q", True)]


def served(line: Line) -> list[int]:
    come = [(f"thread {n}", first, member, community) for n, (member, community, first) in enumerate(line)]
    return asyncio.run(came_in(1, *come))


def nth(line: Line) -> list[int]:
    """Which of its member's calls (or unprompted turns) each one is, from 0."""
    seen: Counter[tuple[str, bool]] = Counter()
    found = []
    for member, _, first in line:
        found.append(seen[member, first])
        seen[member, first] += 1
    return found


@settings(max_examples=100, deadline=None)
@given(LINES)
@example(FLOOD)
@example(PUPPETS)
def test_calls_are_first_and_a_members_second_waits_behind_everybodys_first(line: Line) -> None:
    rounds = nth(line)
    order = [(not line[n][2], rounds[n]) for n in served(line)]
    assert order == sorted(order)


@settings(max_examples=100, deadline=None)
@given(LINES)
@example(FLOOD)
@example(PUPPETS)
def test_within_a_round_communities_take_turns(line: Line) -> None:
    rounds, groups = nth(line), defaultdict(list)
    for n in served(line):
        groups[line[n][2], rounds[n]].append(line[n][1])
    for order in groups.values():
        for n in range(1, len(order) + 1):
            done, left = Counter(order[:n]), Counter(order[n:])
            assert all(done[other] >= most - 1 for most in done.values() for other in left)


@settings(max_examples=50, deadline=None)
@given(LINES)
def test_those_who_come_alike_are_served_as_they_came(line: Line) -> None:
    alike = defaultdict(list)
    for n in served(line):
        alike[line[n]].append(n)
    assert all(order == sorted(order) for order in alike.values())


async def test_a_flooder_takes_one_place_and_another_member_enters_at_once() -> None:
    crowd = Crowd(4)
    flood = [crowd.come(f"thread {n}", True, "mallory", f"community {n}") for n in range(12)]
    await settle()
    other = crowd.come("question", True, "ana")
    await settle()
    assert [visit.inside for visit in flood] == [True] + [False] * 11 and other.inside
    await crowd.go_home()


async def test_a_free_place_goes_to_the_community_that_holds_the_fewest() -> None:
    """However long each of the turns takes: shares alone count turns, not time."""
    crowd = Crowd(4)
    puppets = [crowd.come(f"thread {n}", True, f"puppet {n}", "P") for n in range(9)]
    others = [crowd.come(f"thread {n}", True, f"member {n}", "Q") for n in range(3)]
    for n in (0, 1):
        await settle()
        puppets[n].leave()
    await settle()
    assert [visit.inside for visit in others] == [True, True, False]
    puppets[2].leave()
    await settle()
    assert [visit.inside for visit in others] == [True, True, False] and puppets[4].inside
    await crowd.go_home()


async def test_a_members_post_being_answered_does_not_hold_up_their_call() -> None:
    crowd = Crowd(2)
    unprompted, call = crowd.come("post", False, "ana"), crowd.come("question", True, "ana")
    await settle()
    assert unprompted.inside and call.inside
    await crowd.go_home()


async def test_a_turn_whose_thread_is_busy_does_not_hold_up_its_members_next() -> None:
    crowd = Crowd(3)
    held, behind_ben, free = (crowd.come(thread, True, "ana") for thread in "abc")
    crowd.come("b", True, "ben")
    await settle()
    assert not behind_ben.inside and not free.inside
    held.leave()
    await settle()
    assert not behind_ben.inside and free.inside
    await crowd.go_home()


async def test_the_same_id_on_two_platforms_is_two_members() -> None:
    queue, entered = WriteQueue(2), asyncio.Event()
    rooms = [FEED, replace(FEED, platform="matrix")]
    async with queue.enter(Thread(rooms[0], "a"), "1", first=True), queue.enter(Thread(rooms[1], "b"), "1", first=True):
        entered.set()
    assert entered.is_set()


async def test_who_asks_again_after_the_answer_is_a_first_again() -> None:
    crowd = Crowd(1)
    for n in range(3):
        crowd.come(f"ana {n}", True, "ana")
        await settle()
        crowd.visits[-1].leave()
        await settle()
    crowd.come("held", True, "holder")
    await settle()
    again, other, second = (crowd.come(thread, True, thread[:3]) for thread in ("ana 4", "ben", "ana 5"))
    await settle()
    for expected in (again, other, second):
        crowd.inside[0].leave()
        await settle()
        assert crowd.inside == [expected]
    await crowd.go_home()


async def test_a_community_that_was_away_saves_up_no_turns() -> None:
    crowd = Crowd(1)
    early = [crowd.come(f"early {n}", True, community="P") for n in range(20)]
    for n in range(10):
        await settle()
        early[n].leave()
    await settle()
    late = [crowd.come(f"late {n}", True, community="Q") for n in range(5)]
    order = []
    for _ in range(6):
        crowd.inside[0].leave()
        await settle()
        order.append(crowd.inside[0] in late)
    assert order == [True, False] * 3
    await crowd.go_home()


async def test_it_remembers_nobody_who_has_left() -> None:
    crowd = Crowd(2)
    for n in range(30):
        crowd.come(f"thread {n % 7}", n % 3 == 0, f"member {n % 5}", f"community {n % 4}")
    await settle()
    crowd.visits[20].give_up()
    await crowd.go_home()
    queue = crowd.turnstile
    assert not any((queue._present, queue._held, queue._served, queue._next, queue._behind, queue._busy))


async def test_a_queued_turn_ends_at_its_deadline_however_long_the_line(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold_minutes=1, share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post(f"q{n}", f"Member {n}", "@mochi hi") for n in range(4)])
        await on.hear([post("p", "Ana", "does it rise?")])
        await on.clock.advance(30)
        await on.until(lambda: len(on.writer.writing) == 4)
        await on.clock.advance(30)
        await on.until_told("p", "due")
        await on.clock.advance(5 * 60 + 1)
        await on.until_told("p", "stopped")
        assert (await on.story())["p"] == ("stopped", "too_late") and on.platform.said() == []
        on.writer.pen.set()


async def test_whoever_called_us_goes_first(tmp_path: Path) -> None:
    async with stage(tmp_path, join="every_post", share_of_voice=1.0) as on:
        on.writer.pen.clear()
        await on.hear([post(f"p{n}", f"Member {n}", "a loaf", room=Room("local", "home", f"r{n}")) for n in range(6)])
        await on.clock.advance(2)
        await on.until(lambda: len(on.writer.writing) == 4)  # all places taken, two in line
        await on.hear([post("q", "Ben", "@mochi help", 3)])
        await on.until(
            lambda: sum(map(len, on.course._queue._next.values())) == 3
        )  # nothing public shows that it waits
        on.writer.pen.set()
        await on.until(lambda: len(on.writer.writing) == 7)
        assert on.writer.writing.index("q") == 4
