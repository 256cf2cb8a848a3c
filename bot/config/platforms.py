"""The platforms' sections in config.yaml. The adapters define their shapes; callers pass them in."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel, create_model

from bot.config.settings import Platforms, Settings
from bot.config.shapes import as_bool
from bot.config.yaml_file import Problem
from bot.types import Room

Shapes = Mapping[str, type[BaseModel]]


def settings_with(shapes: Shapes) -> type[Settings]:
    """The `Settings` class whose `platforms` has a section for each shape. Equal shapes give the same class."""
    return _settings_with(tuple(shapes.items()))


@cache
def _settings_with(shapes: tuple[tuple[str, type[BaseModel]], ...]) -> type[Settings]:
    sections: dict[str, Any] = {name: (shape, shape()) for name, shape in shapes}
    platforms = create_model("Platforms", __base__=Platforms, **sections)
    return create_model("Settings", __base__=Settings, platforms=(platforms, platforms()))


def read_switches(data: Mapping[str, Any], shapes: Shapes) -> None:
    """Replaces yes, no, on and off by true and false in place, because a plain shape rejects them."""
    for name, section in _sections(data):
        for key, field in shapes[name].model_fields.items() if name in shapes else ():
            if bool in (field.annotation, *get_args(field.annotation)) and key in section:
                section[key] = as_bool(section[key])


def platform_problems(data: Mapping[str, Any], environment: Mapping[str, str], shapes: Shapes) -> Iterator[Problem]:
    """The problems that each platform's own check finds in its section and in the environment."""
    written = dict(_sections(data))
    for name, shape in shapes.items():
        if check := getattr(shape, "problems", None):
            for key, what, instead in check(written.get(name, {}), environment):
                yield Problem(("platforms", name, *([key] if key else ())), what, instead)


def fixed_rooms(settings: Settings) -> list[Room]:
    """The rooms of the enabled platforms whose shapes list them all (as `rooms`)."""
    return [room for section in settings.platforms.enabled().values() for room in getattr(section, "rooms", ())]


def _sections(data: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    platforms = data.get("platforms")
    if isinstance(platforms, dict):
        yield from ((name, section) for name, section in platforms.items() if isinstance(section, dict))
