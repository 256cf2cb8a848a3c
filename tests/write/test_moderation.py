"""A refused draft is asked for again once a turn; the moderation model, over HTTP, and what holds while it is down."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from bot.config.model_settings import Price
from bot.config.policy import Policy
from bot.config.settings import ModerationSettings
from bot.types import Clock
from bot.write.models.failover import Models
from tests.fakes.scripted_model import Fail, Say, ScriptedModel
from tests.fakes.shipped import personas, shipped_words
from tests.fakes.stage import Stage, stage
from tests.fakes.talk import post
from tests.write.house import model

GOOD, BAD = "A week, in the fridge.", "kill yourself"
LINE = shipped_words().sign("held_back")
PRICE = Price(input=1.0, cached=1.0, output=1.0)


class Moderation:
    """A moderation endpoint on loopback that flags texts with the word "flag", or fails."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.fails = False
        self.url = ""

    @asynccontextmanager
    async def up(self) -> AsyncIterator["Moderation"]:
        app = web.Application()
        app.router.add_post("/v1/moderations", self._moderate)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _moderate(self, request: web.Request) -> web.Response:
        text = (await request.json())["input"]
        self.seen.append(text)
        if self.fails:
            return web.json_response({"error": {"message": "down"}}, status=500)
        result = {"flagged": "flag" in text, "categories": {}, "category_scores": {}}
        return web.json_response({"id": "m", "model": "mod", "results": [result]})


@asynccontextmanager
async def open_stage(
    path: Path,
    server: ScriptedModel,
    moderation: ModerationSettings | None = None,
    mod: Moderation | None = None,
    **more: Any,
) -> AsyncIterator[Stage]:
    def models(clock: Clock) -> Models:
        settings = {
            "m": model("m", server, context_tokens=4000),
            "mod": model("mod", mod.url if mod else server, model="mod", price=PRICE),
        }
        return Models(settings, ["m"], clock)

    async with stage(path, models=models, **more) as on:
        settings = on.policy.current.settings.model_copy(update={"moderation": moderation})
        on.policy.renew(Policy(settings, personas()))
        yield on


async def answer(on: Stage, id: str = "p") -> str:
    await on.hear([post(id, "Ana", "@mochi how long does pesto keep?")])
    await on.clock.advance(3)
    await on.until_told(id, "sent")
    return dict(on.platform.said())[id]


@pytest.mark.parametrize("refused", [BAD, "I am not an AI.", "-----BEGIN PRIVATE KEY-----"])
async def test_a_refused_draft_is_asked_for_again_once(tmp_path: Path, refused: str) -> None:
    async with ScriptedModel([Say(refused), Say(GOOD)]) as server, open_stage(tmp_path, server) as on:
        assert await answer(on) == GOOD
        assert len(server.requests) == 2
        assert "held back" in server.requests[1].last_user and "held back" not in server.requests[0].last_user


async def test_after_the_second_refusal_comes_an_honest_line_whatever_the_causes(tmp_path: Path) -> None:
    async with (
        ScriptedModel([Say("I am not an AI."), Say(BAD), Say(GOOD)]) as server,
        open_stage(tmp_path, server) as on,
    ):
        assert await answer(on) == LINE
        assert len(server.requests) == 2
        assert (await on.turn("p")).error == "held_back"


async def test_uncalled_a_refused_draft_ends_in_silence_without_another_call(tmp_path: Path) -> None:
    more: dict[str, Any] = {"join": "unanswered", "hold_minutes": 1, "share_of_voice": 1.0}
    async with ScriptedModel([Say(BAD), Say(GOOD)]) as server, open_stage(tmp_path, server, **more) as on:
        await on.hear([post("p", "Ana", "how long does pesto keep?")])
        await on.clock.advance(70)
        await on.until_told("p", "passed")
        assert len(server.requests) == 1 and on.platform.said() == []


async def test_a_refused_draft_is_never_previewed(tmp_path: Path) -> None:
    async with ScriptedModel([Say(BAD), Say(BAD)]) as server, open_stage(tmp_path, server) as on:
        shown: list[str | None] = []
        preview = on.platform.preview

        async def watch(*args: Any) -> None:
            shown.append(args[3])
            await preview(*args)

        on.platform.preview = watch  # type: ignore[method-assign,assignment]  # the fake's own method, wrapped
        assert await answer(on) == LINE
        assert BAD not in shown


# --- moderation ----------------------------------------------------------------------------------


async def test_the_endpoint_checks_each_draft_and_its_cost_counts(tmp_path: Path) -> None:
    rule = ModerationSettings(model="mod")
    async with (
        Moderation().up() as mod,
        ScriptedModel([Say("a flag"), Say(GOOD)]) as server,
        open_stage(tmp_path, server, rule, mod) as on,
    ):
        assert await answer(on) == GOOD
        assert mod.seen == ["a flag", GOOD]
        assert (await on.turn("p")).usage.cost_usd > 0
        assert on.platform.previews == {}


async def test_a_chat_model_can_moderate(tmp_path: Path) -> None:
    def script(request: Any) -> Say:
        if "Must it be held back?" not in request.last_user:
            return Say("a flag" if len(server.requests) == 1 else GOOD)
        return Say("yes" if "a flag" in request.last_user else "no")

    async with (
        ScriptedModel(script) as server,
        open_stage(tmp_path, server, ModerationSettings(model="mod", how="chat")) as on,
    ):
        assert await answer(on) == GOOD
        assert len(server.requests) == 4


@pytest.mark.parametrize(("if_down", "said"), [("hold", LINE), ("send", GOOD)])
async def test_while_it_is_down_the_manager_s_choice_holds(tmp_path: Path, if_down: Any, said: str) -> None:
    async with Moderation().up() as mod, ScriptedModel([Say(GOOD), Say(GOOD)]) as server:
        mod.fails = True
        async with open_stage(tmp_path, server, ModerationSettings(model="mod", if_down=if_down), mod) as on:
            assert await answer(on) == said
            assert len(server.requests) == 1, "another draft would not be checked either"


async def test_an_unclear_answer_of_a_chat_model_counts_as_none(tmp_path: Path) -> None:
    async with (
        ScriptedModel([Say(GOOD), Say("well, perhaps")]) as server,
        open_stage(tmp_path, server, ModerationSettings(model="mod", how="chat")) as on,
    ):
        assert await answer(on) == LINE


async def test_it_is_asked_again_at_the_next_turn_after_a_failure(tmp_path: Path) -> None:
    async with (
        ScriptedModel([Say(GOOD), Fail(500), Say(GOOD), Say("no")]) as server,
        open_stage(tmp_path, server, ModerationSettings(model="mod", how="chat")) as on,
    ):
        assert await answer(on) == LINE
        await on.clock.advance(700)
        assert await answer(on, "q") == GOOD
