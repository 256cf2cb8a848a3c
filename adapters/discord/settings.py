"""The section `platforms.discord` of config.yaml."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

ADDRESSES = (("DISCORD_API_URL", ("http", "https")), ("DISCORD_GATEWAY_URL", ("ws", "wss")))  # for tests and proxies


IF_ALLOWED = "if_allowed"


class DiscordSettings(BaseModel):
    """`message_content`: whether the privileged intent of that name is enabled in Discord's developer portal;
    IF_ALLOWED finds out. `stream`: answers to calls are shown while they are written."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    enabled: bool = False
    # Hyphens do not match, so a pasted token is rejected.
    token_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")] = "DISCORD_TOKEN"  # noqa: S105
    token: str | None = Field(default=None, repr=False, exclude=True)
    message_content: bool | Literal["if_allowed"] = True
    stream: bool = False
    api_url: str | None = Field(default=None, exclude=True, json_schema_extra={"env": "DISCORD_API_URL"})
    gateway_url: str | None = Field(default=None, exclude=True, json_schema_extra={"env": "DISCORD_GATEWAY_URL"})

    @classmethod
    def problems(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        for name, schemes in ADDRESSES:
            if not _is_address(environment.get(name, "").strip(), schemes):
                yield "", f"the variable {name} is no {schemes[0]} address", "one, or unset it"
        named = given.get("token_env")
        default = str(cls.model_fields["token_env"].default)
        variable = named if isinstance(named, str) else default
        if given.get("enabled") is True and not environment.get(variable, "").strip():
            # A named variable is not shown: it may be the token itself, pasted into the wrong place.
            shown = default if variable == default else "that token_env names"
            what = f"Discord is enabled, but the variable {shown} is not set"
            yield "token_env", what, f"{default}=... into .env (or enabled: false here)"


def _is_address(address: str, schemes: tuple[str, ...]) -> bool:
    """True for a URL with one of the schemes, or an empty text, which counts as unset."""
    try:
        parts = urlsplit(address)
        return not address or (parts.scheme in schemes and bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False


SHAPE = DiscordSettings
