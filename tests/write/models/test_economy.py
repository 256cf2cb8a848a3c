"""Near a limit, the smaller model comes first and no more expensive one is used; and asking a single model."""

import pytest

from bot.config.model_settings import Price
from bot.types import ModelError
from bot.write.models.failover import Draft, usual_usd
from tests.fakes.scripted_model import Fail, Say, ScriptedModel
from tests.write.house import PRICE, SECRET, House, compose, model

CHEAP = Price(input=0.1, cached=0.1, output=0.4)


def house_of(server: ScriptedModel, *, writer: list[str] | None = None) -> House:
    """An expensive model, one as cheap as the economy model, a free one, and the economy model itself."""
    return House(
        model("dear", server, price=PRICE, model="dear"),
        model("thrifty", server, price=CHEAP, model="thrifty"),
        model("free", server, model="free"),
        model("economy", server, price=CHEAP, model="economy"),
        writer=writer,
    )


def asked(server: ScriptedModel) -> list[str]:
    return [request.body["model"] for request in server.requests]


async def write(house: House, economy: str | None = None) -> Draft:
    house.clock.hurry = True
    return await house.models.write(compose, "local", house.purse, economy=economy)


@pytest.mark.parametrize("writer", [None, ["dear", "thrifty", "free"]])
async def test_the_economy_model_goes_first_and_dearer_ones_are_not_asked_at_all(writer: list[str] | None) -> None:
    async with ScriptedModel(lambda _: Fail(400)) as server, house_of(server, writer=writer) as house:
        with pytest.raises(ModelError, match="models_failed"):
            await write(house, "economy")
        assert list(dict.fromkeys(asked(server))) == ["economy", "thrifty", "free"]


async def test_below_the_order_is_the_writers_and_nothing_is_remembered() -> None:
    async with ScriptedModel() as server, house_of(server) as house:
        assert [(await write(house, name)).model for name in (None, "economy", None)] == ["dear", "economy", "dear"]


async def test_a_free_economy_model_leaves_out_all_that_cost_money() -> None:
    async with ScriptedModel(lambda _: Fail(400)) as server, house_of(server) as house:
        with pytest.raises(ModelError):
            await write(house, "free")
        assert list(dict.fromkeys(asked(server))) == ["free"]
        assert {usd for _, usd in house.purse.reserved} == {0.0}


async def test_an_economy_model_without_its_key_is_as_good_as_none() -> None:
    async with ScriptedModel() as server:
        keyless = model("keyless", server, key_env="NO_SUCH_KEY", price=CHEAP)
        async with House(model("dear", server, price=PRICE), keyless) as house:
            assert (await write(house, "keyless")).model == "dear"


async def test_money_that_does_not_cover_the_economy_model_leaves_the_free_one() -> None:
    async with ScriptedModel() as server, house_of(server) as house:
        house.purse.usd = 0.0
        assert (await write(house, "economy")).model == "free"


def test_dearer_is_what_a_usual_reply_costs_more_with() -> None:
    much_read = model("a", "http://a/v1", price=Price(input=1.0, cached=1.0, output=1.0))
    much_written = model("b", "http://a/v1", price=Price(input=0.5, cached=0.5, output=4.0))
    assert usual_usd(much_read) > usual_usd(much_written) > usual_usd(model("c", "http://a/v1")) == 0


# --- a single model ------------------------------------------------------------------------------


async def test_one_model_is_asked_once_and_paid_for() -> None:
    async with ScriptedModel([Say("no")]) as server, house_of(server, writer=["dear"]) as house:
        assert await house.models.ask("economy", compose, house.purse) == "no"
        assert asked(server) == ["economy"]
        assert [name for name, _ in house.purse.reserved] == [name for name, _ in house.purse.charged] == ["economy"]
        assert house.purse.charged[0][1].cost_usd > 0


async def test_what_fails_is_not_asked_again_and_no_other_model_takes_over() -> None:
    async with ScriptedModel(lambda _: Fail(500)) as server, house_of(server) as house:
        with pytest.raises(ModelError, match="models_failed"):
            await house.models.ask("economy", compose, house.purse)
        assert asked(server) == ["economy"]


async def test_a_model_that_rests_or_has_no_key_is_left_alone() -> None:
    async with ScriptedModel(lambda _: Fail(401)) as server:
        keyless = model("keyless", server, key_env="NO_SUCH_KEY", price=PRICE)
        async with House(keyless, model("a", server, key=SECRET)) as house:
            with pytest.raises(ModelError, match="models_failed"):
                await house.models.ask("a", compose, house.purse)
            for name in ("a", "keyless"):
                with pytest.raises(ModelError, match="no_model"):
                    await house.models.ask(name, compose, house.purse)
        assert len(server.requests) == 1


async def test_what_the_money_does_not_cover_is_not_asked() -> None:
    async with ScriptedModel() as server, house_of(server) as house:
        house.purse.usd = 0.0
        with pytest.raises(ModelError, match="over_budget"):
            await house.models.ask("economy", compose, house.purse)
        assert server.requests == []
