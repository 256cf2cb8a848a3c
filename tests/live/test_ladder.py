"""The ladder of smaller models and the judge, from a message to the reply: models over HTTP, a real store."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from bot.config.model_settings import Price
from bot.config.settings import Limits
from bot.types import Clock, Deletion, Edit, Message
from bot.write.models.failover import Models
from tests.fakes.model_steps import Request
from tests.fakes.scripted_model import Fail, Hang, Say, ScriptedModel
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import FEED, NOON, at, comment, post
from tests.write.house import model

PRICES = {
    "dear": Price(input=1, cached=1, output=4),
    "economy": Price(input=0.1, cached=0.1, output=0.4),
    "judge": Price(input=0.1, cached=0.1, output=1),
}
ALONE = {"join": "unanswered", "hold_minutes": 1, "judge": "judge"}


Opens = Callable[..., AbstractAsyncContextManager[Stage]]


class Servers:
    """One scripted server per model. Together they are a stage's `models`, of which only the expensive one writes."""

    def __init__(self) -> None:
        self.dear, self.economy, self.judge = ScriptedModel(), ScriptedModel(), ScriptedModel()

    def models(self, clock: Clock) -> Models:
        settings = {name: model(name, getattr(self, name), price=PRICES[name], context_tokens=3000) for name in PRICES}
        return Models(settings, ["dear"], clock)


@pytest.fixture
async def servers() -> AsyncIterator[Servers]:
    servers = Servers()
    async with servers.dear, servers.economy, servers.judge:
        for name in PRICES:
            getattr(servers, name).default = lambda _, name=name: Say(f"{name} says so.")
        yield servers


@pytest.fixture
def on(tmp_path: Path, servers: Servers) -> Opens:
    """Opens a stage that uses the servers, and closes the models after it."""

    def opened(**more: Any) -> AbstractAsyncContextManager[Stage]:
        return stage(tmp_path, models=servers.models, **more)

    return opened


async def call(on: Stage, id: str, who: str = "Ana") -> str:
    """Calls us and waits for the reply."""
    await on.hear([post(id, who, "@mochi does it rise?", (on.clock.now() - NOON).total_seconds())])
    await on.clock.advance(3)
    await on.until_told(id, "sent")
    return dict(on.platform.said()).get(id) or on.platform.signs[id]


# --- the ladder ----------------------------------------------------------------------------------


async def test_from_four_fifths_of_a_limit_on_the_smaller_model_writes_then_a_line_then_an_emoji(
    on: Opens, servers: Servers
) -> None:
    async with on(limits=Limits(replies_per_member_hour=5), economy="economy") as scene:
        seen = [await call(scene, f"p{n}", "Ana") for n in range(7)]
        assert seen[:4] == ["dear says so."] * 4
        assert seen[4] == "economy says so."
        assert seen[5].startswith("I've said my share to you for now.") and seen[6] == "⏳"
        assert await call(scene, "q", "Ben") == "dear says so.", "he is far from his own limit"
        last = await scene.turn("p4")
        assert (last.model, last.decision.facts["limit"]) == ("economy", {"used": 0.8, "economy": "economy"})


@pytest.mark.parametrize("limit", ["replies_per_room_hour", "replies_per_community_hour"])
async def test_room_and_community_come_down_the_same_ladder(on: Opens, servers: Servers, limit: str) -> None:
    async with on(limits=Limits(**{limit: 5}), economy="economy") as scene:
        seen = [await call(scene, f"p{n}", f"Ana{n}") for n in range(7)]
        assert seen[3:5] == ["dear says so.", "economy says so."]
        assert seen[5].startswith("I've talked enough in") and seen[6] == "⏳"


async def test_money_that_runs_short_leaves_the_smaller_model_and_then_one_line_a_day(
    on: Opens, servers: Servers
) -> None:
    servers.dear.default = lambda _: Say("dear says so.", extra_usage={"prompt_tokens": 8000})
    async with on(limits=Limits(usd_per_day=0.01), economy="economy") as scene:
        assert await call(scene, "p0", "Ana") == "dear says so."  # costs 0.8 cents
        assert await call(scene, "p1", "Ana") == "economy says so."
        servers.economy.default = lambda _: Say("economy says so.", extra_usage={"prompt_tokens": 20_000})
        assert await call(scene, "p2", "Ana") == "economy says so."
        assert "budget for today is used up. Try me again in about 12 hours" in await call(scene, "p3", "Ana")
        await scene.clock.advance(3 * 3600)
        assert await call(scene, "p4", "Ana") == "⏳"
        assert (len(servers.dear.requests), len(servers.economy.requests)) == (1, 2)


async def test_without_an_economy_model_the_order_stays(on: Opens, servers: Servers) -> None:
    async with on(limits=Limits(replies_per_member_hour=2)) as scene:
        assert [await call(scene, f"p{n}", "Ana") for n in range(2)] == ["dear says so."] * 2


async def test_over_a_limit_nothing_unprompted_is_said(on: Opens, servers: Servers) -> None:
    async with on(limits=Limits(replies_per_community_hour=1), join="every_post") as scene:
        await call(scene, "p0", "Ana")
        await scene.hear([post("p1", "Ben", "a loaf", 10)])
        await scene.clock.advance(20)
        await scene.until_told("p1", "stopped")
        assert (await scene.story())["p1"] == ("stopped", "community_limit")
        assert scene.platform.signs == {}


