"""A platform is a folder and a line: the toy is configured, opened, heard and answered without other changes."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from adapters import PLATFORMS, shapes
from bot.app import House
from bot.config.file import load
from bot.config.policy import InForce
from bot.config.settings import Settings
from bot.explain.words import load_words
from bot.live.delivery import PRIVACY
from bot.live.policy import read_policy
from bot.remember.store import Store, migrate
from bot.types import SettingsError, Status
from bot.write.models.failover import Models
from tests.adapters.toy.world import WORLDS, World
from tests.fakes.clock import VirtualClock
from tests.fakes.scripted_model import Say, ScriptedModel

ROOT = Path(__file__).parents[3]
WITH_A_TOY = {**PLATFORMS, "toy": "tests.adapters.toy"}
ENVIRONMENT = {"CAMEO_ENV_FILE": "", "TOY_TOKEN": "open sesame"}
PATIENCE = 60.0  # seconds that a failing test waits


def configured(folder: Path, model: str, **toy: object) -> Settings:
    config = {
        "database": str(folder / "cameo.db"),
        "personas": str(ROOT / "personas"),
        "console": {"port": 0},
        "models": {"scripted": {"base_url": model, "model": "scripted"}},
        "platforms": {"local": {"enabled": False}, "toy": {"enabled": True, "world": "town", **toy}},
        "rooms": [{"match": "toy/*/square", "persona": "mochi", "join": "mentions"}],
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    return load(path, ENVIRONMENT, shapes(WITH_A_TOY))


@asynccontextmanager
async def living(settings: Settings, clock: VirtualClock) -> AsyncIterator[House]:
    """The whole Cameo in this process, composed as by `app.run`."""
    migrate(settings.database)
    store, models = await Store.open(settings.database), Models(settings.models, settings.writer, clock)
    read = partial(read_policy, settings.source, ENVIRONMENT, shapes(WITH_A_TOY))
    house = House(InForce(read()), read, ENVIRONMENT, store, models, clock, "token", WITH_A_TOY)
    house.console.open()
    stop = asyncio.Event()
    task = asyncio.create_task(house.live(stop))
    try:
        yield house
    finally:
        stop.set()
        await task
        await models.close()
        await store.close()
        gc.unfreeze()  # `live` freezes all existing objects


async def until(clock: VirtualClock, condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await clock.advance(0.5)
            await asyncio.sleep(0.01)


async def test_a_conversation_on_a_platform_that_was_added(tmp_path: Path) -> None:
    world, clock = WORLDS.setdefault("town", World()), VirtualClock()
    async with ScriptedModel() as model:
        model.default = lambda request: Say("It does, overnight in the fridge.")
        async with living(configured(tmp_path, model.url), clock) as house:
            await until(clock, lambda: house.adapters["toy"].status is Status.UP)
            assert set(house.adapters) == {"toy"}
            first = await world.happens(text="@mochi does bread rise in the cold?")
            await until(clock, lambda: len(world.ours) == 1)
            await world.happens(text="Thank you!", who="ben")
            second = await world.happens(text="@mochi and how long?", who="ben")
            await until(clock, lambda: len(world.ours) == 2)
            await until(clock, lambda: not world.previews)
            turns = {turn.trigger: turn for turn in await house.store.turns(9)}
            assert {turns[each].thread.room.platform for each in (first, second)} == {"toy"}
            told = load_words().notice("en", PRIVACY)
            said = {" ".join(one.split()) for one in world.ours.values()}
            assert said == {f"It does, overnight in the fridge. {told}"}


async def test_who_is_seen_typing_there_is_waited_for(tmp_path: Path) -> None:
    """A typing sign from the platform affects the time of the reply."""
    world, clock = World(), VirtualClock()
    WORLDS["town"] = world
    async with ScriptedModel() as model:
        model.default = lambda request: Say("It does.")
        async with living(configured(tmp_path, model.url), clock) as house:
            await until(clock, lambda: house.adapters["toy"].status is Status.UP)
            called = clock.now()
            await world.happens(text="@mochi does bread rise in the cold?")

            def answered_while_ana_types() -> bool:
                for watcher in world.watchers:
                    watcher("square", "ana")
                return len(world.ours) == 1

            await until(clock, answered_while_ana_types)
            assert (clock.now() - called).total_seconds() >= 8


def test_its_section_is_read_like_any_other(tmp_path: Path) -> None:
    settings = configured(tmp_path, "http://127.0.0.1:1/v1")
    assert settings.platforms["toy"].token == "open sesame"
    assert "open sesame" not in repr(settings)
    assert list(settings.platforms.enabled()) == ["toy"]


@pytest.mark.parametrize(
    ("toy", "told"),
    [
        ({"token": "open sesame"}, "platforms.toy.token: secrets are read from the environment or .env"),
        ({"wordl": "town"}, "platforms.toy.wordl: is not a key that is known here; write world instead"),
        ({"world": 7}, "platforms.toy.world: is not a text"),
        ({"enabled": "perhaps"}, "platforms.toy.enabled: is neither true nor false"),
    ],
)
def test_its_mistakes_are_told_like_any_others(tmp_path: Path, toy: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError) as error:
        configured(tmp_path, "http://127.0.0.1:1/v1", **toy)
    assert told in str(error.value)
    assert "sesame" not in str(error.value)


def test_its_own_checks_are_made(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"personas: {ROOT / 'personas'}\nplatforms: {{toy: {{enabled: yes}}}}\n")
    with pytest.raises(SettingsError, match=r"platforms.toy.token_env: the toy is enabled, but the variable TOY_TOKEN"):
        load(path, {"CAMEO_ENV_FILE": ""}, shapes(WITH_A_TOY))
