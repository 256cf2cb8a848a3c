"""What a manager can set: frozen shapes with their defaults and ranges, and which rule applies to a room.

`bot.config.file.load` fills the shapes. Every number has a range, so that a typing error (an hour in milliseconds, a
dollar in cents) is caught at the start and not on the bill.
"""

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.config.helplines import helplines
from bot.config.loopback import is_on_this_machine
from bot.config.problems import nearest
from bot.types import Room

Join = Literal["mentions", "unanswered", "every_post", "off"]
Posts = Literal["inviting", "all"]

LONGEST_HOLD_MINUTES = 10_080.0  # a week; after that nobody still waits for an answer
BUILTIN = "smollm2-135m"
BUILTIN_CONTEXT, BUILTIN_OUTPUT = 900, 120  # tokens that 135M parameters can follow, and write before they loop
OWN_PERSONAS = Path("personas")
SHIPPED_PERSONAS = Path(__file__).parents[2] / "personas"  # in a checkout and in an installed package


class _Shape(BaseModel):
    """Frozen, no unknown keys, no silent conversions ("8765" is not a port). Errors never contain the input: it may be
    a secret put in the wrong place."""

    older_keys: ClassVar[tuple[str, ...]] = ()  # still accepted, but not fields

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


def as_bool(value: object) -> object:
    """Converts yes, no, on and off to booleans: YAML 1.1 did, and people still write them."""
    words = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
    return words.get(value.casefold(), value) if isinstance(value, str) else value


def _as_join(value: object) -> object:
    """Converts False to "off": YAML 1.1 reads `join: off` as a boolean."""
    return "off" if value is False or (isinstance(value, str) and value.casefold() == "off") else value


def _as_hold(value: object) -> object:
    """Accepts "auto" or a number of minutes, with one error message for both."""
    if isinstance(value, str) and value.casefold() == "auto":
        return "auto"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("is neither auto nor a number of minutes; write auto, or one such as 45")
    if not 0 <= value <= LONGEST_HOLD_MINUTES:  # nan fails this too
        raise ValueError(f"is no hold; write auto, or minutes from 0 to {LONGEST_HOLD_MINUTES:g}")
    return float(value)


def _as_quiet_hours(value: object) -> object:
    """Parses a span such as "22:00-07:30" in the room's time zone; it may end on the next day."""
    if value is None or isinstance(value, tuple):
        return value
    try:
        begin, _, end = value.replace("–", "-").partition("-") if isinstance(value, str) else ("", "", "")
        hours = time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
    except ValueError:
        hours = None
    if hours is None or hours[0] == hours[1] or any(one.tzinfo for one in hours):
        raise ValueError('is not a span of hours; write one in quotes, such as "22:00-07:30"')
    return hours


def _as_time_zone(value: object) -> object:
    if value is None or isinstance(value, ZoneInfo):
        return value
    known = available_timezones()
    if isinstance(value, str) and value in known:
        return ZoneInfo(value)
    # Suggests no Etc/GMT+8, which means -8, and no names without a place, which few recognise.
    places = sorted(name for name in known if "/" in name and not name.startswith("Etc/"))
    meant = nearest(value, places) if isinstance(value, str) else None
    instead = meant or "the place whose clocks it goes by, such as Europe/Berlin, Asia/Shanghai or UTC,"
    raise ValueError(f"is not a time zone that is known here; write {instead}")


def _as_country(value: object) -> object:
    """Accepts a country whose numbers are shipped, in either case; False, which YAML 1.1 reads in NO, is Norway."""
    code = "NO" if value is False else value.upper() if isinstance(value, str) else ""
    if value is None or code in helplines():
        return code if value is not None else None
    known = ", ".join(sorted(helplines()))
    raise ValueError(
        f"is not a country whose helplines are known here; write one of {known}, or leave the key out: then only "
        "findahelpline.com and the local emergency number are named"
    )


def _as_path(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return Path(value).expanduser()
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            "is not a path on this machine; write a path that exists here, such as data/cameo.db"
        ) from error


