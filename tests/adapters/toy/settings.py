"""The section `platforms.toy` of config.yaml."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ToySettings(BaseModel):
    """`world` names one of `world.WORLDS`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    enabled: bool = False
    world: str = "here"
    token_env: str = Field(default="TOY_TOKEN")
    token: str | None = Field(default=None, repr=False, exclude=True)

    @classmethod
    def problems(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        if given.get("enabled") is True and "TOY_TOKEN" not in environment:
            yield "token_env", "the toy is enabled, but the variable TOY_TOKEN is not set", "TOY_TOKEN=... into .env"


SHAPE = ToySettings
