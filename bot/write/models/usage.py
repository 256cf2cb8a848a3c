"""The usage of a model call: tokens in the providers' dialects, and their cost. Pure."""

from collections.abc import Mapping
from typing import Any

from bot.config.model_settings import Price
from bot.types import Usage

_MILLION = 1_000_000  # prices are in US dollars per million tokens
# A call whose prompt fits into `context_tokens` by our estimate takes at most some times as many, reasoning included: a
# report of more is a fault of the server, and would use up the day's budget at once.
PLAUSIBLE_CONTEXTS = 10


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
    return next(
        (place for place in places if isinstance(place, Mapping) and place.get("prompt_tokens") not in (None, 0)), None
    )


def is_plausible(usage: Mapping[str, Any], context_tokens: int) -> bool:
    """Whether both counts are whole numbers that a prompt of at most `context_tokens` can have caused."""
    most = PLAUSIBLE_CONTEXTS * context_tokens
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens") or 0]
    return all((count := _whole_number(value)) is not None and count <= most for value in counts)


def parse(usage: Mapping[str, Any], price: Price | None) -> Usage:
    """Parses a plausible usage field; what is no count in it counts as 0. Cached tokens are in prompt_tokens_details
    (OpenAI and most), prompt_cache_hit_tokens (DeepSeek) or cached_tokens (Moonshot)."""
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
    return _whole_number(place.get(name)) or 0


def _whole_number(value: object) -> int | None:
    """A count, also if written as 12.0; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
