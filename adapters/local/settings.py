"""The section `platforms.local` of config.yaml."""

from pydantic import BaseModel, ConfigDict


class LocalSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    enabled: bool = True


SHAPE = LocalSettings
