"""Changing models while Cameo runs: unchanged models go on, replaced ones finish their requests."""

import asyncio
from pathlib import Path

import pytest

from bot.config.model_settings import ModelSettings
from bot.types import ModelError
from bot.write.models.model_state import ModelState
from tests.fakes.present import present
from tests.fakes.scripted_model import Hang, Say, ScriptedModel
from tests.write.house import NOWHERE, SECRET, House, HouseClock, compose, model


async def change(house: House, *settings: ModelSettings, order: list[str] | None = None) -> None:
    models = {one.name: one for one in settings}
    await house.models.change(models, list(models) if order is None else order)


async def test_the_new_order_and_the_new_models_write(tmp_path: Path) -> None:
    async with ScriptedModel([Say("one")] * 2) as first, ScriptedModel([Say("two")] * 2) as second:
        a, b = model("a", first), model("b", second)
        async with House(a) as house:
            assert (await house.write()).text == "one"
            await change(house, b, a)
            assert (await house.write()).model == "b" and [s.name for s in house.models.status()] == ["b", "a"]
            await change(house, b, a, order=["a"])
            assert (await house.write()).model == "a"


async def test_a_model_with_the_same_settings_keeps_what_is_known_of_it() -> None:
    async with ScriptedModel(key="another") as server, House(model("a", server, key=SECRET)) as house:
        with pytest.raises(ModelError):
            await house.write()
        assert house.state("a") == "refused"
        await change(house, model("a", server, key=SECRET), model("b", server))
        assert house.state("a") == "refused"
        await change(house, model("a", server, key="another"))
        assert house.state("a") == "ready" and (await house.write()).model == "a", "a new key is tried"


async def test_a_model_that_is_taken_away_finishes_its_draft_and_is_closed_then() -> None:
    is_replaced = asyncio.Event()

    async def hold(said: str) -> None:
        if said:
            await is_replaced.wait()

    script = [Say("a long answer", before=hold)]
    async with ScriptedModel(script) as old, ScriptedModel() as new, House(model("a", old)) as house:
        replaced = house.models._by_name["a"]
        writing = asyncio.create_task(house.write())
        async with asyncio.timeout(60):
            while not house.seen:
                await asyncio.sleep(0.001)
        await change(house, model("b", new))
        assert house.models._replaced == [replaced]
        is_replaced.set()
        assert (await writing).text == "a long answer"
        assert house.models._replaced == [] and present(replaced._endpoint)._sdk.is_closed()


async def test_a_draft_that_is_given_up_closes_a_replaced_model_too() -> None:
    async with ScriptedModel([Hang("half a")]) as old, ScriptedModel() as new, House(model("a", old)) as house:
        replaced = house.models._by_name["a"]
        writing = asyncio.create_task(house.write())
        async with asyncio.timeout(60):
            while not house.seen:
                await asyncio.sleep(0.001)
        await change(house, model("b", new))
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        assert house.models._replaced == [] and present(replaced._endpoint)._sdk.is_closed()


async def test_a_judge_or_an_economy_model_that_is_gone_is_as_good_as_none() -> None:
    async with ScriptedModel([Say("one")]) as server, House(model("a", server)) as house:
        with pytest.raises(ModelError, match="no_model: gone"):
            await house.models.ask("gone", compose, house.purse)
        draft = await house.models.write(compose, "local", house.purse, economy="gone")
        assert draft.model == "a"


async def test_an_endpoint_is_kept_until_its_address_changes_and_closed_then() -> None:
    """The built-in model gets another port when it is started again."""
    state = ModelState(model("a", NOWHERE), HouseClock())
    first = await state._at("http://127.0.0.1:1/v1", None)
    assert await state._at("http://127.0.0.1:1/v1", None) is first
    second = await state._at("http://127.0.0.1:2/v1", None)
    assert [each._sdk.is_closed() for each in (first, second)] == [True, False]
    await state.close()
    assert second._sdk.is_closed()
