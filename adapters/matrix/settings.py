"""The section `platforms.matrix` of config.yaml."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CREDENTIALS = ("token_env", "password_env")
REQUIRED = (("homeserver", "https://matrix.example"), ("user", '"@cameo:matrix.example"'))


def _web_address(value: str) -> str:
    """Checks for an http(s) URL with a host and without a password (which would end up in logs). Raises ValueError."""
    example = "such as https://matrix.example.org"
    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        fits = False
    if not fits or any(character.isspace() for character in value):
        raise ValueError(f"is not a web address; write one with http:// or https://, {example}")
    if "@" in parts.netloc:
        raise ValueError(
            f"holds a user or a password; write it without them, {example}, and name the secret by token_env"
        )
    return value


# The name of an environment variable. Hyphens do not match, so a pasted token is rejected.
_Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
_Secret = Annotated[str | None, Field(repr=False, exclude=True)]
# `strict` would reject a YAML list for a tuple; only this conversion is allowed.
_Patterns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)]


class MatrixSettings(BaseModel):
    """`invites_from` are patterns of user ids (`*` matches anything); without any, invitations are left open."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    enabled: bool = False
    homeserver: Annotated[str, AfterValidator(_web_address)] | None = None
    user: Annotated[str, Field(pattern=r"^@[^\s:]+:\S+$", max_length=255)] | None = None
    token_env: _Variable = "MATRIX_TOKEN"  # noqa: S105 - the name of a variable
    token: _Secret = None
    password_env: _Variable = "MATRIX_PASSWORD"  # noqa: S105 - the name of a variable
    password: _Secret = None
    invites_from: _Patterns = ()

    @classmethod
    def problems(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        if given.get("enabled") is not True:
            return
        for key, example in REQUIRED:
            if key not in given:
                yield "", f"Matrix is enabled, but {key} is missing", f"{key}: {example}"
        if not any(environment.get(_variable(given, cls, key), "").strip() for key in CREDENTIALS):
            shown = " nor ".join(_shown(given, cls, key) for key in CREDENTIALS)
            what = f"Matrix is enabled, but neither {shown} is set"
            yield "token_env", what, "MATRIX_TOKEN=... into .env (or enabled: false here)"


def _variable(given: Mapping[str, Any], shape: type[BaseModel], key: str) -> str:
    named, default = given.get(key), shape.model_fields[key].default
    return named if isinstance(named, str) else str(default)


def _shown(given: Mapping[str, Any], shape: type[BaseModel], key: str) -> str:
    """The variable, if it is the default one. Another is not shown: it may be the secret, pasted into the wrong
    place."""
    variable, default = _variable(given, shape, key), str(shape.model_fields[key].default)
    return default if variable == default else f"the variable that {key} names"


SHAPE = MatrixSettings
