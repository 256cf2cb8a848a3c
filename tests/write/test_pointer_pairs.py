"""The question pairs: hardly ever wrong, and right often enough, in English and in Chinese."""

from pathlib import Path

import pytest

from tests.fakes.pointing import library

from .pairs import Pair, answered, pairs

MOST_WRONG = 5  # of all hundred
LEAST_RIGHT = {"tuned": 24, "held_out": 14}  # of 30 and of 20 that can be answered


def test_there_are_a_hundred_half_of_them_unanswerable_half_in_each_language() -> None:
    every = [*pairs("tuned"), *pairs("held_out")]
    assert len(every) == 100 and len(pairs("held_out")) == 40
    assert sum(bool(pair.answers) for pair in every) == 50
    assert sum(pair.is_chinese for pair in every) == 50


async def test_few_are_wrong_and_most_are_right(tmp_path: Path) -> None:
    wrong: list[str] = []
    right = dict.fromkeys(LEAST_RIGHT, 0)
    async with library(tmp_path) as house:
        for which in LEAST_RIGHT:
            for pair, pointed in await answered(house, pairs(which)):
                right[which] += pointed is not None and pointed.message.id in pair.answers
                wrong += [_told(pair)] if pointed and pointed.message.id not in pair.answers else []
    assert len(wrong) <= MOST_WRONG, wrong
    assert {which: count for which, count in right.items() if count < LEAST_RIGHT[which]} == {}


def _told(pair: Pair) -> str:
    return pair.asked.text


@pytest.mark.parametrize("pair", [pair for pair in pairs("tuned") if pair.answers][:3], ids=_told)
async def test_without_its_answer_a_pair_is_unanswerable(pair: Pair, tmp_path: Path) -> None:
    """The pairs could fail: it is the answer that is pointed at."""
    async with library(tmp_path) as house:
        await house.hears(*(one for one in pair.past if one.id not in pair.answers))
        assert await house.asks(pair.asked) is None
