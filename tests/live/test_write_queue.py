"""The write queue: the order of entry, one turn per thread, and no place is ever lost."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.live.write_queue import WriteQueue
from bot.types import Room, Thread
from tests.fakes.clock import settle
from tests.fakes.talk import FEED
from tests.fakes.waiting import PATIENCE


class Visit:
    """One turn in the queue: waits, is inside until `leave`, or gives up at any point."""

    def __init__(self, turnstile: WriteQueue, thread: str, first: bool, member: str, community: str):
        self.thread, self.first, self.inside = (thread, community), first, False
        self.asker = (member, first)
        self._leave = asyncio.Event()
        room = replace(FEED, community=community)
        self.task = asyncio.create_task(self._go(turnstile, Thread(room, thread), member))

    async def _go(self, turnstile: WriteQueue, thread: Thread, member: str) -> None:
        async with turnstile.enter(thread, member, first=self.first):
            self.inside = True
            try:
                await self._leave.wait()
            finally:
                self.inside = False

    def leave(self) -> None:
        self._leave.set()

    def give_up(self) -> None:
        self.task.cancel()


class Crowd:
    """All turns in one queue, and the invariants that hold for them."""

    def __init__(self, places: int):
        self.places, self.turnstile = places, WriteQueue(places)
        self.visits: list[Visit] = []

    def come(self, thread: str, first: bool, member: str | None = None, community: str = "home") -> Visit:
        """A visit of its own member, unless one is named."""
        who = f"member {len(self.visits)}" if member is None else member
        self.visits.append(Visit(self.turnstile, thread, first, who, community))
        return self.visits[-1]

    @property
    def inside(self) -> list[Visit]:
        return [visit for visit in self.visits if visit.inside]

    @property
    def waiting(self) -> list[Visit]:
        return [visit for visit in self.visits if not visit.inside and not visit.task.done()]

    def check(self) -> None:
        """Checks the invariants while nobody moves: no place is free that a waiting turn could take."""
        threads = [visit.thread for visit in self.inside]
        assert len(threads) <= self.places
        assert len(set(threads)) == len(threads)
        askers = [visit.asker for visit in self.inside]
        assert len(set(askers)) == len(askers)
        if len(threads) < self.places:
            assert all(visit.thread in threads or visit.asker in askers for visit in self.waiting)

    async def go_home(self) -> None:
        while [visit for visit in self.visits if not visit.task.done()]:
            for visit in self.visits:
                visit.leave()
            await settle()
        for visit in self.visits:
            with suppress(asyncio.CancelledError):
                await visit.task


async def came_in(places: int, *come: tuple[str, bool] | tuple[str, bool, str, str]) -> list[int]:
    """The order in which visits enter when one leaves at a time; initially others hold all places."""
    crowd = Crowd(places)
    for n in range(places):
        crowd.come(f"held {n}", False)
    await settle()
    visits = [crowd.come(*each) for each in come]
    order: list[int] = []
    while len(order) < len(visits):
        crowd.inside[0].leave()
        await settle()
        order += [n for n, visit in enumerate(visits) if visit.inside and n not in order]
    await crowd.go_home()
    return order


async def test_whoever_called_us_is_first_in_line_the_rest_by_the_order_of_coming() -> None:
    assert await came_in(1, ("a", False), ("b", False), ("c", True), ("d", False), ("e", True)) == [2, 4, 0, 1, 3]


async def test_one_at_a_time_in_a_thread_and_nobody_waits_behind_a_busy_thread() -> None:
    crowd = Crowd(2)
    held, again, other = crowd.come("a", True), crowd.come("a", True), crowd.come("b", False)
    await settle()
    assert (held.inside, again.inside, other.inside) == (True, False, True)
    held.leave()
    await settle()
    assert again.inside
    await crowd.go_home()


async def test_the_same_thread_in_two_rooms_is_two() -> None:
    turnstile, kitchen = WriteQueue(2), Room("local", "home", "kitchen")
    here, there = (turnstile.enter(Thread(room, "a"), room.id, first=True) for room in (FEED, kitchen))
    both = []
    async with asyncio.timeout(PATIENCE), here, there:
        both.append("inside at once")
    assert both


async def test_whoever_gives_up_just_as_the_place_is_given_passes_it_on() -> None:
    crowd = Crowd(1)
    held = crowd.come("a", False)
    await settle()
    given, last = crowd.come("b", False), crowd.come("c", False)
    await settle()
    held.leave()
    while not held.task.done():  # the place is b's from here on, but b has not been woken yet
        await asyncio.sleep(0)
    given.give_up()
    await settle()
    assert last.inside and not given.inside
    await crowd.go_home()


async def test_whoever_gives_up_at_the_moment_the_place_comes_free_passes_it_on() -> None:
    crowd = Crowd(1)
    held = crowd.come("a", False)
    await settle()
    given, last = crowd.come("b", False), crowd.come("c", False)
    await settle()
    held.leave()
    given.give_up()  # still in the queue when held leaves
    await settle()
    assert last.inside and held.task.done() and not given.inside
    await crowd.go_home()


async def test_an_error_inside_gives_the_place_back() -> None:
    turnstile, entered = WriteQueue(1), 0
    for _ in range(3):
        with pytest.raises(KeyError):
            async with asyncio.timeout(PATIENCE), turnstile.enter(Thread(FEED, "a"), "ana", first=True):
                entered += 1
                raise KeyError
    assert entered == 3


class Come(NamedTuple):
    thread: str
    first: bool
    member: str
    community: str


class Leave(NamedTuple):
    who: int


class GiveUp(NamedTuple):
    who: int


class Breathe(NamedTuple):
    rounds: int


class Settle(NamedTuple):
    pass


Step = Come | Leave | GiveUp | Breathe | Settle
WHO = st.integers(0, 30)
STEPS = st.lists(
    st.one_of(
        st.builds(Come, st.sampled_from("abcd"), st.booleans(), st.sampled_from("vwxyz"), st.sampled_from("PQ")),
        st.builds(Leave, WHO),
        st.builds(GiveUp, WHO),
        st.builds(Breathe, st.integers(1, 3)),
        st.builds(Settle),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 4), STEPS)
def test_however_people_come_leave_and_give_up_no_place_is_lost(places: int, steps: list[Step]) -> None:
    asyncio.run(_a_day(places, steps))


async def _a_day(places: int, steps: list[Step]) -> None:
    """Steps between "settle"s happen at once: visits are cancelled while waiting, while being admitted, and inside."""
    crowd = Crowd(places)
    for step in steps:
        match step:
            case Come(thread, first, member, community):
                crowd.come(thread, first, member, community)
            case Breathe(rounds):
                await settle(rounds)
            case Settle():
                await settle()
                crowd.check()
            case Leave(who) if crowd.visits:
                crowd.visits[who % len(crowd.visits)].leave()
            case GiveUp(who) if crowd.visits:
                crowd.visits[who % len(crowd.visits)].give_up()
    await settle()
    crowd.check()
    await crowd.go_home()
    everybody = [crowd.come(f"new {n}", False) for n in range(places + 1)]
    await settle()
    assert [visit.inside for visit in everybody] == [True] * places + [False]
    await crowd.go_home()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=12), st.integers(1, 3))
def test_among_those_who_wait_the_called_come_in_first_and_each_by_their_number(
    firsts: list[bool], places: int
) -> None:
    come = [(f"thread {n}", first) for n, first in enumerate(firsts)]
    order = asyncio.run(came_in(places, *come))
    assert order == sorted(range(len(come)), key=lambda n: (not firsts[n], n))


class SortedLine:
    """The specified order in its simplest form: on every change, the queue is sorted and scanned. Visits are
    identified by number."""

    def __init__(self, places: int):
        self.places = places
        self.line: list[tuple[bool, int, str]] = []
        self.inside: dict[int, str] = {}

    def come(self, number: int, thread: str, first: bool) -> None:
        self.line.append((not first, number, thread))
        self._admit()

    def go(self, number: int) -> None:
        self.line = [each for each in self.line if each[1] != number]
        self.inside.pop(number, None)
        self._admit()

    def _admit(self) -> None:
        for each in sorted(self.line):
            _, number, thread = each
            if len(self.inside) < self.places and thread not in self.inside.values():
                self.line.remove(each)
                self.inside[number] = thread


class Comes(NamedTuple):
    thread: str
    first: bool


class Goes(NamedTuple):
    """The visit of that number, counted round; only who is inside can leave."""

    which: int
    gives_up: bool


ORDERLY = st.lists(
    st.one_of(
        st.builds(Comes, st.sampled_from("aaabcd"), st.booleans()),
        st.builds(Goes, WHO, st.booleans()),
    ),
    max_size=60,
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 4), ORDERLY)
def test_the_order_is_that_of_a_line_sorted_at_every_change(places: int, steps: list[Comes | Goes]) -> None:
    asyncio.run(_an_orderly_day(places, steps))


async def _an_orderly_day(places: int, steps: list[Comes | Goes]) -> None:
    crowd, promised = Crowd(places), SortedLine(places)
    for step in steps:
        if isinstance(step, Comes):
            promised.come(len(crowd.visits), step.thread, step.first)
            crowd.come(step.thread, step.first)
        elif crowd.visits:
            number = step.which % len(crowd.visits)
            if step.gives_up or crowd.visits[number].inside:
                promised.go(number)
                crowd.visits[number].give_up() if step.gives_up else crowd.visits[number].leave()
        await settle(10)
        assert [n for n, visit in enumerate(crowd.visits) if visit.inside] == sorted(promised.inside)
    await crowd.go_home()


async def test_a_long_line_costs_each_entry_next_to_nothing() -> None:
    """Sorting the queue at every entry took minutes for so many."""
    crowd, began = Crowd(1), time.process_time()
    for number in range(10_000):
        crowd.come("a" if number % 2 else f"thread {number}", number % 3 == 0)
    await settle()
    for visit in crowd.visits:
        visit.leave()
    while any(not visit.task.done() for visit in crowd.visits):
        await settle()
    assert time.process_time() - began < 30
