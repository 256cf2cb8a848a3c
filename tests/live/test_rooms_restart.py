"""What rooms have learnt survives a restart: at any moment, the same decisions follow, with equal numbers."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.live.rooms import FLOORS_KEPT, Floors
from bot.remember.transaction import Transaction
from bot.types import Author, Deletion, Edit, Message, Room, Turn
from tests.fakes.database import migrated
from tests.fakes.present import present
from tests.fakes.talk import BOT, FEED, at, comment, line, post
from tests.fakes.town import Town, town

DEN = Room("local", "home", "den", "den", "home")
BOTH = (FEED, DEN)
WHO: tuple[str | Author, ...] = ("Ana", "Ben", "Eve", "Kim", BOT)
TEXTS = (
    "does it rise in a cold kitchen?", "mine rises overnight", "Ben: try a warmer place", "anybody have a jar?",
    "thanks", "@mochi help?", "look at this crumb", "I keep the jar near the oven", "ana: how long did you wait?", "",
)  # fmt: skip
GAPS = (0.0, 0.5, 4.0, 61.0, 400.0, 4000.0, 40_000.0)  # seconds
WATCHED = {"join": "watch", "posts": "all", "share_of_voice": 0.3}


def rules(**rule: Any) -> Settings:
    rule = {"join": "unanswered", "share_of_voice": 0.5, "hold_ceiling_minutes": 30, **rule}
    return Settings(rooms=(RoomRule(match="*", **rule),))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "cameo.db"
    migrated(path)
    return path


Happening = tuple[float, Message | tuple[str, Message]]


@st.composite
def evenings(draw: st.DrawFn) -> list[Happening]:
    """Events in two rooms, in order, with their times in seconds."""
    moment = 0.0
    happened: list[Happening] = []
    said: list[Message] = []
    for number in range(draw(st.integers(2, 30))):
        moment += draw(st.sampled_from(GAPS))
        kind = draw(st.sampled_from(("line", "line", "line", "post", "comment", "edit", "delete", "tick", "tick")))
        room = draw(st.sampled_from((FEED, FEED, DEN)))
        who, text = draw(st.sampled_from(WHO)), draw(st.sampled_from(TEXTS))
        more: dict[str, Any] = {"sent": at(moment - 5000), "history": True} if draw(st.integers(0, 9)) == 0 else {}
        roots = [each for each in said if each.starts_thread and each.room == room]
        if kind in ("edit", "delete", "tick") and said:
            happened.append((moment, (kind, draw(st.sampled_from(said)))))
            continue
        if kind == "comment" and roots:
            message = comment(f"m{number}", draw(st.sampled_from(roots)).id, who, text, moment, room, **more)
        elif kind == "post":
            message = post(f"m{number}", who, text, moment, room, **more)
        else:
            answers = draw(st.sampled_from((None, None, *(each.id for each in said if each.room == room))))
            message = line(f"m{number}", who, text, moment, room, reply_to=answers, **more)
        said.append(message)
        happened.append((moment, message))
    return happened


async def play(on: Town, happening: Happening) -> list[Turn]:
    moment, what = happening
    await on.until(at(moment))
    if isinstance(what, Message):
        return await on.hear(what)
    kind, about = what
    if kind == "edit":
        return await on.edit(Edit(about.room, about.id, "never mind, who has flour?", at(moment)))
    if kind == "delete":
        return await on.delete(Deletion(about.room, about.id, at(moment)))
    return await on.tick(about)


async def decided(
    path: Path, how: Settings, happened: list[Happening], restarts: set[int], faults: set[int], kept: int
) -> list[list[Turn]]:
    """The turns after each event. Before some events Cameo restarts; before others, a work fails that has heard
    something in both rooms."""
    turns = []
    async with town(path, how, kept) as on:
        for number, happening in enumerate(happened):
            if number in restarts:
                await on.restart()
            if number in faults:
                await on.until(at(happening[0]))
                await on.fail(
                    *(post(f"lost{number}{room}", WHO[number % 4], TEXTS[0], happening[0], room) for room in BOTH)
                )
                await on.fail(line(f"gone{number}", "Ana", "@mochi help?", happening[0], FEED))
            turns.append(await play(on, happening))
    return turns


def run(
    empty: Path,
    how: Settings,
    happened: list[Happening],
    restarts: Iterable[int] = (),
    faults: Iterable[int] = (),
    kept: int = FLOORS_KEPT,
) -> list[list[Turn]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(empty, folder))
        return asyncio.run(decided(path, how, happened, set(restarts), set(faults), kept))


# Few and deterministic, since each example writes to a disk.
@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    evenings(),
    st.integers(0, 30),
    st.sampled_from(({}, {"posts": "all"}, {"hold": 1.0}, {"join": "mentions"}, WATCHED)),
)
def test_a_restart_at_any_moment_changes_no_decision(
    empty: Path, happened: list[Happening], cut: int, rule: dict[str, Any]
) -> None:
    how = rules(**rule)
    assert run(empty, how, happened, {cut}) == run(empty, how, happened)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    evenings(),
    st.sets(st.integers(0, 30), min_size=1, max_size=4),
    st.sampled_from((1, FLOORS_KEPT)),
    st.sampled_from(({"posts": "all"}, WATCHED)),
)
def test_neither_a_work_that_fails_nor_a_floor_that_was_dropped_changes_a_decision(
    empty: Path,
    happened: list[tuple[float, Message | tuple[str, Message]]],
    faults: set[int],
    kept: int,
    rule: dict[str, Any],
) -> None:
    how = rules(**rule)
    assert run(empty, how, happened, faults=faults, kept=kept) == run(empty, how, happened)


def long_talk(count: int) -> list[Happening]:
    """Four people over a week, in a timeline and in threads; waiting turns are decided again after a while."""
    happened: list[Happening] = []
    moment, waiting = 0.0, []
    for number in range(count):
        moment += (3.0, 40.0, 700.0, 20.0, 3000.0, 5.0, 90.0)[number * number % 7]
        who, text = WHO[number * 7 % 11 % 4], TEXTS[number * 13 % 17 % 5]
        if number % 9 == 4:
            message = post(f"m{number}", who, text, moment)
        elif number % 9 in (5, 7) and number > 9:
            message = comment(f"m{number}", f"m{number - number % 9 + 4 - (9 if number % 2 else 0)}", who, text, moment)
        else:
            message = line(f"m{number}", who, text, moment, FEED if number % 4 else DEN)
        happened.append((moment, message))
        waiting.append(message)
        if number % 5 == 0:
            happened.append((moment + 1, ("tick", waiting[-4:][0])))
    return happened


def test_a_long_talk_goes_on_as_if_nothing_had_been(empty: Path) -> None:
    """A history longer than a room is rebuilt from; the hold was learnt from all of it."""
    happened = long_talk(600)
    through = run(empty, rules(posts="all"), happened)
    assert run(empty, rules(posts="all"), happened, {300, 500, 640, 700}) == through
    holds = [turn.decision.facts["hold"] for turns in through for turn in turns if "hold" in turn.decision.facts]
    assert holds[0]["from"] == "prior" and holds[-1]["from"] == "room"


async def test_the_posts_of_a_community_are_learnt_from_in_the_order_in_which_they_were_opened(
    tmp_path: Path, empty: Path
) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        said = [post(f"p{n}", "Ana", "does it rise?", 0.0, (FEED, DEN)[n % 2]) for n in range(6)]
        await on.hear(*said)
        await on.hear(comment("a", "p1", "Ben", "it does", 90.0, DEN), comment("b", "p2", "Ben", "it does", 60.0))
        before = await on.learnt(FEED)
        await on.restart()
        assert await on.learnt(FEED) == before
        waited = {1: 90.0, 2: 60.0}
        assert before == [(f"p{n}", ("feed", "den")[n % 2], waited.get(n)) for n in range(6)]


async def test_a_deleted_post_is_not_learnt_from_here_or_next_door(tmp_path: Path, empty: Path) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        await on.hear(post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", room=DEN))
        await on.hear(comment("c", "p", "Ben", "it does", 60.0))
        assert [key for key, *_ in await on.learnt(DEN)] == ["p", "q"]
        await on.delete(Deletion(FEED, "p", at(61)))
        assert [key for key, *_ in await on.learnt(DEN)] == ["q"]
        assert [key for key, *_ in await on.learnt(FEED)] == ["q"]


async def test_what_failed_has_taught_nothing(tmp_path: Path, empty: Path) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        await on.hear(post("q", "Eve", "and rye?", room=DEN))

        async def work(tx: Transaction, floors: Floors) -> None:
            await on.rooms.add(tx, floors, [post("p", "Ana", "does it rise?")])
            raise KeyError("a fault of ours")

        with pytest.raises(KeyError):
            await on.rooms.change([FEED], work)
        assert [key for key, *_ in await on.learnt(DEN)] == ["q"]


async def test_a_room_in_which_something_was_edited_is_read_anew(tmp_path: Path, empty: Path) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        await on.hear(line("a", "Ana", "mine rises overnight"))
        before = await on.rooms.floor(FEED)
        await on.edit(Edit(FEED, "a", "mine sinks", at(1)))
        assert before.is_stale
        after = await on.rooms.floor(FEED)
        assert after is not before and not after.is_stale and after is await on.rooms.floor(FEED)


async def test_our_own_words_still_count_when_they_are_deleted(tmp_path: Path, empty: Path) -> None:
    """Somebody who deletes our message does not want more of them."""
    async with town(Path(shutil.copy(empty, tmp_path)), rules(hold=1.0, share_of_voice=1.0)) as on:
        await on.hear(said := line("a", "Ana", "does it rise in a cold kitchen?"))
        await on.until(at(61))
        [*_, sent] = await on.tick(said)
        await on.delete(Deletion(FEED, present(sent.reply_id), at(62)))
        await on.restart()
        state = (await on.rooms.floor(FEED)).state
        assert state.voice.last() == (1, 2)
        assert state.ours_was_last(None) and state.has_joined(said)


async def test_what_was_said_still_counts_where_all_of_it_is_deleted(tmp_path: Path, empty: Path) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        await on.hear(line("a", "Ana", "mine rises"))
        await on.delete(Deletion(FEED, "a", at(1)))
        assert (await on.rooms.floor(FEED)).state.voice.last() == (0, 1)
        await on.hear(line("b", "Ben", "mine too", 2.0))
        await on.restart()
        assert (await on.rooms.floor(FEED)).state.voice.last() == (0, 2)


async def test_what_was_deleted_before_we_heard_it_was_never_said(tmp_path: Path, empty: Path) -> None:
    async with town(Path(shutil.copy(empty, tmp_path)), rules()) as on:
        await on.hear(line("a", "Ana", "mine rises"), line("b", "Ben", "mine too", 1.0))
        await on.delete(Deletion(FEED, "never heard", at(2)))
        await on.delete(Deletion(FEED, "b", at(3)))
        await on.restart()
        assert (await on.rooms.floor(FEED)).state.voice.last() == (0, 2)
