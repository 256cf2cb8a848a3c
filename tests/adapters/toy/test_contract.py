"""The toy platform keeps the contract of adapters."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.contract import STEPS, Step, title
from tests.adapters.toy.place import ToyPlace


@pytest.fixture
async def place() -> AsyncIterator[ToyPlace]:
    place = ToyPlace()
    await place.up()
    yield place
    await place.down()


@pytest.mark.parametrize("step", STEPS, ids=title)
async def test_the_contract(step: Step, place: ToyPlace) -> None:
    await step(place)
