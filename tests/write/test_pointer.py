"""Without a model: what is pointed at, and what never is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.pointing import Library, library, talk

DESCALE = talk(
    ("Ana", "How do I descale the espresso machine?"),
    ("Femi", "Citric acid, 20 g per litre. Run it twice, then rinse with plain water."),
    ("Ana", "thank you!"),
)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Library]:
    async with library(tmp_path) as found:
        yield found


async def test_it_points_at_the_answer_to_an_earlier_question(room: Library) -> None:
    await room.hears(*DESCALE)
    pointed = await room.asks("@mochi how do I descale an espresso machine?")
    assert pointed is not None and pointed.message.id == "m1"
    for part in ("Femi", "three weeks ago", "“Citric acid, 20 g per litre.", "https://chat.example/m1"):
        assert part in pointed.text


async def test_it_says_nothing_where_nothing_fits(room: Library) -> None:
    await room.hears(*DESCALE)
    assert await room.asks("@mochi how do I clean the grinder?") is None


async def test_the_askers_own_words_are_no_news(room: Library) -> None:
    await room.hears(*(replace(one, author=DESCALE[0].author) for one in DESCALE))
    asked = replace(DESCALE[0], id="again")
    assert await room.asks(asked) is None
