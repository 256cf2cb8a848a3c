"""A policy change while Cameo runs: the next decision uses it, turns in progress end as they began, and nothing is
lost."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.config.room_rule import Join
from bot.config.settings import Limits, Settings
from bot.types import Clock, State, Turn
from bot.write.models.failover import Models
from tests.fakes.database import migrated
from tests.fakes.scripted_model import Fail, Request, Say, ScriptedModel
from tests.fakes.shipped import personas
from tests.fakes.stage import stage
from tests.fakes.talk import FEED, comment, post
from tests.fakes.town import town
from tests.live.test_rooms_restart import Happening, evenings, play, rules
from tests.write.house import model


async def test_a_turn_records_the_version_that_it_was_decided_by(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        first = on.policy.current.version
        await on.hear([post("p", "Ana", "hello")])
        second = on.put_in_force(join="unanswered", hold=1.0)
        await on.hear([post("q", "Ben", "does it rise?")])
        third = on.put_in_force(share_of_voice=1.0)
        await on.clock.advance(61)
        await on.until_told("q", "sent")
        versions = {turn.trigger: turn.policy for turn in await on.store.turns(9)}
        assert versions == {"p": first, "q": third} and len({first, second, third}) == 3


async def test_what_changes_nothing_for_a_room_leaves_its_floor_and_is_recorded(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.hear([post("p", "Ana", "hello")])
        floor = await on.rooms.floor(FEED)
        mochi = personas()["mochi"].model_copy(update={"voice": "Terse."})
        version = on.put_in_force({**personas(), "mochi": mochi})
        assert await on.rooms.floor(FEED) is floor
        await on.hear([post("q", "Ana", "hello")])
        assert (await on.turn("q")).policy == version
        on.put_in_force({**personas(), "mochi": mochi.model_copy(update={"name": "Mocha"})})
        assert await on.rooms.floor(FEED) is not floor
        await on.hear([post("r", "Ana", "@mocha are you there?")])
        assert (await on.story())["r"][1] == "addressed"


@pytest.mark.parametrize(("join", "reason"), [("mentions", "join_mentions"), ("off", "room_off")])
async def test_what_waits_is_decided_again_by_the_rule_that_holds_when_it_is_due(
    tmp_path: Path, join: Join, reason: str
) -> None:
    async with stage(tmp_path, join="unanswered", hold=1.0) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        on.put_in_force(join=join)
        await on.clock.advance(30)
        assert (await on.story())["p"] == ("waiting", "holding")
        await on.clock.advance(31)
        await on.until_told("p", "stopped")
        assert (await on.story())["p"][1] == reason and on.platform.said() == []


async def test_what_waits_is_said_by_the_persona_of_the_rule_that_holds_when_it_is_due(tmp_path: Path) -> None:
    async with stage(tmp_path, join="unanswered", hold=1.0, share_of_voice=1.0) as on:
        await on.hear([post("p", "Ana", "does it rise?")])
        on.put_in_force(persona="pip")
        await on.clock.advance(61)
        await on.until_told("p", "sent")
        assert (await on.turn("p")).persona == "pip"


async def test_a_room_that_is_opened_is_heard_from_the_next_message_on(tmp_path: Path) -> None:
    async with stage(tmp_path, join="off") as on:
        await on.hear([post("p", "Ana", "@mochi hi")])
        on.put_in_force(join="mentions")
        await on.hear([comment("q", "p", "Ana", "@mochi hello?")])
        assert list(await on.story()) == ["q"]


async def test_limits_hold_at_once_for_what_was_said_before_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number in range(2):
            await on.hear([post(f"p{number}", "Ana", "@mochi hi", 10.0 * number)])
            await on.clock.advance(10)
            await on.until_told(f"p{number}", "sent")
        on.put_in_force(limits=Limits(replies_per_member_hour=2))
        await on.hear([post("q", "Ana", "@mochi hi", 20)])
        assert (await on.story())["q"][1] == "member_limit"
        on.put_in_force(limits=Limits())
        await on.hear([post("r", "Ana", "@mochi hi", 30)])
        assert (await on.story())["r"][1] == "addressed"


async def test_a_running_reply_keeps_the_persona_that_it_began_with(tmp_path: Path) -> None:
    """Also in the second request, which is made when another policy is in force."""
    changed = personas()["mochi"].model_copy(update={"voice": "Speaks in riddles only."})
    server = ScriptedModel()

    def models(clock: Clock) -> Models:
        return Models({"a": model("a", server, context_tokens=3000)}, ["a"], clock)

    async with server, stage(tmp_path, models=models) as on:

        def answer(request: Request) -> Fail | Say:
            on.put_in_force({**personas(), "mochi": changed})
            return Fail(500) if len(server.requests) == 1 else Say("All right.")

        server.default = answer
        for number in range(2):
            await on.hear([post(f"p{number}", "Ana", "@mochi hi", 100.0 * number)])
            while (await on.story())[f"p{number}"][0] != "sent":
                await on.clock.advance(1)
        riddles = ["riddles" in str(request.messages) for request in server.requests]
        assert riddles == [False, False, True]


async def test_a_thousand_changes_while_fifty_messages_a_second_come_lose_nothing(tmp_path: Path) -> None:
    """The clock runs as fast as possible: 500 messages in ten of its seconds, and a hundred changes in each second."""
    joins = ("mentions", "unanswered", "every_post")
    plenty = Limits(replies_per_member_hour=3600, replies_per_room_hour=3600, replies_per_community_hour=3600)
    async with stage(tmp_path, limits=plenty) as on:
        versions, heard = {on.policy.current.version}, 0
        for number in range(1000):
            versions.add(
                on.put_in_force(join=joins[number % 3], persona=("mochi", "pip")[number % 2], hold=number / 100)
            )
            if number % 2:
                heard += 1
                text = "@mochi @pip hi" if heard % 5 == 0 else "does it rise?"
                hearing = asyncio.create_task(on.hear([post(f"p{heard}", f"M{heard % 40}", text, heard / 50)]))
                await asyncio.sleep(0)  # the next change comes during this
                if heard % 5 == 0:
                    await on.clock.advance(0.1)
                    await hearing
        async with asyncio.timeout(300):
            while await on.store.open_turns():
                await on.clock.advance(60)
        turns = {turn.trigger: turn for turn in await on.store.turns(1000)}
        assert sorted(turns) == sorted(f"p{n}" for n in range(1, 501))
        assert all(turn.policy in versions for turn in turns.values())
        assert len({turn.policy for turn in turns.values()}) > 50, "changes came between the batches"
        called = [turn for turn in turns.values() if turn.addressed]
        assert len(called) == 100 and {turn.state for turn in called} == {State.SENT}
        said = [trigger for trigger, _ in on.platform.said()]
        assert len(said) == len(set(said)) and set(said) >= {turn.trigger for turn in called}


# --- a restart -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "cameo.db"
    migrated(path)
    return path


async def decided(
    path: Path, happened: list[Happening], before: Settings, after: Settings, change: int, restarts: set[int]
) -> list[list[Turn]]:
    """The turns after each event. The policy changes before event number `change`."""
    turns = []
    async with town(path, before) as on:
        for number, happening in enumerate(happened):
            if number == change:
                on.put_in_force(after)
            if number in restarts:
                await on.restart()
            turns.append(await play(on, happening))
    return turns


RULES: tuple[dict[str, Any], ...] = (
    {},
    {"posts": "all"},
    {"hold": 1.0},
    {"join": "mentions"},
    {"join": "every_post"},
    {"persona": "pip"},
)


# Few and deterministic, since each example writes to a disk.
@settings(max_examples=25, deadline=None, derandomize=True)
@given(evenings(), st.integers(0, 30), st.integers(0, 30), st.sampled_from(RULES), st.sampled_from(RULES))
def test_a_restart_at_any_moment_around_a_change_gives_the_same(
    empty: Path, happened: list[Happening], change: int, cut: int, before: dict[str, Any], after: dict[str, Any]
) -> None:
    def run(restarts: set[int]) -> list[list[Turn]]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(shutil.copy(empty, folder))
            return asyncio.run(decided(path, happened, rules(**before), rules(**after), change, restarts))

    assert run({cut}) == run(set())


def test_an_evening_with_changes_all_the_time_goes_on_as_if_started_anew_each_time(empty: Path, tmp_path: Path) -> None:
    """A floor that has been through changes equals the one rebuilt from the store."""

    async def tell(restarts: bool) -> list[list[Turn]]:
        path = Path(shutil.copy(empty, tmp_path / f"{restarts}.db"))
        turns = []
        async with town(path, rules()) as on:
            for number in range(120):
                on.put_in_force(rules(**RULES[number * 7 % len(RULES)]))
                if restarts:
                    await on.restart()
                who = ("Ana", "Ben", "Eve")[number * 5 % 7 % 3]
                turns.append(await play(on, (40.0 * number, post(f"m{number}", who, "does it rise?", 40.0 * number))))
                if number > 3:
                    about = post(f"m{number - 3}", who, "does it rise?", 0)
                    turns.append(await play(on, (40.0 * number + 1, ("tick", about))))
        return turns

    once, anew = asyncio.run(tell(False)), asyncio.run(tell(True))
    assert once == anew
    assert {str(turn.state) for turns in once for turn in turns} >= {"waiting", "silent", "sent", "stopped"}
