"""The model that the environment, or `.env`, chooses: it writes before those that config.yaml lists under `writer`.

    CAMEO_WRITER       its name: one under `models`, one of those that are there without a config.yaml, or `custom`
    CAMEO_MODEL        its name at the server, in place of the one in config.yaml
    CAMEO_MODEL_URL    its address, likewise; alone, without CAMEO_WRITER, it means `custom`
    CAMEO_MODEL_KEY    the key of `custom`; each other model has a variable of its own
    CAMEO_MODEL_PRICE  "0.60 0.10 3.00": US dollars per million tokens of input, of input from the cache, and of output

The page at /model writes them. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.config.base_url import wrong_base
from bot.config.loopback import is_on_this_machine
from bot.config.model_settings import ModelSettings, Price, default_models
from bot.config.problems import objections, suggest
from bot.config.settings import Settings
from bot.types import SettingsError

CUSTOM = "custom"
WRITER, NAME, ADDRESS, KEY, PRICE = (
    "CAMEO_WRITER", "CAMEO_MODEL", "CAMEO_MODEL_URL", "CAMEO_MODEL_KEY", "CAMEO_MODEL_PRICE",
)  # fmt: skip
CHOOSING = (WRITER, NAME, ADDRESS, KEY, PRICE)
_FIELDS = {"model": NAME, "base_url": ADDRESS, "price": PRICE, "key_env": KEY}
_PRICE_INSTEAD = '"0.60 0.10 3.00" (US dollars per million tokens: input, input from the cache, output)'


def with_chosen(settings: Settings, variables: Mapping[str, str]) -> Settings:
    """The settings with the chosen model first; as they are if none is chosen. Raises SettingsError."""
    told = {name: variables.get(name, "").strip() for name in CHOOSING}
    chosen = told[WRITER] or (CUSTOM if told[ADDRESS] else "")
    if not chosen:
        raise_for(_chooses_nothing(told))
        return settings
    data = _data(chosen, settings, told)
    raise_for(_problems(chosen, settings, data, told))
    models = {**settings.models, chosen: ModelSettings.model_validate(data)}
    writer = (chosen, *(name for name in settings.writer if name != chosen))
    return settings.model_copy(update={"models": models, "writer": writer, "chosen": chosen})


def raise_for(problems: Iterator[tuple[str, str, str]]) -> None:
    """Raises SettingsError if there are any; each is a variable, what is wrong with it, and what to write instead."""
    if lines := [
        f"{name} (in .env, or in the environment): {what}; write {instead} instead" for name, what, instead in problems
    ]:
        raise SettingsError(lines)


def price_of(text: str) -> Price | None:
    """The price that CAMEO_MODEL_PRICE tells, in two numbers (input, output) or three; None if it tells none."""
    try:
        numbers = [float(each) for each in text.replace(",", " ").split()]
        match numbers:
            case [read, written]:
                return Price(input=read, cached=read, output=written)
            case [read, cached, written]:
                return Price(input=read, cached=cached, output=written)
    except ValueError:  # no numbers, or out of range
        pass
    return None


def price_text(price: Price) -> str:
    """The text that `price_of` reads."""
    return f"{price.input:.10g} {price.cached:.10g} {price.output:.10g}"


def order_line(settings: Settings) -> str:
    """The models that write, in order, as `check` prints them: with the keys that they lack, and which is chosen."""

    def told(name: str) -> str:
        model = settings.models.get(name)  # the pointer is none
        notes = [f"chosen by {WRITER}"] if name == settings.chosen else []
        notes += [f"{model.key_env} is not set"] if model and model.key_env and not model.key else []
        return f"{name} ({'; '.join(notes)})" if notes else name

    return f"models, in order: {', '.join(map(told, settings.writer))}"


def _data(chosen: str, settings: Settings, told: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the chosen model: those of its settings, and what the variables say."""
    base = settings.models.get(chosen) or default_models().get(chosen)
    before = {name: getattr(base, name) for name in base.model_fields_set - {"key"}} if base else {}
    if base is None and not is_on_this_machine(told[ADDRESS]):
        before = {"output_tokens": 2000}  # it may reason
    if chosen == CUSTOM and told[KEY]:
        before["key_env"] = KEY
    said = {"model": told[NAME], "base_url": told[ADDRESS], "price": price_of(told[PRICE])}
    return {**before, "name": chosen, **{name: value for name, value in said.items() if value}}


def _chooses_nothing(told: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name in (NAME, KEY, PRICE):
        if told[name]:
            yield name, f"says nothing, because no {WRITER} tells of which model", f"{WRITER}=openai, or another name,"


def _problems(
    chosen: str, settings: Settings, data: Mapping[str, Any], told: Mapping[str, str]
) -> Iterator[tuple[str, str, str]]:
    known = {**default_models(), **settings.models}
    if chosen not in (*known, CUSTOM):
        yield WRITER, f"model {chosen!r} is defined nowhere under models", suggest(chosen, [*known, CUSTOM])
        return
    if chosen == CUSTOM and not data.get("base_url"):
        yield WRITER, f"custom has no address, because there is no {ADDRESS}", f"{ADDRESS}=https://api.example.com/v1"
        return
    if told[PRICE] and price_of(told[PRICE]) is None:
        yield PRICE, "is no price", _PRICE_INSTEAD
    elif data.get("key_env") and not data.get("price"):
        yield PRICE, f"{chosen} has a key but no price, so usd_per_day could not hold", _PRICE_INSTEAD
    if told[KEY] and data.get("key_env") != KEY:
        instead = f"the key into {data['key_env']}," if data.get("key_env") else f"{WRITER}=custom"
        yield KEY, f"is the key of custom, and {chosen} is chosen", instead
    if "builtin" in data and (told[NAME] or told[ADDRESS]):
        yield NAME if told[NAME] else ADDRESS, f"does not go with {chosen}, which is built in", "nothing there"
        return
    for what, instead in wrong_base(told[ADDRESS]):
        yield ADDRESS, what, instead
    for problem in objections(ModelSettings, data):
        yield _FIELDS.get(str(problem.keys[0]), WRITER), problem.what, problem.instead
