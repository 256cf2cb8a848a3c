"""Persona files: a character's names, voice and limits. Reads and checks them, and reports problems by line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.config.cards import placeholders_in, unread_lines
from bot.config.problems import objections
from bot.config.yaml_file import Keys, Problem, YamlFile, read, yaml_files
from bot.types import SettingsError
from bot.write.honesty import claims_a_life, denies, forbids_owning_up, is_biography, owns_up, tells_to_deny
from bot.write.look_alikes import skeleton
from bot.write.names import is_role
from bot.write.pointing.frame import misframed

# Every reply pays for every word of its persona, so each field has a longest length.
Line = Annotated[str, Field(min_length=1, max_length=300)]
Lines = Annotated[tuple[Line, ...], Field(max_length=12, strict=False)]
# A language tag: "en", "zh", "pt-BR".
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\s@:|#<>](?:[^@:|#<>\n\t]*[^\s@:|#<>])?$")]

PromptLanguage = Literal["en", "zh"]
"""The languages in which prompts are written."""

# "@everyone" and the like call people. (Role names, which would forge a speaker in the prompt, are in `names`.)
RESERVED = ("everyone", "here", "room", "cameo")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Exchange(_Shape):
    """A short example: a member's message and the persona's reply."""

    member: str = Field(min_length=1, max_length=400)
    reply: str = Field(min_length=1, max_length=400)


class Persona(_Shape):
    """A character. `points` are its lines around a quotation (`pointing/frame.py`). `max_words` is the length of its
    longest usual reply, asked or unasked."""

    name: Name
    also_called: Annotated[tuple[Name, ...], Field(max_length=8, strict=False)] = ()
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=8, strict=False)] = ("en",)
    tagline: str = Field(min_length=1, max_length=120)
    voice: str = Field(min_length=1, max_length=1200)
    manners: Lines = ()
    interests: Lines = ()
    avoid: Lines = ()
    greeting: Line | None = None
    examples: Annotated[tuple[Exchange, ...], Field(max_length=8, strict=False)] = ()
    points: Lines = ()
    max_words: int = Field(default=60, ge=10, le=300)

    @property
    def language(self) -> str:
        """The first of its languages, used for its own short notices."""
        return self.languages[0]

    @property
    def prompt_language(self) -> PromptLanguage:
        """Chinese for a persona whose first language is Chinese; otherwise English, which every model reads."""
        return "zh" if self.language.casefold().startswith("zh") else "en"

    @property
    def called(self) -> tuple[str, ...]:
        """Every name the persona answers to, without the @."""
        return (self.name, *self.also_called)


def load_personas(folder: Path) -> dict[str, Persona]:
    """Loads every persona of a folder, keyed by file name without the suffix. Raises SettingsError with every problem
    of every file."""
    files = {path.stem: read(path, prose=True) for path in yaml_files(folder)}
    lines: list[str] = []
    for file in files.values():
        lines += file.describe_all([] if file.problems and not file.data else _problems(file))
    lines += _shared_names(files)
    if not files:
        what = f"{folder}: line 1: there are no persona files here; write one, such as {folder / 'mochi.yaml'}, instead"
        lines = [what, *unread_lines(folder)]
    if lines:
        raise SettingsError(lines)
    return {key: Persona.model_validate(file.data) for key, file in files.items()}


def _problems(file: YamlFile) -> Iterator[Problem]:
    yield from objections(Persona, file.data)
    yield from _reserved(file)
    for keys, text in _texts(file.data, ()):
        yield from dishonest(keys, text)
        yield from placeholders_in(keys, text)
    points = file.data.get("points")
    for place, line in enumerate(points if isinstance(points, list) else []):
        yield from misframed(("points", place), line)
    greeting = file.data.get("greeting")
    if isinstance(greeting, str) and not owns_up(greeting):
        yield Problem(("greeting",), "does not say that it is an AI", 'a greeting that does ("…, an AI, …")')


def _reserved(file: YamlFile) -> Iterator[Problem]:
    for keys, name in _names(file):
        if is_role(name) or any(skeleton(name) & skeleton(word) for word in RESERVED):
            yield Problem(keys, f"{name!r} already means something else in chats", "another name")


def _names(file: YamlFile) -> Iterator[tuple[Keys, str]]:
    others = file.data.get("also_called")
    named: list[tuple[Keys, object]] = [(("name",), file.data.get("name"))]
    named += [(("also_called", n), name) for n, name in enumerate(others if isinstance(others, list) else [])]
    yield from ((keys, name) for keys, name in named if isinstance(name, str))


def _shared_names(files: dict[str, YamlFile]) -> list[str]:
    """Problems of names that two personas share, or that look alike: nobody could tell which one was called."""
    owner: dict[str, YamlFile] = {}
    lines = []
    for file in sorted(files.values(), key=_age):  # the newer file is the one to change
        for keys, name in _names(file):
            firsts = [owner.setdefault(look, file) for look in sorted(skeleton(name) or {name})]
            if first := next((first for first in firsts if first is not file), None):
                told = f"{name!r} is, or looks like, the name of another persona ({first.name})"
                lines.append(file.describe(Problem(keys, told, "another")))
    return lines


def _age(file: YamlFile) -> float:
    try:
        return Path(file.name).stat().st_mtime
    except OSError:
        return 0.0


def _texts(value: object, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """Every text of the file, with its place."""
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*keys, key))
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield from _texts(one, (*keys, position))


def dishonest(keys: Keys, text: str) -> Iterator[Problem]:
    """Rejects texts that make a persona pass for a person; any other character is allowed."""
    if keys[-1] == "member":
        return  # members may ask anything ("are you a real person?")
    if keys[0] == "avoid":  # "pretending to be human" belongs here
        if forbids_owning_up(text):
            yield Problem(keys, "tells the persona to hide that it is an AI", "nothing of the kind")
    elif tells_to_deny(text) or denies(text):
        yield Problem(
            keys, "tells the persona to deny being an AI or to pass for a person", "a character that is an AI"
        )
    elif (keys[-1] in ("reply", "greeting", "voice", "tagline") and claims_a_life(text)) or (
        keys[0] in ("voice", "tagline") and is_biography(text)
    ):
        yield Problem(keys, "claims a human life (an age, a childhood, a family)", "something an AI can truly say")
