"""Loads config.yaml and the environment into Settings, or reports every problem at once."""

import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from dotenv.parser import parse_stream
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.config.chosen_model import with_chosen
from bot.config.hiding import hidden
from bot.config.platforms import Shapes, platform_problems, read_switches, settings_with
from bot.config.problems import objections
from bot.config.rules import broken_rules
from bot.config.settings import OWN_PERSONAS, Settings
from bot.config.yaml_file import MAX_BYTES, Keys, Problem, YamlFile, read, yaml_files
from bot.types import SettingsError

CONFIG = Path("config.yaml")

S = TypeVar("S", bound=BaseModel)

_NOT_HERE = "is not a key of this file"
_SECRET = "secrets are read from the environment or .env, never from this file"  # noqa: S105 - a sentence


def load(path: Path | None, environment: Mapping[str, str], shapes: Shapes) -> Settings:
    """Loads settings from `path`, else the file that CAMEO_CONFIG names, else ./config.yaml, else only the defaults.
    `shapes` are the shapes of the platforms' sections.

    `.env` in the working directory (or the file that CAMEO_ENV_FILE names; none if that is empty) fills in variables
    that `environment` lacks. Raises SettingsError with every problem, one line each.
    """
    variables, complaints = read_environment(environment)
    source = _choose(path, variables)
    file = read(source, prose=True) if source else YamlFile("no config.yaml")
    data = _without_nulls(file.data)
    is_bare = not data
    shape = settings_with(shapes)
    found = [*_taken_out(data, shape), *broken_rules(data)]
    _name_models(data)
    read_switches(data, shapes)
    found += platform_problems(data, variables, shapes)
    found += [_as_written(problem, data) for problem in objections(shape, data)]
    lines = complaints + (file.describe_all(found) if file.data or not file.problems else file.describe_all())
    if lines:
        raise SettingsError(lines)
    settings = shape.model_validate({**data, "source": source, "is_bare": is_bare})
    return _filled_in(with_chosen(settings, variables), variables)


def watched(settings: Settings, environment: Mapping[str, str], newly_named: Path | None = None) -> list[Path]:
    """Every file that `settings` and their personas were read from, or would be read from if it existed; also the
    personas in the folder `newly_named`."""
    named = environment.get("CAMEO_ENV_FILE", ".env")
    folders = (settings.personas, OWN_PERSONAS, *([newly_named] if newly_named else []))
    personas = {path for folder in folders for path in yaml_files(folder)}
    return [settings.source or CONFIG, *([Path(named)] if named else []), *sorted(personas)]


def exposed(environment: Mapping[str, str]) -> list[Path]:
    """The file of secrets that `load` reads, if every user of this machine can read it."""
    path = Path(environment.get("CAMEO_ENV_FILE", ".env"))
    try:
        return [path] if path.is_file() and path.stat().st_mode & stat.S_IROTH else []
    except OSError:  # `load` tells what can't be read
        return []


def personas_named(settings: Settings) -> Path | None:
    """The personas folder that the file of `settings` names now, whatever mistakes it has; None if it names none."""
    return personas_in(settings.source or CONFIG)


def named_file(path: Path | None, environment: Mapping[str, str]) -> Path:
    """The file that `load` reads, whether or not it exists."""
    return _choose(path, read_environment(environment)[0]) or CONFIG


def personas_in(file: Path) -> Path | None:
    """The personas folder that a file names, whatever mistakes it has; None if it names none."""
    folder = read(file).data.get("personas")
    try:
        return Path(folder).expanduser() if isinstance(folder, str) else None
    except RuntimeError:  # "~" of an unknown user
        return None


