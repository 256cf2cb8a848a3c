"""The usage of a model call: tokens in the providers' dialects, and their cost. Pure."""

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.config.model_settings import Price
from bot.types import Usage

_MILLION = 1_000_000  # prices are in US dollars per million tokens
# A call whose prompt fits into `context_tokens` by our estimate takes at most some times as many, reasoning included: a
# report of more is a fault of the server, and would use up the day's budget at once.
PLAUSIBLE_CONTEXTS = 10
MOST_REPORTED = 20_000_000  # of the largest context that can be configured, PLAUSIBLE_CONTEXTS times

# Names as `_plain` spells them: OpenAI's, Anthropic's, Gemini's, Ollama's.
INPUT = frozenset({"prompttoken", "inputtoken", "prompteval"})
OUTPUT = frozenset({"completiontoken", "outputtoken", "candidatestoken", "generatedtoken", "eval"})
BOTH = INPUT | OUTPUT
TOTAL = frozenset({"totaltoken", "total"})
# Of a report that tells its counts only one level deeper (Cohere's "tokens" and "billed_units").
INNER_INPUT = frozenset({"details.inputtoken", "details.prompttoken"})
INNER_OUTPUT = frozenset({"details.outputtoken", "details.completiontoken"})
BESIDE_INPUT = ("cachereadinputtoken", "cachecreationinputtoken", "cachewriteinputtoken")
CACHED_FIELDS = (
    "details.cachedtoken",
    "promptcachehittoken",
    "cachedtoken",
    "cachedcontenttoken",
    "cachereadinputtoken",
)
# Tokens written to a cache: Anthropic's, Bedrock's, OpenRouter's names. Anthropic charges 1.25 times the input for five
# minutes, and twice the input for an hour (platform.claude.com/docs, "Prompt caching").
WRITTEN_FIELDS = (
    "cachecreationinputtoken",
    "cachewriteinputtoken",
    "details.cachewritetoken",
    "details.cachecreationtoken",
)
WRITTEN_FOR_AN_HOUR = "details.ephemeral1hinputtoken"
WRITE_SURCHARGE, HOUR_SURCHARGE = 0.25, 1.0  # of the price of input, on top of it
MOST_USD = (
    100.0  # of one call; a million tokens in and 128,000 out of the dearest models stay below. More is no dollars
)
# Not a "thinkingbudget", which was asked for, nor a "thinkingms".
_THOUGHTS = re.compile(r"(?:^|\.)(?:\w*(?:reason|think|thought|cot)\w*token|reasoning|thinking|thought|cot)$")
_DIGITS = re.compile(r"\d{1,12}(?:\.0{1,6})?", re.ASCII)


def cost(price: Price | None, *, fresh: float, cached: int, output: int) -> float:
    """US dollars; 0.0 without a price."""
    if price is None:
        return 0.0
    return (fresh * price.input + cached * price.cached + output * price.output) / _MILLION


def counted(price: Price | None, *, total: int, cached: int, output: int, surcharge: float = 0.0) -> Usage:
    """Usage with its cost. `total` is all input tokens, `cached` the part of them that came from the prompt cache;
    `surcharge` is paid on top, in input tokens."""
    cached = min(cached, total)
    usd = cost(price, fresh=total - cached + surcharge, cached=cached, output=output)
    return Usage(total, cached, output, usd)


def at_least(found: Usage, told: Mapping[str, Any]) -> Usage:
    """The usage at the cost that the report itself tells, if that is higher: the provider knows its prices best."""
    return replace(found, cost_usd=max(found.cost_usd, told_usd(told)))


def told_usd(told: Mapping[str, Any]) -> float:
    """The US dollars that a report tells (OpenRouter, Perplexity); 0.0 if it tells none, or more than MOST_USD. With a
    key of one's own behind OpenRouter (`is_byok`), the provider is paid beside it."""
    own, details = told.get("cost"), _mapping(told.get("cost_details"))
    own_usd = _usd(own.get("total_cost") if isinstance(own, Mapping) else own)
    behind = _usd(details.get("upstream_inference_cost"))
    return own_usd + behind if told.get("is_byok") is True else max(own_usd, behind)