def personas_folder(folder: Path) -> Path:
    """The folder to read: the default name means the shipped personas if the working directory has no such folder."""
    return SHIPPED_PERSONAS if folder == OWN_PERSONAS and not folder.is_dir() else folder


def _web_address(value: str) -> str:
    """Accepts http(s) with a host and without a password, which would end up in logs."""
    example = "such as https://api.example.com/v1"
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in value):
        raise ValueError(f"is not a web address; write one with http:// or https://, {example}")
    if "@" in parts.netloc:
        raise ValueError(f"holds a user or a password; write it without them, {example}, and name the key by *_env")
    return value


def _contact(value: str) -> str:
    """Accepts one line with an address in it: e-mail, web, Matrix or a name with @."""
    is_one_line = value.isprintable() and value == value.strip()
    if not is_one_line or not re.search(r"https?://\S+\.\S+|\S@\S+\.\S|(^|\s)@\w", value):
        example = "such as ana@example.org, https://example.org/contact, or @ana:example.org"
        raise ValueError(f"names no address that members can write to; write one on one line, {example}")
    return value


# `strict` would reject a YAML list for a tuple; only this conversion is allowed.
Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]
Hold = Annotated[Literal["auto"] | float, BeforeValidator(_as_hold)]
QuietHours = Annotated[tuple[time, time] | None, Field(strict=False), BeforeValidator(_as_quiet_hours)]
TimeZone = Annotated[ZoneInfo | None, BeforeValidator(_as_time_zone)]
Switch = Annotated[bool, BeforeValidator(as_bool)]
FilePath = Annotated[Path, BeforeValidator(_as_path)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Contact = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_contact)]
# The name of an environment variable. Hyphens are not allowed, so a pasted key ("sk-...") is noticed.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
# The loader fills excluded fields, not the file. `repr` hides secrets as well.
Secret = Annotated[str | None, Field(repr=False, exclude=True)]
Usd = Annotated[float, Field(ge=0, le=10_000)]  # 10,000 dollars a day, or per million tokens, is a typing error


class ConsoleSettings(_Shape):
    """Address and token of the web console. Port 0 takes any free one."""

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8765, ge=0, le=65535)
    token_env: Variable = "CAMEO_TOKEN"  # noqa: S105 - the name of a variable
    token: Secret = None


class Price(_Shape):
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


class ModelSettings(_Shape):
    """One model that may write. Times in seconds; tokens as the model counts them."""

    name: str = Field(exclude=True, description="the name before the colon")
    base_url: WebAddress | None = None
    model: str | None = Field(default=None, min_length=1)  # None: the first one that the server lists
    key_env: Variable | None = None
    key: Secret = None
    price: Price | None = None
    builtin: Literal["smollm2-135m"] | None = None
    public: Switch = False
    # Passed to the provider unchanged; hidden in `repr`, because headers in them may hold secrets.
    options: dict[str, Any] = Field(default_factory=dict, repr=False)
    context_tokens: int = Field(default=8000, ge=300, le=2_000_000)  # below 300 not even the persona fits
    output_tokens: int = Field(
        default=500, ge=16, le=100_000
    )  # reasoning counts as output: give models that reason 2000 or more
    first_token_seconds: float = Field(default=30.0, ge=0.1, le=600)
    idle_seconds: float = Field(default=15.0, ge=0.1, le=600)

    @model_validator(mode="before")
    @classmethod
    def _fill_by_kind(cls, data: Any) -> Any:
        return {**_kind_defaults(data), **data} if isinstance(data, dict) else data


def _kind_defaults(data: dict[str, Any]) -> dict[str, Any]:
    if data.get("builtin") is not None:
        return {"context_tokens": BUILTIN_CONTEXT, "output_tokens": BUILTIN_OUTPUT}
    if is_on_this_machine(data.get("base_url")):
        # A local server may first have to load the model from disk. Ollama reads 4096 tokens by default and silently
        # cuts off the beginning of a longer prompt, which holds the persona.
        return {"first_token_seconds": 60.0, "context_tokens": 3000}
    return {}


