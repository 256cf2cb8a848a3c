"""What is kept of a place that we were removed from is erased some days later, and only there, unless we are back."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.live.removals import Removals
from bot.types import Reaction, Removal, Room
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, at, line, person, post

DAYS = timedelta(days=7)
ELSEWHERE = Room("local", "elsewhere", "feed", "feed", "elsewhere")
SHED = replace(FEED, id="shed", name="shed")
COMMUNITY = Room("local", FEED.community, "")


async def lived_in(on: Stage) -> None:
    said = [
        post("p", "Ana", "@mochi hello"),
        line("s", "Ana", "hm", 1, SHED),
        line("e", "Ana", "far away", 2, ELSEWHERE),
    ]
    await on.hear([*said, Reaction(FEED, "p", person("Ben"), "👍", at(3))])
    await on.clock.advance(10)
    await on.until_told("p", "sent")


async def kept(on: Stage) -> dict[str, int]:
    return {room.id + room.community: len(await on.store.messages(room, 99)) for room in (FEED, SHED, ELSEWHERE)}


async def purged(on: Stage, now: datetime) -> None:
    await Removals(on.store, on.rooms).purge(now - DAYS)


@pytest.mark.parametrize(
    ("place", "left"),
    [
        (FEED, {"feedhome": 0, "shedhome": 1, "feedelsewhere": 1}),
        (COMMUNITY, {"feedhome": 0, "shedhome": 0, "feedelsewhere": 1}),
    ],
)
async def test_a_place_is_erased_after_the_days_and_nothing_else(
    tmp_path: Path, place: Room, left: dict[str, int]
) -> None:
    clock = VirtualClock()
    async with stage(tmp_path, clock) as on:
        await lived_in(on)
        before = await kept(on)
        await on.hear([Removal(place, at(20))])
        await purged(on, at(19) + DAYS)
        assert await kept(on) == before
    async with stage(tmp_path, clock) as on:
        await purged(on, at(21) + DAYS)
        assert await kept(on) == left
        assert await on.store.reactions(FEED, "p") == []
        assert {turn.thread.room.id + turn.thread.room.community for turn in await on.store.turns(9)} == {
            room for room, number in left.items() if number
        }
        await on.hear([line("new", "Ana", "we are back", 30)])
        await purged(on, at(99) + DAYS)
        assert (await kept(on))["feedhome"] == 1


@pytest.mark.parametrize("removed", [FEED, COMMUNITY])
@pytest.mark.parametrize("back", [FEED, COMMUNITY])
async def test_nothing_is_erased_if_we_are_back(tmp_path: Path, removed: Room, back: Room) -> None:
    async with stage(tmp_path) as on:
        await lived_in(on)
        before = await kept(on)
        await on.hear([Removal(removed, at(20)), Removal(back, at(30), back=True)])
        await purged(on, at(40) + DAYS)
        is_back = removed in (back, COMMUNITY)
        assert (await kept(on) == before) == is_back


async def test_who_hears_something_there_again_is_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await lived_in(on)
        await on.hear([Removal(FEED, at(20)), line("new", "Ana", "you again!", 30)])
        await purged(on, at(40) + DAYS)
        assert (await kept(on))["feedhome"] == 3