def _choose(path: Path | None, variables: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if variables.get("CAMEO_CONFIG"):
        return Path(variables["CAMEO_CONFIG"])
    return CONFIG if CONFIG.is_file() else None


# --- the environment -----------------------------------------------------------------------------


def read_environment(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment with the variables that `.env` adds, and the problems of that file, one line each."""
    name = environment.get("CAMEO_ENV_FILE", ".env")
    if not name or ("CAMEO_ENV_FILE" not in environment and not Path(name).is_file()):
        return dict(environment), []
    try:
        with Path(name).open(encoding="utf-8-sig") as stream:
            text = stream.read(MAX_BYTES)
    except (OSError, ValueError) as error:
        why = (
            "it is not UTF-8 text"
            if isinstance(error, UnicodeError)
            else getattr(error, "strerror", None) or "bad name"
        )
        told = f"{name}: line 1: cannot be read ({why}); write lines NAME=value into it instead"
        return dict(environment), [hidden(told)]
    bindings = list(parse_stream(StringIO(text)))
    broken = [
        f"{name}: line {one.original.line}: is not of the form NAME=value; write it so, or put a # before it instead"
        for one in bindings
        if one.error
    ]
    values = {one.key: one.value for one in bindings if one.key and one.value is not None}
    return {**values, **environment}, broken


def _filled_in(shape: S, variables: Mapping[str, str]) -> S:
    """A copy of `shape` with the secrets and addresses from the environment filled in, at every depth."""
    values: dict[str, Any] = {}
    for name, value in shape:
        variable = _variable_of(shape, name)
        if variable is not None:
            # Whitespace around a pasted key is never part of it; an empty variable counts as unset.
            values[name] = variables.get(variable, "").strip() or None
        elif isinstance(value, BaseModel):
            values[name] = _filled_in(value, variables)
        elif isinstance(value, dict) and any(isinstance(one, BaseModel) for one in value.values()):
            values[name] = {key: _filled_in(one, variables) for key, one in value.items()}
    return shape.model_copy(update=values)


def _variable_of(shape: BaseModel, name: str) -> str | None:
    """The variable that fills a field ("" if none is named); None for a field that the file fills."""
    field = type(shape).model_fields[name]
    if field.exclude and f"{name}_env" in type(shape).model_fields:
        return getattr(shape, f"{name}_env") or ""
    return _own_variable(field)


def _own_variable(field: FieldInfo) -> str | None:
    """The variable that the shape itself names for a field, or None."""
    more = field.json_schema_extra
    return str(more["env"]) if isinstance(more, dict) and "env" in more else None


# --- the file's values ---------------------------------------------------------------------------


def _without_nulls(value: Any, keys: Keys = ()) -> Any:
    """Removes keys without a value (for example with their lines commented out). Leaves `options` as they are: they are
    passed to the provider."""
    if len(keys) == 3 and keys[0] == "models" and keys[2] == "options":
        return value
    if isinstance(value, dict):
        return {key: _without_nulls(one, (*keys, key)) for key, one in value.items() if one is not None}
    return value


def _taken_out(data: dict[str, Any], shape: type[BaseModel]) -> Iterator[Problem]:
    """Removes the keys that a file must not contain, and yields a problem for each."""
    for pattern, what, instead in _filled_by_us(shape):
        for keys, holder in list(_holders(data, pattern[:-1])):
            if isinstance(holder, dict) and holder.pop(pattern[-1], None) is not None:
                yield Problem((*keys, pattern[-1]), what, instead)


def _filled_by_us(shape: type[BaseModel], at: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """The excluded fields of a shape at every depth (`*` for any name): place, problem, and what to write instead."""
    for name, field in shape.model_fields.items():
        if not field.exclude:
            for inner, names in _shapes_in(field.annotation):
                yield from _filled_by_us(inner, (*at, name, *names))
        elif f"{name}_env" in shape.model_fields:
            yield (*at, name), _SECRET, f"{name}_env: NAME_OF_A_VARIABLE"
        else:
            variable = _own_variable(field)
            yield (*at, name), _NOT_HERE, f"{variable}=... into .env" if variable else field.description or "nothing"


def _shapes_in(kind: Any) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    """The shape of a field, or the shapes of a mapping's values, with the path to them."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind, ()
    elif get_origin(kind) is dict:
        yield from ((inner, ("*",)) for inner, _ in _shapes_in(get_args(kind)[1]))


def _holders(data: Any, pattern: tuple[str, ...], keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    if not pattern:
        yield keys, data
    elif isinstance(data, dict):
        for key in list(data) if pattern[0] == "*" else [pattern[0]]:
            if key in data:
                yield from _holders(data[key], pattern[1:], (*keys, key))


def _as_written(problem: Problem, data: dict[str, Any]) -> Problem:
    """The problem, placed at the key that the file uses: `hold` may be written by its older name."""
    match problem.keys:
        case ("rooms", int(position), "hold", *_) if "hold" not in data["rooms"][position]:
            return replace(problem, keys=("rooms", position, "hold_minutes"))
    return problem


def _name_models(data: dict[str, Any]) -> None:
    models = data.get("models")
    if isinstance(models, dict):
        data["models"] = {
            name: {**model, "name": name} if isinstance(model, dict) else model for name, model in models.items()
        }