class Platforms(_Shape):
    """One section per platform; `platforms.settings_with` adds the fields. Each section has at least `enabled`."""

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    def enabled(self) -> dict[str, Any]:
        """The sections of the enabled platforms, by name."""
        return {name: section for name, section in self if section.enabled}


class RoomRule(_Shape):
    """How we take part in the rooms that `match` fits.

    `hold` is how long people get to answer before us. A number fixes it in minutes; "auto" learns it from the room's
    answer times so that, in a share `displacement_risk` (0 to 1) of the cases in which we step in, a person would still
    have answered. Where answers are inferred, that share also bounds the doubt whether somebody has answered.
    `share_of_voice` and `coverage` are shares, 0 to 1; `economy` and `judge` name models.
    """

    older_keys: ClassVar[tuple[str, ...]] = ("hold_minutes",)

    match: str = Field(min_length=1, max_length=1000)
    persona: str = Field(default="mochi", min_length=1)
    join: Annotated[Join, BeforeValidator(_as_join)] = "mentions"
    posts: Posts = "inviting"
    coverage: float = Field(default=1.0, ge=0, le=1)
    hold: Hold = "auto"
    hold_floor_minutes: float = Field(default=1.0, ge=0, le=LONGEST_HOLD_MINUTES)
    hold_ceiling_minutes: float = Field(default=720.0, ge=0, le=LONGEST_HOLD_MINUTES)
    # Below 1 %, no room has enough posts to estimate it; above 90 %, people no longer go first.
    displacement_risk: float = Field(default=0.25, ge=0.01, le=0.9)
    share_of_voice: float = Field(default=0.2, ge=0, le=1)
    conversation_minutes: float = Field(default=10.0, ge=0, le=1440)  # a day: later, a member starts a new one
    quiet_hours: QuietHours = None
    time_zone: TimeZone = None  # None: the time zone of the whole file
    economy: str | None = Field(default=None, min_length=1)
    judge: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_comment_a_post_is_half_the_voices(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("join") == "every_post":
            return {"share_of_voice": 0.5, **data}
        return data

    @model_validator(mode="before")
    @classmethod
    def _hold_by_its_older_name(cls, data: Any) -> Any:
        if not isinstance(data, dict) or "hold_minutes" not in data:
            return data
        others = {key: value for key, value in data.items() if key != "hold_minutes"}
        return {"hold": data["hold_minutes"], **others}

    @property
    def hold_minutes(self) -> float | None:
        """The fixed hold in minutes; None if it is learnt."""
        return None if self.hold == "auto" else self.hold


class Limits(_Shape):
    """Replies in any 60 minutes; US dollars per day in the file's time zone. 0 allows none."""

    replies_per_member_hour: int = Field(default=20, ge=0, le=3600)  # one a second: more is no limit
    replies_per_room_hour: int = Field(default=30, ge=0, le=3600)
    # Four rooms at their limit, or two replies a minute: with more, we would dominate the community.
    replies_per_community_hour: int = Field(default=120, ge=0, le=3600)
    usd_per_day: Usd = 2.00


class ModerationSettings(_Shape):
    """A second check of every draft, by the model `model`: its /moderations endpoint, or its answer as a chat model.
    `if_down`: what happens to a draft that it could not check."""

    model: str = Field(min_length=1)
    how: Literal["endpoint", "chat"] = "endpoint"
    # A manager who asks for a check wants nothing unchecked to be said; members who call get an honest line meanwhile.
    if_down: Literal["hold", "send"] = "hold"


def default_models() -> dict[str, ModelSettings]:
    """Two well-known models with keys, the three usual local servers, and the built-in toy model."""
    kimi = Price(input=0.60, cached=0.10, output=3.00)
    openai = Price(input=0.25, cached=0.025, output=2.00)
    models = (
        _keyed("kimi", "https://api.moonshot.ai/v1", "kimi-k2.5", "MOONSHOT_API_KEY", kimi),
        _keyed("openai", "https://api.openai.com/v1", "gpt-5-mini", "OPENAI_API_KEY", openai),
        ModelSettings(name="ollama", base_url="http://127.0.0.1:11434/v1", model="llama3.2"),
        ModelSettings(name="lmstudio", base_url="http://127.0.0.1:1234/v1"),
        ModelSettings(name="llamacpp", base_url="http://127.0.0.1:8080/v1"),
        ModelSettings(name="builtin", builtin="smollm2-135m"),
    )
    return {model.name: model for model in models}


def _writers(models: object, moderation: object) -> tuple[str, ...]:
    """All models but one that only moderates."""
    checks = moderation.get("model") if isinstance(moderation, dict) and moderation.get("how") != "chat" else None
    return tuple(name for name in models if name != checks) if isinstance(models, dict) else ()


def _keyed(name: str, base_url: str, model: str, key_env: str, price: Price) -> ModelSettings:
    # 2000: both reason before they answer, and reasoning counts as output.
    return ModelSettings(name=name, base_url=base_url, model=model, key_env=key_env, price=price, output_tokens=2000)


class Settings(_Shape):
    """Everything a manager can set. `source` is the file that it was read from, None if there is none; `is_bare` tells
    that no key was set there."""

    source: Path | None = Field(default=None, exclude=True)
    is_bare: bool = Field(default=True, exclude=True)
    database: FilePath = Path("data/cameo.db")
    keep_days: int = Field(default=30, ge=1, le=3650)  # at least a day: recall and limits need the messages of one
    contact: Contact | None = None  # who runs it, and where its privacy policy is: told to members who ask
    privacy_url: WebAddress | None = None
    console: ConsoleSettings = ConsoleSettings()
    models: dict[str, ModelSettings] = Field(default_factory=default_models, min_length=1)
    writer: Names = Field(default=(), max_length=20)
    platforms: Platforms = Platforms()
    rooms: Annotated[tuple[RoomRule, ...], Field(strict=False)] = ()
    time_zone: Annotated[ZoneInfo, BeforeValidator(_as_time_zone)] = ZoneInfo("UTC")
    country: Annotated[str | None, BeforeValidator(_as_country)] = None
    catch_up_minutes: float = Field(default=15.0, ge=0, le=10_080)  # a week: older questions are history
    limits: Limits = Limits()
    moderation: ModerationSettings | None = None
    personas: Annotated[FilePath, AfterValidator(personas_folder)] = Field(default=OWN_PERSONAS, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _all_models_write_in_their_order(cls, data: Any) -> Any:
        if isinstance(data, dict) and "writer" not in data:
            models = data.get("models", default_models())
            return {**data, "writer": _writers(models, data.get("moderation"))}
        return data

    def rule_for(self, room: Room) -> RoomRule:
        """The first rule that fits the room; without one, Mochi answers when mentioned."""
        places = _places(room)
        fitting = (rule for rule in self.rooms if any(fits(rule.match, place) for place in places))
        return next(fitting, RoomRule(match="*"))

    def zone_of(self, rule: RoomRule) -> ZoneInfo:
        """The time zone in which a room's day begins."""
        return rule.time_zone or self.time_zone


# --- which rule applies to a room ----------------------------------------------------------------


def _places(room: Room) -> list[str]:
    """Every way to write a room's place: each part by its id or, if it has one, by its name."""
    communities = {room.community or "-", room.community_name or room.community or "-"}
    rooms = {room.id or "-", room.name or room.id or "-"}
    return [f"{room.platform}/{community}/{name}" for community in communities for name in rooms]


def fits(pattern: str, place: str) -> bool:
    """Whether `pattern` matches: `*` matches anything, including `/`; case is ignored. Takes linear time for every
    pattern, because strangers choose room names."""
    first, *rest = pattern.casefold().split("*")
    place = place.casefold()
    if not rest:
        return place == first
    *middle, last = rest
    if not place.startswith(first) or not place.endswith(last) or len(place) < len(first) + len(last):
        return False
    position, end = len(first), len(place) - len(last)
    for piece in middle:
        found = place.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True
