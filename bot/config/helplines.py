"""The helplines and emergency numbers that ship with Cameo, by country, each with its source and date."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field

HELPLINES = Path(__file__).with_name("helplines.yaml")


class Numbered(BaseModel):
    """A number to dial. `source` is the page that names it, `published` the date of that page (None if it has none),
    `read` the day on which it was read."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    number: Annotated[str, Field(pattern=r"^[0-9][0-9 ]*$")]
    source: Annotated[str, Field(pattern=r"^https?://")]
    published: date | None = None
    read: date


class Helpline(Numbered):
    """A service where people in a crisis can talk to somebody."""

    name: Annotated[str, Field(min_length=1)]


class CountryNumbers(BaseModel):
    """What is known for one country; without `emergency`, texts say "your local emergency number"."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    helpline: Helpline
    emergency: Numbered | None = None


@cache  # a file of the package, read once and only where a country is configured
def helplines() -> Mapping[str, CountryNumbers]:
    """The numbers by ISO 3166-1 alpha-2 code ("DE")."""
    data = yaml.safe_load(HELPLINES.read_text(encoding="utf-8"))
    return MappingProxyType({country: CountryNumbers.model_validate(numbers) for country, numbers in data.items()})