# --- the judge -----------------------------------------------------------------------------------


async def unanswered(scene: Stage) -> None:
    """Asks a question that nobody answers, and waits until its hold is over."""
    await scene.hear([post("p", "Ana", "does it rise?")])
    await scene.clock.advance(61)


async def test_a_judge_that_says_no_ends_the_turn_and_is_paid_for(on: Opens, servers: Servers) -> None:
    servers.judge.default = lambda _: Say(
        "No.", extra_usage={"prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101}
    )
    async with on(**ALONE) as scene:
        await unanswered(scene)
        await scene.until_told("p", "passed")
        assert (await scene.story())["p"] == ("passed", "judged")
        turn = await scene.turn("p")
        assert turn.usage.cost_usd == pytest.approx((100 * 0.1 + 1) / 1e6)
        assert turn.decision.facts["judge"] == {"model": "judge", "answer": "no"}
        assert scene.rooms.budget.usd_today(scene.clock.now()) == pytest.approx(turn.usage.cost_usd)
    assert servers.dear.requests == [] and scene.platform.said() == []
    assert "| Ana: does it rise?" in servers.judge.requests[0].last_user


@pytest.mark.parametrize(
    ("step", "answer"), [(Say("Yes"), "yes"), (Say("Perhaps"), "unclear"), (Fail(500), "none"), (Fail(401), "none")]
)
async def test_whatever_else_a_judge_does_the_rules_stand(
    on: Opens, servers: Servers, step: Fail | Say, answer: str
) -> None:
    servers.judge.default = lambda _: step
    async with on(**ALONE) as scene:
        await unanswered(scene)
        await scene.until_told("p", "sent")
        turn = await scene.turn("p")
        assert scene.platform.said() == [("p", "dear says so.")]
        assert (turn.model, turn.decision.facts["judge"]["answer"]) == ("dear", answer)


UNREAD = "weiß jemand, wie man das macht?"


def _judging(hurts: Fail | Say, may: Fail | Say) -> Callable[[Request], Fail | Say]:
    return lambda request: hurts if "speak of pain" in request.last_user else may


@pytest.mark.parametrize(
    ("hurts", "may", "reason"),
    [
        (Say("No."), Say("Yes."), ""),
        (Say("Yes."), Say("Yes."), "judged"),
        (Say("Perhaps"), Say("Yes."), "judged"),
        (Fail(500), Say("Yes."), "judged"),
        (Say("No."), Say("No."), "judged"),
        (Say("No."), Say("Perhaps"), "unread"),
        (Say("No."), Fail(500), "unread"),
    ],
)
async def test_about_what_no_pack_reads_only_the_judge_lets_it_speak_and_only_if_it_does_not_hurt(
    on: Opens, servers: Servers, hurts: Fail | Say, may: Fail | Say, reason: str
) -> None:
    servers.judge.default = _judging(hurts, may)
    async with on(**ALONE) as scene:
        await scene.hear([post("p", "Ana", UNREAD)])
        await scene.clock.advance(61)
        await scene.until_told("p", "passed" if reason else "sent")
        assert (await scene.story())["p"][1] == (reason or "unanswered")
        assert scene.platform.said() == ([] if reason else [("p", "dear says so.")])
    assert "speak of pain" in servers.judge.requests[0].last_user


async def test_without_a_judge_what_no_pack_reads_is_left_to_people(on: Opens, servers: Servers) -> None:
    async with on(**{**ALONE, "judge": None}) as scene:
        await scene.hear([post("p", "Ana", UNREAD)])
        assert (await scene.story())["p"] == ("silent", "unread")
    assert servers.dear.requests == []


async def test_who_called_us_is_not_judged(on: Opens, servers: Servers) -> None:
    async with on(**ALONE) as scene:
        assert await call(scene, "p", "Ana") == "dear says so."
    assert servers.judge.requests == []


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (comment("c", "p", "Ben", "mine does", 62), "someone_answered"),
        (Edit(FEED, "p", "never mind", at(62)), "edited"),
        (Deletion(FEED, "p", at(62)), "deleted"),
    ],
)
async def test_what_happens_while_the_judge_thinks_stops_us_and_its_cost_is_kept(
    on: Opens,
    servers: Servers,
    event: Deletion | Edit | Message,
    reason: str,
) -> None:
    servers.judge.default = lambda _: Hang("ye")
    async with on(**ALONE) as scene:
        await unanswered(scene)
        await servers.judge.asked()
        await scene.hear([event])
        await servers.judge.until(lambda server: server.requests[0].hung_up)
        await scene.until_told("p", "stopped")
        assert (await scene.story())["p"] == ("stopped", reason)
        assert scene.platform.said() == [] and servers.dear.requests == []
        await scene.until(lambda: not scene.rooms.budget._reserved)
        turn = await scene.turn("p")
        assert 0 < turn.usage.cost_usd == pytest.approx(scene.rooms.budget.usd_today(scene.clock.now()))
