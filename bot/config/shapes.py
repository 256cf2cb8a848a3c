"""The base of all shapes of settings, and the values that several of them have."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from bot.config.problems import nearest


class SettingsShape(BaseModel):
    """Frozen, no unknown keys, no silent conversions ("8765" is not a port). Errors never contain the input: it may be
    a secret put in the wrong place."""

    older_keys: ClassVar[tuple[str, ...]] = ()  # still accepted, but not fields

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


def as_bool(value: object) -> object:
    """Converts yes, no, on and off to booleans: YAML 1.1 did, and people still write them."""
    words = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
    return words.get(value.casefold(), value) if isinstance(value, str) else value


def as_time_zone(value: object) -> object:
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


def _checked_address(value: str, example: str, instead: str) -> str:
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in value):
        raise ValueError(f"is not a web address; write one with http:// or https://, such as {example}")
    if "@" in parts.netloc:
        raise ValueError(f"holds a user or a password; write it without them, such as {example}{instead}")
    return value


def _web_address(value: str) -> str:
    """Accepts http(s) with a host and without a password, which would end up in logs."""
    return _checked_address(value, "https://example.org/privacy", "")


def _model_address(value: str) -> str:
    """The same for the address of a model's API."""
    return _checked_address(value, "https://api.example.com/v1", ", and name the key by key_env")


Switch = Annotated[bool, BeforeValidator(as_bool)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
ModelAddress = Annotated[str, AfterValidator(_model_address)]
# The name of an environment variable. Hyphens are not allowed, so a pasted key ("sk-...") is noticed.
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
# The loader fills excluded fields, not the file. `repr` hides secrets as well.
Secret = Annotated[str | None, Field(repr=False, exclude=True)]
Usd = Annotated[float, Field(ge=0, le=10_000)]  # 10,000 dollars a day, or per million tokens, is a typing error
TimeZone = Annotated[ZoneInfo | None, BeforeValidator(as_time_zone)]

_SECRET_HEADER = re.compile("auth|key|token|secret|cookie", re.IGNORECASE)


def secrets_of(shape: Any) -> Iterator[str]:
    """Every secret in a shape, at any depth: fields that are hidden and excluded, and what headers of that name in
    `extra_headers` send."""
    if isinstance(shape, BaseModel):
        for name, shown in type(shape).model_fields.items():
            value = getattr(shape, name)
            if shown.exclude and not shown.repr and isinstance(value, str):
                yield value
            else:
                yield from secrets_of(value)
    elif isinstance(shape, Mapping):
        headers = shape.get("extra_headers")
        if isinstance(headers, Mapping):
            sent = (str(value) for name, value in headers.items() if _SECRET_HEADER.search(str(name)))
            yield from (value.removeprefix("Bearer ") for value in sent)
        for value in shape.values():
            yield from secrets_of(value)