def reported(chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The usage field of an answer or of a chunk: at the top (most), in the choice (Moonshot), under x_groq (Groq) or
    in the message (Anthropic). None if there is none that counts or tells anything."""
    choices = chunk.get("choices")
    around = [chunk, _mapping(chunk.get("x_groq")), _mapping(chunk.get("message"))]
    around += [_mapping(choice) for choice in choices] if isinstance(choices, list) else []
    places = (place.get(name) for place in around for name in ("usage", "usage_metadata", "usageMetadata"))
    return next((place for place in places if isinstance(place, Mapping) and _tells(place)), None)


def _tells(place: Mapping[str, Any]) -> bool:
    return any(_counts(place).values()) or told_usd(place) > 0


def merged(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What several chunks report: each count at its highest, since they grow, or come in parts."""
    if before is None or now is None:
        return now if before is None else before
    return {**before, **{name: _higher(name, before.get(name), value) for name, value in now.items()}}


def _higher(name: str, before: object, now: object) -> object:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        return merged(before, now)
    if name.endswith("cost"):
        return before if _usd(before) > _usd(now) else now
    one, other = _whole_number(before), _whole_number(now)
    return before if one is not None and (other is None or one > other) else now


def is_plausible(usage: Mapping[str, Any], context_tokens: int) -> bool:
    """Whether both counts are whole numbers that a prompt of at most `context_tokens` can have caused."""
    most = PLAUSIBLE_CONTEXTS * context_tokens
    told = [value or 0 if _plain(name) in OUTPUT else value for name, value in usage.items() if _plain(name) in BOTH]
    told = [value for value in told if value is not None]
    return all((count := _whole_number(value)) is not None and count <= most for value in told)


def parse(
    usage: Mapping[str, Any], price: Price | None, *, sent: int = 0, received: int = 0, most: int = MOST_REPORTED
) -> Usage:
    """The usage by the most expensive reading of a plausible usage field; what is no count in it, or above `most`,
    counts as 0. `sent` is the estimated input, for a field without one; of `received`, the estimated output, at least
    half is counted: fewer are not believed.

    Providers differ in where they count thoughts: among the output (OpenAI), beside it (xAI, Gemini), or only in the
    total. The total settles it where it is told; otherwise they are taken as beside it. Tokens from a cache are part of
    the input, or beside it (Anthropic); those written to one cost more. A cost that the report tells itself counts if
    it is higher.
    """
    counts = {name: count for name, count in _counts(usage).items() if count <= most}
    total, output = _most(counts, TOTAL), _most(counts, OUTPUT) or _most(counts, INNER_OUTPUT)
    beside = sum(counts.get(name, 0) for name in BESIDE_INPUT)
    inputs = _most(counts, INPUT) or _most(counts, INNER_INPUT) or (0 if beside else sent)
    if not total or total >= inputs + output + beside:
        inputs += beside
    thoughts = max((count for name, count in counts.items() if _THOUGHTS.search(name)), default=0)
    beyond = max(output, total - inputs)
    output = output + thoughts if thoughts > beyond or (thoughts and not total) else beyond
    cached = [counts[name] for name in CACHED_FIELDS if name in counts]
    output = output if output * 2 >= received else received
    found = counted(
        price, total=inputs, cached=min(cached, default=0), output=output, surcharge=_surcharge(counts, inputs)
    )
    return at_least(found, usage)


def _surcharge(counts: Mapping[str, int], inputs: int) -> float:
    """What writing to a cache costs on top, in input tokens."""
    hour = min(counts.get(WRITTEN_FOR_AN_HOUR, 0), inputs)
    written = max(hour, *(min(counts.get(name, 0), inputs) for name in WRITTEN_FIELDS))
    return written * WRITE_SURCHARGE + hour * (HOUR_SURCHARGE - WRITE_SURCHARGE)


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    """The counts in a usage field by their plain names, those of its details as "details.name"."""
    counts: dict[str, int] = {}
    for name, value in usage.items():
        parent = _plain(name) if _THOUGHTS.search(_plain(name)) else ""  # of "reasoning": {"tokens": 2000}
        places = value if isinstance(value, list) else [value]
        inner = [(f"details.{parent}{_plain(each)}", count) for place in places if isinstance(place, Mapping)
                 for each, count in place.items()]  # fmt: skip
        for key, told in [(_plain(name), value), *inner]:
            if (count := _whole_number(told)) is not None:
                counts[key] = max(count, counts.get(key, 0))
    return counts


def _plain(name: str) -> str:
    """One spelling: "promptTokenCount" and "prompt_tokens" are both "prompttoken"."""
    return name.replace("_", "").casefold().removesuffix("count").removesuffix("s")


def _most(counts: Mapping[str, int], names: frozenset[str]) -> int:
    return max((counts.get(name, 0) for name in names), default=0)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole_number(value: object) -> int | None:
    """A count, also if written as 12.0 or "12"; None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = float(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _usd(value: object) -> float:
    """Dollars, also if written as "0.0012"; 0.0 for anything else, or more than MOST_USD."""
    try:
        usd = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return 0.0
    return usd if math.isfinite(usd) and 0 <= usd <= MOST_USD else 0.0
