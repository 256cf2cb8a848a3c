"""What a replay estimates for a reply: the writer's model, the economy model when limits run short, the judge."""

from dataclasses import replace
from typing import Any

import pytest

from bot.config.model_settings import ModelSettings, Price
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.measure.price import Pricing
from bot.types import Decision, State, Turn, Usage, Verdict
from bot.write.judge import ANSWER_TOKENS, compose_judge
from bot.write.models.chat import estimate_input
from tests.fakes.shipped import personas
from tests.fakes.talk import NOON, post

PERSONAS = personas()
POST = post("p", "Ana", "does it rise?")
TURN = Turn("t", POST.thread, "p", "id-ana", "mochi", Decision(Verdict.SPEAK, "unanswered"), State.DUE, NOON)


def model(name: str, price: float | None) -> ModelSettings:
    prices = None if price is None else Price(input=price, cached=price, output=price)
    return ModelSettings(name=name, base_url="https://a.example/v1", price=prices)


def usage(turn: Turn = TURN, used: float = 0.0, writer: tuple[str, ...] = ("dear",), **rule: Any) -> Usage:
    models = {name: model(name, price) for name, price in {"dear": 100.0, "cheap": 1.0, "free": None}.items()}
    settings = Settings(models=models, writer=writer, rooms=(RoomRule(match="*", **rule),))
    return Pricing(settings, PERSONAS).usage(turn, POST, [POST], NOON, rule=settings.rooms[0], used=used)


def test_the_economy_model_writes_from_four_fifths_of_a_limit_on() -> None:
    dear = usage(economy="cheap", used=0.79)
    assert dear == usage()
    assert usage(economy="cheap", used=0.8).cost_usd == pytest.approx(dear.cost_usd / 100)
    assert usage(economy="free", used=0.8) == Usage()
    assert usage(used=1.0) == dear, "without one the order stays"


def test_the_judge_is_paid_for_what_nobody_asked_for() -> None:
    alone, judged = usage(), usage(judge="cheap")
    prompt = estimate_input(compose_judge("Mochi", [POST], POST, 8000))
    assert judged.cost_usd - alone.cost_usd == pytest.approx((prompt + ANSWER_TOKENS) / 1e6)
    assert usage(judge="free") == alone
    called = replace(TURN, addressed=True)
    assert usage(called, judge="cheap") == usage(called)


def test_it_is_free_where_nothing_that_may_be_asked_has_a_price() -> None:
    models = {"cheap": model("cheap", 1.0), "free": model("free", None)}

    def is_free(*writer: str, **rule: Any) -> bool:
        settings = Settings(models=models, writer=writer, rooms=(RoomRule(match="*", **rule),))
        return Pricing(settings, PERSONAS).is_free

    assert is_free("free") and is_free("free", economy="free", judge="free")
    assert not is_free("cheap") and not is_free("free", judge="cheap") and not is_free("free", economy="cheap")
    assert usage(writer=("free",), judge="cheap").cost_usd > 0
