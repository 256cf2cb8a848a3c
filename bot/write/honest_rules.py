"""The personas of the settings, with what room rules tell them: neither may order to deceive members."""

from collections.abc import Iterator

from bot.config.cards import placeholders_in
from bot.config.settings import Settings
from bot.config.yaml_file import Problem, YamlFile, read
from bot.types import SettingsError
from bot.write.persona import Persona, dishonest, load_personas


def load_honest(settings: Settings) -> dict[str, Persona]:
    """As `load_personas`. Raises SettingsError with every problem of the persona files, and of every `about` of a room
    rule that tells the persona to pass for a person, or holds a placeholder."""
    file = read(settings.source, prose=True) if settings.source else YamlFile("config.yaml")
    lines = [file.describe(problem) for problem in _problems(settings)]
    personas: dict[str, Persona] = {}
    try:
        personas = load_personas(settings.personas)
    except SettingsError as error:
        lines += error.problems
    if lines:
        raise SettingsError(lines)
    return personas


def _problems(settings: Settings) -> Iterator[Problem]:
    for position, rule in enumerate(settings.rooms):
        keys = ("rooms", position, "about")
        yield from dishonest(keys, rule.about or "")
        yield from placeholders_in(keys, rule.about or "")
