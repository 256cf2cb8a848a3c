"""config.yaml and the environment -> Settings, or every problem at once."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from bot.config.problems import objections
from bot.config.rules import broken_rules
from bot.config.settings import ConsoleSettings, ModelSettings, Platforms, Settings
from bot.config.yaml_file import MAX_BYTES, Keys, Problem, YamlFile, read
from bot.types import SettingsError

# Keys of the shapes that the file may not give: the loader fills them in.
_FILLED_IN = {
    ("source",): "nothing",
    ("models", "*", "name"): "the name before the colon",
    ("platforms", "discord", "api_url"): "DISCORD_API_URL=... into .env",
    ("platforms", "discord", "gateway_url"): "DISCORD_GATEWAY_URL=... into .env",
}
_SECRET = "secrets are read from the environment or .env, never from this file"  # noqa: S105 - a sentence
_SECRETS = {
    ("console", "token"): "token_env: NAME_OF_A_VARIABLE",
    ("models", "*", "key"): "key_env: NAME_OF_A_VARIABLE",
    ("platforms", "discord", "token"): "token_env: NAME_OF_A_VARIABLE",
    ("platforms", "matrix", "token"): "token_env: NAME_OF_A_VARIABLE",
    ("platforms", "matrix", "password"): "password_env: NAME_OF_A_VARIABLE",
}


def load(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from `path`, or else the file that CAMEO_CONFIG names, or else ./config.yaml, or else defaults alone.

    `.env` in the working directory (or the file that CAMEO_ENV_FILE names; none if that is empty) fills in variables
    that `environment` lacks. Raises SettingsError with every problem, a line each.
    """
    variables, complaints = read_environment(environment)
    source = _choose(path, variables)
    file = read(source) if source else YamlFile("no config.yaml")
    data = _without_nulls(file.data)
    found = [*_taken_out(data), *broken_rules(data, variables)]
    _name_models(data)
    found += [_as_written(problem, data) for problem in objections(Settings, data)]
    told = complaints + (file.tell_all(found) if file.data or not file.problems else file.tell_all())
    if told:
        raise SettingsError(told)
    return _with_secrets(Settings.model_validate({**data, "source": source}), variables)


def _choose(path: Path | None, variables: Mapping[str, str]) -> Path | None:
    if path is not None:
        return path
    if variables.get("CAMEO_CONFIG"):
        return Path(variables["CAMEO_CONFIG"])
    default = Path("config.yaml")
    return default if default.is_file() else None


# --- the environment -----------------------------------------------------------------------------


def read_environment(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The environment with what `.env` adds to it, and what is wrong with that file."""
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
        return dict(environment), [f"{name}: line 1: cannot be read ({why}); write lines NAME=value into it instead"]
    bindings = list(parse_stream(StringIO(text)))
    broken = [
        f"{name}: line {one.original.line}: is not of the form NAME=value; write it so, or put a # before it instead"
        for one in bindings
        if one.error
    ]
    values = {one.key: one.value for one in bindings if one.key and one.value is not None}
    return {**values, **environment}, broken


def _with_secrets(settings: Settings, variables: Mapping[str, str]) -> Settings:
    def secret(name: str | None) -> str | None:
        # Blanks around a pasted key are never part of it, and an empty variable is as good as none.
        return variables.get(name or "", "").strip() or None

    def keyed(model: ModelSettings) -> ModelSettings:
        return model.model_copy(update={"key": secret(model.key_env)})

    def entrusted(platforms: Platforms) -> Platforms:
        addresses = {"api_url": secret("DISCORD_API_URL"), "gateway_url": secret("DISCORD_GATEWAY_URL")}
        discord = platforms.discord.model_copy(update={"token": secret(platforms.discord.token_env), **addresses})
        names = platforms.matrix.token_env, platforms.matrix.password_env
        matrix = platforms.matrix.model_copy(update=dict(zip(("token", "password"), map(secret, names), strict=True)))
        return platforms.model_copy(update={"discord": discord, "matrix": matrix})

    console: ConsoleSettings = settings.console.model_copy(update={"token": secret(settings.console.token_env)})
    models = {name: keyed(model) for name, model in settings.models.items()}
    return settings.model_copy(
        update={"console": console, "models": models, "platforms": entrusted(settings.platforms)}
    )


# --- the file's values ---------------------------------------------------------------------------


def _without_nulls(value: Any, keys: Keys = ()) -> Any:
    """A key with nothing after it (its lines commented out, say) counts as left out; `options` are not ours."""
    if len(keys) == 3 and keys[0] == "models" and keys[2] == "options":
        return value
    if isinstance(value, dict):
        return {key: _without_nulls(one, (*keys, key)) for key, one in value.items() if one is not None}
    return value


def _taken_out(data: dict[str, Any]) -> Iterator[Problem]:
    """Removes the keys that a file may not give, with a problem for each."""
    for pattern, instead in {**_FILLED_IN, **_SECRETS}.items():
        for keys, holder in list(_holders(data, pattern[:-1])):
            if isinstance(holder, dict) and holder.pop(pattern[-1], None) is not None:
                what = _SECRET if pattern in _SECRETS else "is not a key of this file"
                yield Problem((*keys, pattern[-1]), what, instead)


def _holders(data: Any, pattern: tuple[str, ...], keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    if not pattern:
        yield keys, data
    elif isinstance(data, dict):
        for key in list(data) if pattern[0] == "*" else [pattern[0]]:
            if key in data:
                yield from _holders(data[key], pattern[1:], (*keys, key))


def _as_written(problem: Problem, data: dict[str, Any]) -> Problem:
    """The same at the key that the file has: a hold may stand there by its older name."""
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
