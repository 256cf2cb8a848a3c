"""The shape of a model's settings, and the models that are there without a config.yaml."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from bot.config.loopback import is_on_this_machine
from bot.config.shapes import ModelAddress, Secret, SettingsShape, Switch, Usd, Variable

POINTER = "pointer"  # the writer that quotes what people have said; reserved: no model may have this name
BUILTIN = "smollm2-135m"
BUILTIN_CONTEXT, BUILTIN_OUTPUT = 900, 120  # tokens that 135M parameters can follow, and write before they loop

LEAST_TO_SEE = 7000  # tokens: the persona takes up to 2700 of them, and half of the rest holds one picture


class Price(SettingsShape):
    """US dollars per million tokens. Without `cached`, tokens from the provider's cache cost the same as others."""

    input: Usd
    cached: Usd
    output: Usd

    @model_validator(mode="before")
    @classmethod
    def _cached_costs_no_less(cls, data: Any) -> Any:
        if isinstance(data, dict) and "cached" not in data and isinstance(data.get("input"), int | float):
            return {**data, "cached": data["input"]}
        return data


SEVERAL_ANSWERS = ("n", "num_return_sequences", "candidate_count", "candidateCount")


class ModelSettings(SettingsShape):
    """One model that may write. Times in seconds; tokens as the model counts them."""

    name: str = Field(exclude=True, description="the name before the colon")
    base_url: ModelAddress | None = None
    model: str | None = Field(default=None, min_length=1)  # None: the first one that the server lists
    key_env: Variable | None = None
    key: Secret = None
    price: Price | None = None
    builtin: Literal["smollm2-135m"] | None = None
    public: Switch = False
    vision: Switch = False  # whether it reads images; members' pictures are sent to it
    # Passed to the provider unchanged; hidden in `repr`, because headers in them may hold secrets.
    options: dict[str, Any] = Field(default_factory=dict, repr=False)
    # 32,000: today's models read 256,000 or more (kimi-k2.6 256,000, gpt-6-luna and deepseek-flash 1,000,000), but each
    # token is paid and delays the first word; half of it holds a file of 64 kB in English. Below 300 not even the
    # persona fits.
    context_tokens: int = Field(default=32_000, ge=300, le=2_000_000)
    output_tokens: int = Field(
        default=500, ge=16, le=100_000
    )  # reasoning counts as output: give models that reason 2000 or more
    first_token_seconds: float = Field(default=30.0, ge=0.1, le=600)
    idle_seconds: float = Field(default=15.0, ge=0.1, le=600)

    @field_validator("options")
    @classmethod
    def _leave_the_request_to_us(cls, options: dict[str, Any]) -> dict[str, Any]:
        if "messages" in options:
            raise ValueError("holds messages, which would replace what members wrote; leave messages out")
        several = next((name for name in SEVERAL_ANSWERS if options.get(name, 1) != 1), None)
        if several:
            raise ValueError(f"asks for several answers, of which one is said; leave {several} out")
        return options

    @model_validator(mode="before")
    @classmethod
    def _fill_by_kind(cls, data: Any) -> Any:
        return {**_kind_defaults(data), **data} if isinstance(data, dict) else data

    @model_validator(mode="after")
    def _sees_within_its_room(self) -> "ModelSettings":
        if self.vision and self.context_tokens < LEAST_TO_SEE:
            raise ValueError(
                f"vision needs context_tokens of {LEAST_TO_SEE} or more, because a picture takes about 1700; raise it "
                "here and at the server, or leave vision out"
            )
        return self


def _kind_defaults(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("builtin") is not None:
        return {"context_tokens": BUILTIN_CONTEXT, "output_tokens": BUILTIN_OUTPUT}
    if is_on_this_machine(data.get("base_url")):
        # A local server may first have to load the model from disk. With less than 24 GiB of graphics memory, Ollama
        # reads 4096 tokens by default (llama3.2 itself 128,000), and silently cuts off the beginning of a longer
        # prompt, which holds the persona. The rest is for its answer, and for estimates that are too low.
        return {"first_token_seconds": 60.0, "context_tokens": 3000}
    return {}


def asked_models(writer: Sequence[str]) -> Sequence[str]:
    """The models of `writer` that are asked: those before the pointer, which answers whatever comes to it."""
    return writer[: writer.index(POINTER)] if POINTER in writer else writer


def with_pointer(names: Iterable[str], toys: Collection[str]) -> tuple[str, ...]:
    """The names of models in their order, then the pointer, then the `toys`."""
    names = list(names)
    return (*(name for name in names if name not in toys), POINTER, *(name for name in names if name in toys))


def default_models() -> dict[str, ModelSettings]:
    """Four well-known models with keys, the three usual local servers, and the built-in toy model."""
    # Names and prices as of November 2026, from platform.kimi.ai/docs/models (kimi-k2.5 is gone since August 31),
    # developers.openai.com/api/docs/models/gpt-6-luna (gpt-5-mini ends on December 11), openrouter.ai, which takes
    # the makers' prices, and api-docs.deepseek.com: the price of its peak hours, twice that of the others.
    kimi = Price(input=0.95, cached=0.16, output=4.00)
    openai = Price(input=0.10, cached=0.01, output=0.50)
    deepseek = Price(input=0.30, cached=0.006, output=1.20)
    models = (
        _keyed("kimi", "https://api.moonshot.ai/v1", "kimi-k2.6", "MOONSHOT_API_KEY", kimi),
        _keyed("openai", "https://api.openai.com/v1", "gpt-6-luna", "OPENAI_API_KEY", openai),
        _keyed("deepseek", "https://api.deepseek.com", "deepseek-flash", "DEEPSEEK_API_KEY", deepseek),
        _keyed("openrouter", "https://openrouter.ai/api/v1", "openai/gpt-6-luna", "OPENROUTER_API_KEY", openai),
        ModelSettings(name="ollama", base_url="http://127.0.0.1:11434/v1", model="llama3.2"),
        ModelSettings(name="lmstudio", base_url="http://127.0.0.1:1234/v1"),
        ModelSettings(name="llamacpp", base_url="http://127.0.0.1:8080/v1"),
        ModelSettings(name="builtin", builtin="smollm2-135m"),
    )
    return {model.name: model for model in models}


def _keyed(name: str, base_url: str, model: str, key_env: str, price: Price) -> ModelSettings:
    # 2000: all of them reason before they answer, and reasoning counts as output. All of them read pictures.
    return ModelSettings(
        name=name, base_url=base_url, model=model, key_env=key_env, price=price, output_tokens=2000, vision=True
    )
