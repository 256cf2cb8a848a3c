"""The list of platforms: a folder and a line for each.

A platform's folder has `settings.py` with `SHAPE`, a plain pydantic class for the platform's section of config.yaml,
and `adapter.py` with `open`, which creates the adapter. A shape has a switch `enabled`; a field `x` beside a field
`x_env` is a secret, read from the variable that `x_env` names. A platform with the same rooms for ever lists them as
`rooms`, a class variable. A class method `problems(given, environment)` may check
more: it yields (key or "", what is wrong, what to write instead) for a section as it is written in the file.

An adapter only hears and speaks, and knows no other adapter.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from pydantic import BaseModel

from bot.types import Adapter, AdapterState, Arrival, Clock, Message, Room

PLATFORMS: Mapping[str, str] = {
    "local": "adapters.local",
    "discord": "adapters.discord",
    "matrix": "adapters.matrix",
}

EXPORTS = ("adapters.discord.export", "adapters.matrix.export")
"""Modules with a `translator`, which reads what people have exported from the platform (see `bot.measure.exports`)."""


def exports() -> list[Callable[[Mapping[str, Any], frozenset[str]], Callable[[Any], Message | None] | None]]:
    """The readers of exports. Imports no SDK."""
    return [import_module(name).translator for name in EXPORTS]


def shapes(platforms: Mapping[str, str] = PLATFORMS) -> dict[str, type[BaseModel]]:
    """The shape of each platform's section, by the platform's name. Imports no SDK."""
    return {name: import_module(f"{folder}.settings").SHAPE for name, folder in platforms.items()}


def open_adapter(
    folder: str,
    settings: Any,
    state: AdapterState,
    clock: Clock,
    *,
    voice: Callable[[Room], str],
    our_names: Callable[[], Sequence[str]],
    greet: Callable[[Arrival], str],
) -> Adapter:
    """Creates the adapter. Imports the platform's SDK (discord.py alone takes half a second). `voice` gives the name
    under which we speak in a room, `our_names` all names reserved for us; both may change while we run. `greet` gives
    our first word in a community, "" for none."""
    opened = import_module(f"{folder}.adapter").open
    adapter: Adapter = opened(settings, state, clock, voice=voice, our_names=our_names, greet=greet)
    return adapter


def invitation(
    name: str, settings: Any, application: str | None, say: Callable[..., str], environment: Mapping[str, str]
) -> list[str]:
    """How to invite us to a community of the platform, line by line. Imports the platform's SDK. `application` is our
    id there, if given; `say` gives the texts of the catalogue. Raises SettingsError if the id is not known."""
    lines: list[str] = import_module(f"{PLATFORMS[name]}.invite").lines(settings, application, say, environment)
    return lines
