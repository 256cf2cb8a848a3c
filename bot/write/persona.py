"""Persona files: what a character is called, how it speaks, what it never does. Read, checked, and told off by line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot.config.problems import objections
from bot.config.yaml_file import Keys, Problem, YamlFile, read
from bot.types import SettingsError
from bot.write.honesty import claims_a_life, denies, forbids_owning_up, owns_up, tells_to_deny

# Every word of a persona is paid for with every reply, so each field has an end.
Line = Annotated[str, Field(min_length=1, max_length=300)]
Lines = Annotated[tuple[Line, ...], Field(max_length=12, strict=False)]
# A language tag: "en", "zh", "pt-BR".
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Name = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\s@:|#<>](?:[^@:|#<>\n\t]*[^\s@:|#<>])?$")]

# "@everyone" must stay everyone's; the roles would forge a speaker in the prompt.
RESERVED = ("everyone", "here", "room", "cameo", "system", "assistant", "user", "admin", "moderator")


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Exchange(_Shape):
    """A short example: what a member says, and what the persona answers."""

    member: str = Field(min_length=1, max_length=400)
    reply: str = Field(min_length=1, max_length=400)


class Persona(_Shape):
    """A character. `max_words` is its longest usual reply when asked; unasked it says half of that at most."""

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
    max_words: int = Field(default=60, ge=10, le=300)

    @property
    def language(self) -> str:
        """The language in which it is at home."""
        return self.languages[0]

    @property
    def called(self) -> tuple[str, ...]:
        """Every name it answers to, without the @."""
        return (self.name, *self.also_called)


def load_personas(folder: Path) -> dict[str, Persona]:
    """Every persona of a folder, by the name of its file. Raises SettingsError with every problem of every file."""
    files = {path.stem: read(path) for path in sorted(folder.glob("*.yaml"))}
    told: list[str] = []
    for file in files.values():
        told += file.describe_all([] if file.problems and not file.data else _problems(file))
    told += _shared_names(files)
    if not files:
        told = [
            f"{folder}: line 1: there are no persona files here; write one, such as {folder / 'mochi.yaml'}, instead"
        ]
    if told:
        raise SettingsError(told)
    return {key: Persona.model_validate(file.data) for key, file in files.items()}


def _problems(file: YamlFile) -> Iterator[Problem]:
    yield from objections(Persona, file.data)
    yield from _reserved(file)
    for keys, text in _texts(file.data, ()):
        yield from _dishonest(keys, text)
    greeting = file.data.get("greeting")
    if isinstance(greeting, str) and not owns_up(greeting):
        yield Problem(("greeting",), "does not say that it is an AI", 'a greeting that does ("…, an AI, …")')


def _reserved(file: YamlFile) -> Iterator[Problem]:
    for keys, name in _names(file):
        if name.casefold() in RESERVED:
            yield Problem(keys, f"{name!r} already means something else in chats", "another name")


def _names(file: YamlFile) -> Iterator[tuple[Keys, str]]:
    others = file.data.get("also_called")
    named: list[tuple[Keys, object]] = [(("name",), file.data.get("name"))]
    named += [(("also_called", n), name) for n, name in enumerate(others if isinstance(others, list) else [])]
    yield from ((keys, name) for keys, name in named if isinstance(name, str))


def _shared_names(files: dict[str, YamlFile]) -> list[str]:
    """Two personas of one name: nobody could say which one was called."""
    owner: dict[str, YamlFile] = {}
    told = []
    for file in files.values():
        for keys, name in _names(file):
            first = owner.setdefault(name.casefold(), file)
            if first is not file:
                told.append(
                    file.describe(Problem(keys, f"{name!r} is the name of another persona ({first.name})", "another"))
                )
    return told


def _texts(value: object, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """Every text of the file, with where it stands."""
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, (*keys, key))
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield from _texts(one, (*keys, position))


def _dishonest(keys: Keys, text: str) -> Iterator[Problem]:
    """A persona may have any character but this: it never passes for a person."""
    if keys[-1] == "member":
        return  # what people ask ("are you a real person?") is theirs
    if keys[0] == "avoid":  # "pretending to be human" is just what should stand there
        if forbids_owning_up(text):
            yield Problem(keys, "tells the persona to hide that it is an AI", "nothing of the kind")
    elif tells_to_deny(text) or denies(text):
        yield Problem(
            keys, "tells the persona to deny being an AI or to pass for a person", "a character that is an AI"
        )
    elif keys[-1] in ("reply", "greeting", "voice", "tagline") and claims_a_life(text):
        yield Problem(keys, "claims a human life (a childhood, a family)", "something an AI can truly say")
