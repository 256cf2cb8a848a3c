"""What a probe of a model has shown, in sentences. Pure but for the words."""

from collections.abc import Callable

from bot.config.env_file import EnvFileError
from bot.config.model_choice import Refused
from bot.explain.words import Words
from bot.write.models.probe import Probe

LONGEST_ANSWER = 200  # characters of the answer that are shown: the test asks for one sentence

Mask = Callable[[str], str]


def told(words: Words, language: str, probe: Probe, place: str, mask: Mask) -> list[str]:
    """The lines about a probe, the most important one first. `place` is where the model is, `mask` hides keys."""

    def say(key: str, **values: object) -> str:
        return words.say(f"model.{key}", language, **values)

    model = probe.model  # a name like "qwen3-235b-a22b-q4" looks like a key
    if probe.over_budget:
        return [say("over_budget")]
    if probe.cause is not None:
        said = [say("said", words=mask(probe.said))] if probe.said else []
        return [say(f"trouble.{probe.cause}", place=place, model=model), *said]
    text = mask(" ".join(probe.text.split()))
    text = text if len(text) <= LONGEST_ANSWER else f"{text[: LONGEST_ANSWER - 1]}…"
    return [say("works", model=model, seconds=f"{probe.seconds:.1f}", text=text), _cost(say, probe)]


def _cost(say: Callable[..., str], probe: Probe) -> str:
    if probe.hundred_usd is None:
        return say("costs_unknown")
    if not probe.hundred_usd:
        return say("costs_nothing")
    return say("costs", usd=usd_text(probe.hundred_usd), spent=usd_text(probe.cost_usd))


def usd_text(usd: float) -> str:
    """Dollars with two digits that count: 0.0012, 0.42, 3.10."""
    if usd >= 1 or usd == 0:
        return f"{usd:.2f}"
    return f"{float(f'{usd:.2g}'):.10f}".rstrip("0").ljust(4, "0")


def why_not(words: Words, language: str, error: Refused | EnvFileError, file: object) -> str:
    """One sentence about what can't be tried or kept."""
    group = "refused" if isinstance(error, Refused) else "env_file"
    return words.say(f"model.{group}.{error.reason}", language, **{"file": file, **error.values})
