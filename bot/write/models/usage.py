"""The usage of a model call: tokens in the providers' dialects, and their cost. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.config.settings import Price
from bot.types import Usage

_MILLION = 1_000_000  # prices are in US dollars per million tokens
# of one call, fifty times the longest context there is: more is a fault of the server
MOST_REPORTED_TOKENS = 100_000_000


def cost(price: Price | None, *, fresh: int, cached: int, output: int) -> float:
    """US dollars; 0.0 without a price."""
    if price is None:
        return 0.0
    return (fresh * price.input + cached * price.cached + output * price.output) / _MILLION


def counted(price: Price | None, *, total: int, cached: int, output: int) -> Usage:
    """Usage with its cost. `total` is all input tokens, `cached` the part of them that came from the prompt cache."""
    cached = min(cached, total)
    return Usage(total, cached, output, cost(price, fresh=total - cached, cached=cached, output=output))


def reported(chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The usage field of an answer or of a chunk: at the top (most), in the choice (Moonshot), or under x_groq (Groq).
    None if there is none."""
    places = [chunk.get("usage"), _mapping(chunk.get("x_groq")).get("usage")]
    choices = chunk.get("choices")
    if isinstance(choices, list):
        places += [_mapping(choice).get("usage") for choice in choices]
    return next((place for place in places if isinstance(place, Mapping) and _count(place, "prompt_tokens")), None)


def parse(usage: Mapping[str, Any], price: Price | None) -> Usage:
    """Parses a usage field. Cached tokens are in prompt_tokens_details (OpenAI and most), prompt_cache_hit_tokens
    (DeepSeek) or cached_tokens (Moonshot)."""
    cached = max(
        _count(_mapping(usage.get("prompt_tokens_details")), "cached_tokens"),
        _count(usage, "prompt_cache_hit_tokens"),
        _count(usage, "cached_tokens"),
    )
    total, output = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    return counted(price, total=total, cached=cached, output=output)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(place: Mapping[str, Any], name: str) -> int:
    value = place.get(name)
    return min(value, MOST_REPORTED_TOKENS) if isinstance(value, int) and value > 0 else 0
