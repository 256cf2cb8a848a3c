"""The estimate of tokens, against what real vocabularies counted (`counted.yaml`, made by tests/train/tokens)."""

from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.write.models.chat import ChatMessage, estimate_input, estimate_tokens

COUNTED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("counted.yaml").read_text("utf-8"))
CHAT = {"en": 0.15, "zh": 0.15, "ja": 0.15, "ru": 0.27}
DATA = ["link", "log", "base64", "code", "emoji"]


def of_kind(kind: str) -> list[dict[str, Any]]:
    found = [one for one in COUNTED if one["kind"] == kind]
    assert len(found) >= 5
    return found


@pytest.mark.parametrize(("kind", "share"), CHAT.items())
def test_an_estimate_of_chat_is_near_what_vocabularies_count_on_average(kind: str, share: float) -> None:
    found = of_kind(kind)
    counted = sum(mean(one["counts"].values()) for one in found)
    assert abs(sum(estimate_tokens(one["text"]) for one in found) / counted - 1) <= share


@pytest.mark.parametrize("kind", DATA)
def test_an_estimate_of_links_logs_and_code_is_no_less_than_the_highest_count(kind: str) -> None:
    low = [one["text"] for one in of_kind(kind) if estimate_tokens(one["text"]) < max(one["counts"].values())]
    assert low == []


@pytest.mark.parametrize("kind", DATA)
def test_an_estimate_of_links_logs_and_code_is_not_absurd(kind: str) -> None:
    found = of_kind(kind)
    assert sum(estimate_tokens(one["text"]) for one in found) <= 2 * sum(max(one["counts"].values()) for one in found)


def test_seven_vocabularies_were_counted() -> None:
    assert {len(one["counts"]) for one in COUNTED} == {7}
    assert {one["kind"] for one in COUNTED} == {*CHAT, *DATA}


@given(st.text(max_size=200), st.text(max_size=200))
def test_estimates_take_any_text_and_grow_with_it(one: str, two: str) -> None:
    assert 1 <= estimate_tokens(one) <= estimate_tokens(one + two)


@given(st.text(min_size=1, max_size=200))
def test_no_character_costs_more_than_five_tokens(text: str) -> None:
    assert estimate_tokens(text) <= 5 * len(text) + 1


@pytest.mark.parametrize("character", [chr(code) for code in (*range(0x21, 0x7F), 0xE9, 0x3B1, 0x416, 0x5D0, 0x639,
                                       0x905, 0x10D0, 0x2014, 0x3042, 0x9762, 0xAC00, 0xFF0C, 0x1F600)])  # fmt: skip
def test_every_character_costs_something(character: str) -> None:
    assert estimate_tokens(character * 100) > 100 / 50


def test_messages_cost_more_than_their_text() -> None:
    assert estimate_tokens("面" * 30) > 2 * estimate_tokens("a" * 30)
    assert estimate_input([ChatMessage("user", "hi")]) > estimate_tokens("hi")
    assert estimate_tokens("\ud800 lone") > 1
