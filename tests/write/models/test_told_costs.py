"""Money beside tokens: costs that a report tells itself, what writing to a cache costs, and the margin of a reserve."""

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.config.model_settings import Price
from bot.write.models import usage
from bot.write.models.chat import ChatMessage, estimate_input
from bot.write.models.failover import LOW_ESTIMATE, worst_case_usd
from bot.write.models.progress import Progress
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.write.house import NOWHERE, PRICE, House, model
from tests.write.models.test_usage import shapes

USD = st.floats(0, 2) | st.integers(0, 3) | st.floats(0, 2).map(repr)
BARE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
COMPUTED = (1000 * 1.0 + 100 * 4.0) / 1e6
COUNTED: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("counted.yaml").read_text("utf-8"))
NO_COSTS = [-1, -0.01, float("nan"), float("inf"), "free", "", None, True, [0.5], {"input": 3}, 1e6, 10**400, "1e999"]


@given(shapes(), USD)
def test_a_told_cost_counts_if_it_is_higher(told: dict[str, Any], own: float | str) -> None:
    computed = usage.parse(told, PRICE, sent=77)
    found = usage.parse({**told, "cost": own}, PRICE, sent=77)
    assert found.cost_usd == max(computed.cost_usd, float(own))
    assert (found.input_tokens, found.output_tokens) == (computed.input_tokens, computed.output_tokens)


@pytest.mark.parametrize(
    ("told", "usd"),
    [
        ({"cost": 0.02}, 0.02),
        ({"cost": "0.02"}, 0.02),
        ({"cost": 0.0001}, COMPUTED),
        ({"cost": {"input_tokens_cost": 0.01, "output_tokens_cost": 0.02, "total_cost": 0.03}}, 0.03),
        ({"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.02}}, 0.021),
        ({"cost": 0.02, "is_byok": False, "cost_details": {"upstream_inference_cost": 0.02}}, 0.02),
        ({"cost": 0.02, "cost_details": {"upstream_inference_cost": None}}, 0.02),
    ],
)
def test_costs_in_the_forms_of_providers(told: dict[str, Any], usd: float) -> None:
    assert usage.parse({**BARE, **told}, PRICE).cost_usd == pytest.approx(usd)
    assert usage.reported({"usage": told}) == (told if usage.told_usd(told) else None)


@pytest.mark.parametrize("value", NO_COSTS, ids=repr)
def test_what_is_no_cost_in_dollars_does_not_count(value: object) -> None:
    assert usage.parse({**BARE, "cost": value}, PRICE).cost_usd == pytest.approx(COMPUTED)


@given(st.lists(USD, min_size=1, max_size=4))
def test_of_several_chunks_the_highest_cost_counts(costs: list[float | str]) -> None:
    for order in permutations(costs):
        progress = Progress(asked=True)
        for one in order:
            progress.take({"choices": [], "usage": {**BARE, "cost": one}})
        took = progress.took(model("a", NOWHERE, price=PRICE), [])
        assert took.cost_usd == max(COMPUTED, *map(float, costs))


def test_a_told_cost_counts_without_a_price_and_beside_implausible_counts() -> None:
    assert usage.parse({**BARE, "cost": 0.5}, None).cost_usd == 0.5
    progress = Progress(asked=True)
    progress.take({"choices": [], "usage": {"prompt_tokens": 10**12, "cost": 0.5}})
    assert progress.took(model("a", NOWHERE, price=PRICE), []).cost_usd == 0.5


async def test_the_cost_that_a_server_tells_is_charged() -> None:
    step = Say("Rye.", extra_usage={"cost": 0.25})
    async with ScriptedModel([step]) as server, House(model("a", server, price=PRICE)) as house:
        draft = await house.write()
        assert draft.usage.cost_usd == 0.25 == house.purse.charged[0][1].cost_usd


PRICES = st.builds(Price, input=st.floats(0, 50), cached=st.floats(0, 5), output=st.floats(0, 200))
TOKENS = st.integers(0, 9000)


@given(PRICES, TOKENS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_tokens_written_to_a_cache_cost_more(
    price: Price, fresh: int, cached: int, five_minutes: int, hour: int, output: int
) -> None:
    """Anthropic's report: all three kinds of input beside each other."""
    told = {
        "input_tokens": fresh, "output_tokens": output, "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": five_minutes + hour,
        "cache_creation": {"ephemeral_5m_input_tokens": five_minutes, "ephemeral_1h_input_tokens": hour},
    }  # fmt: skip
    billed = (fresh + 1.25 * five_minutes + 2 * hour) * price.input + cached * price.cached + output * price.output
    assert usage.parse(told, price).cost_usd == pytest.approx(billed / 1e6)


@pytest.mark.parametrize(
    ("told", "usd"),
    [
        ({"prompt_tokens": 1000, "prompt_tokens_details": {"cache_write_tokens": 400}}, 1100),
        ({"prompt_tokens": 1000, "prompt_tokens_details": {"cache_creation_tokens": 400}}, 1100),
        ({"prompt_tokens": 1000, "total_tokens": 1000, "cache_creation_input_tokens": 400}, 1100),
        ({"inputTokens": 600, "cacheWriteInputTokens": 400}, 1100),
        ({"prompt_tokens": 1000, "prompt_tokens_details": {"cache_write_tokens": 9000}}, 1250),  # more than there is
    ],
)
def test_cache_writes_in_other_names(told: dict[str, Any], usd: float) -> None:
    assert usage.parse(told, PRICE).cost_usd == pytest.approx(usd / 1e6)


@pytest.mark.parametrize("kind", sorted({one["kind"] for one in COUNTED}))
def test_a_reserve_covers_the_vocabulary_that_counts_most(kind: str) -> None:
    found = [one for one in COUNTED if one["kind"] == kind]
    settings = model("a", NOWHERE, price=PRICE, output_tokens=100)
    messages = [ChatMessage("user", "\n".join(one["text"] for one in found))]
    reserved = worst_case_usd(settings, messages)
    for vocabulary in found[0]["counts"]:
        counted = sum(one["counts"][vocabulary] for one in found)
        told = {"prompt_tokens": counted, "completion_tokens": 100, "total_tokens": counted + 100}
        assert usage.parse(told, PRICE).cost_usd <= reserved, vocabulary


@given(st.text(max_size=400), st.floats(0, LOW_ESTIMATE), st.integers(0, 100), PRICES)
def test_no_call_within_the_margin_costs_more_than_its_reserve(
    text: str, share: float, output: int, price: Price
) -> None:
    settings = model("a", NOWHERE, price=price, output_tokens=100)
    messages = [ChatMessage("user", text)]
    told = {"prompt_tokens": int(estimate_input(messages) * share), "completion_tokens": output}
    dearest = price.model_copy(update={"cached": min(price.cached, price.input)})
    assert usage.parse(told, dearest).cost_usd <= worst_case_usd(settings, messages) + 1e-12
