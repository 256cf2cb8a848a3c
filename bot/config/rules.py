"""Checks across the keys of config.yaml, and between the file and its surroundings.

Pure except for listing the personas folder. Works on the file's raw values and skips wrong types (the shapes report
those), so that all problems are reported at once.
"""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from bot.config.base_url import wrong_base
from bot.config.cards import unread
from bot.config.hiding import looks_secret
from bot.config.loopback import is_on_this_machine
from bot.config.model_settings import BUILTIN, BUILTIN_CONTEXT, BUILTIN_OUTPUT, POINTER, asked_models, default_models
from bot.config.platforms import fixed_rooms
from bot.config.problems import SECRET_INSTEAD, nearest, suggest
from bot.config.reach import unreachable
from bot.config.room_rule import RoomRule, fits, places_of
from bot.config.settings import Settings, personas_folder
from bot.config.yaml_file import Keys, Problem, yaml_files

Data = Mapping[str, Any]


def broken_rules(data: Data) -> Iterator[Problem]:
    """Yields a problem for every check that `data` fails."""
    yield from _pasted_secrets(data)
    yield from _writer(data)
    yield from chain.from_iterable(_model(name, model) for name, model in _mappings(data, "models"))
    yield from _moderation(data)
    yield from _personas(data)
    for position, rule in _rules(data):
        yield from rule_problems(rule, ("rooms", position), data)


def _mapping(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _rules(data: Data) -> list[tuple[int, Data]]:
    """The room rules with their positions."""
    rooms = data.get("rooms")
    return [(at, rule) for at, rule in enumerate(rooms) if isinstance(rule, dict)] if isinstance(rooms, list) else []


def _mappings(data: Data, key: str) -> list[tuple[str, Data]]:
    return [(name, value) for name, value in _mapping(data, key).items() if isinstance(value, dict)]


def _pasted_secrets(data: Data, at: Keys = ()) -> Iterator[Problem]:
    """A secret where the name of its variable belongs, at any depth; other places are seldom taken for one."""
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _pasted_secrets(value, (*at, key))
        elif key.endswith("_env") and isinstance(value, str) and looks_secret(value):
            yield Problem((*at, key), "looks like the secret itself, not like the name of a variable", SECRET_INSTEAD)


# --- models --------------------------------------------------------------------------------------


def _writer(data: Data) -> Iterator[Problem]:
    writer = data.get("writer")
    models = data["models"] if "models" in data else default_models()
    if not isinstance(writer, list) or not isinstance(models, dict):
        return
    if not writer:
        yield Problem(("writer",), "names no model", "at least one, or leave the key out")
    for position, name in enumerate(writer):
        if not isinstance(name, str):
            continue
        place = ("writer", position)
        if name not in models and name != POINTER:
            what = f"model {name!r} is defined nowhere under models"
            yield Problem(place, what, suggest(name, [*models, POINTER]))
        elif name in writer[:position]:
            yield Problem(place, f"model {name!r} is listed twice", "it once")


def _model(name: str, model: Data) -> Iterator[Problem]:
    place = ("models", name)
    if name == POINTER:
        what = "is a reserved name: in writer, it quotes what people have said, and it is no model"
        yield Problem(place, what, "another name for this model")
    if "builtin" in model:
        yield from _builtin(name, model)
    elif isinstance(url := model.get("base_url"), str):
        yield from (Problem((*place, "base_url"), what, instead) for what, instead in wrong_base(url))
    elif "base_url" not in model:
        known = nearest("base_url", model)
        hint = f"base_url (not {known})" if known else f"base_url: http://..., or builtin: {BUILTIN},"
        yield Problem(place, "has neither base_url nor builtin, so it is nowhere to be found", hint)
    if "key_env" in model and "price" not in model:
        what = "has a key but no price, so usd_per_day could not hold"
        yield Problem(place, what, "price: {input: 0.60, cached: 0.10, output: 3.00} (US dollars per million tokens)")


def _builtin(name: str, model: Data) -> Iterator[Problem]:
    for key in ("base_url", "key_env", "model"):
        if key in model:
            yield Problem(("models", name, key), "does not go with builtin, which needs none", "one of the two")
    for key, most in (("context_tokens", BUILTIN_CONTEXT), ("output_tokens", BUILTIN_OUTPUT)):
        tokens = model.get(key)
        if isinstance(tokens, int) and tokens > most:
            yield Problem(("models", name, key), "is more than the built-in model can follow", f"at most {most}")


def _moderation(data: Data) -> Iterator[Problem]:
    name, models = _mapping(data, "moderation").get("model"), data.get("models", default_models())
    if isinstance(name, str) and name and isinstance(models, dict) and name not in models:
        yield Problem(("moderation", "model"), f"model {name!r} is defined nowhere under models", suggest(name, models))
    model = _mapping(data, "models").get(name) if isinstance(name, str) else None
    if isinstance(model, dict) and _is_unpriced(model):
        what = f"model {name!r} is on another machine and has no price, so its checks would not count as spending"
        price = f"models.{name}.price: {{input: 0, output: 0}}, or what it costs,"
        yield Problem(("moderation", "model"), what, price)


def _is_unpriced(model: Data) -> bool:
    """Whether a model on another machine has no price; that of a model with a key is checked with the model."""
    url = model.get("base_url")
    return isinstance(url, str) and not is_on_this_machine(url) and model.keys().isdisjoint(("price", "key_env"))


# --- personas ------------------------------------------------------------------------------------


def _personas(data: Data) -> Iterator[Problem]:
    folder = data.get("personas", "personas")
    if not isinstance(folder, str):
        return
    there = persona_names(folder)
    others = _unread_personas(folder)
    if not there:
        what = f"the folder {folder!r} holds no persona files (*.yaml)"
        what += "".join(f", and {name} {why}" for name, why in others.values())
        yield Problem(("personas",), what, "the folder where they are (relative to the working directory)")
        return
    rules = _rules(data)
    for position, rule in rules:
        yield from persona_problems(rule, ("rooms", position), there, others)
    if not any(rule.get("match") == "*" for _, rule in rules) and "mochi" not in there:
        what = "rooms that no rule matches are mochi's, and there is no such persona"
        yield Problem(("rooms",), what, f'a last rule {{match: "*", persona: ...}} with one of {", ".join(there)}')


def _unread_personas(folder: str) -> dict[str, tuple[str, str]]:
    """The files of the folder that look like personas and are not read: name and problem, by what stands before the
    suffix."""
    try:
        found = unread(personas_folder(Path(folder).expanduser()))
    except RuntimeError:  # "~" of an unknown user
        return {}
    return {path.stem: (path.name, what) for path, (what, _) in found.items()}


def persona_problems(
    rule: Data, place: Keys, there: list[str], others: Mapping[str, tuple[str, str]]
) -> Iterator[Problem]:
    """A problem if the persona of a rule is not `there`; `others` are files that were not read (`_unread_personas`)."""
    persona = rule.get("persona", "mochi")
    if isinstance(persona, str) and persona not in there:
        here = (*place, "persona") if "persona" in rule else place
        best = nearest(persona, there)
        names = ", ".join(there)
        instead = f"{best} (there are {names})" if best else f"one of {names}"
        what = f"there is no persona {persona!r}"
        what += f", for {' '.join(others[persona])}" if persona in others else ""
        yield Problem(here, what, instead)


def persona_names(folder: str | Path) -> list[str]:
    """The names of the persona files in a folder, without the suffix, sorted; empty if it can't be listed."""
    try:
        return sorted(path.stem for path in yaml_files(personas_folder(Path(folder).expanduser())))
    except (OSError, ValueError, RuntimeError):
        return []


# --- rules of rooms ------------------------------------------------------------------------------


def rule_problems(rule: Data, place: Keys, data: Data) -> Iterator[Problem]:
    """The checks across the keys of a rule, and of the models that it names."""
    if "hold" in rule and "hold_minutes" in rule:
        what = "is the older name of hold, which is also given"
        yield Problem((*place, "hold_minutes"), what, "one of the two")
    yield from _span_of_hold(rule, place)
    yield from _both_bot_and_person(rule, place)
    models = data["models"] if "models" in data else default_models()
    for key in ("economy", "judge"):
        name = rule.get(key)
        if isinstance(name, str) and name and isinstance(models, dict) and name not in models:
            what = f"model {name!r} is defined nowhere under models"
            yield Problem((*place, key), what, suggest(name, models))


def _both_bot_and_person(rule: Data, place: Keys) -> Iterator[Problem]:
    bots, people = (one if isinstance(one, list) else [] for one in (rule.get("bots"), rule.get("people")))
    for position, name in enumerate(bots):
        if name in people:
            yield Problem((*place, "bots", position), "is named under people, too", "it in one of the two lists")


def _span_of_hold(rule: Data, place: Keys) -> Iterator[Problem]:
    floor, ceiling = "hold_floor_minutes", "hold_ceiling_minutes"
    least, most = (rule.get(key, RoomRule.model_fields[key].default) for key in (floor, ceiling))
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in (least, most)) and least > most:
        wrong, bound = (floor, f"{most:g} or less") if floor in rule else (ceiling, f"{least:g} or more")
        yield Problem((*place, wrong), f"leaves no hold: {floor} is {least:g}, {ceiling} is {most:g}", bound)


# A key that has no effect with a room's `join` is not an error, but probably not what was meant.
_UNPROMPTED = ("unanswered", "every_post")
_NEEDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("posts", "hold", "hold_floor_minutes", "hold_ceiling_minutes", "displacement_risk"), ("unanswered",)
    ),
    **dict.fromkeys(("coverage", "share_of_voice", "judge"), _UNPROMPTED),
    **dict.fromkeys(
        (
            "conversation_minutes",
            "economy",
            "answers_to_name",
            "place",
            "emoji_instead",
            "delete_with_question",
            "thank_helpers",
            "bots",
            "people",
            "ignore",
        ),
        ("mentions", *_UNPROMPTED),
    ),
}
_LEARNT = ("hold_floor_minutes", "hold_ceiling_minutes", "displacement_risk")


def hints(settings: Settings) -> Iterator[str]:
    """One line for each rule that never matches, key that has no effect in its rule, and model that is used nowhere."""
    platforms = {name: bool(section.enabled) for name, section in settings.platforms}
    for position, why in unreachable(settings.rooms, platforms):
        yield f"rooms.{position} ({settings.rooms[position].match}): {why}"
    yield from _no_fixed_room(settings)
    yield from _unused_models(settings)
    yield from _after_the_pointer(settings)
    for position, rule in enumerate(settings.rooms):
        for key in sorted(rule.model_fields_set):
            if idle := no_effect(rule, key):
                yield f"rooms.{position} ({rule.match}): {idle}"


def no_effect(rule: RoomRule, key: str) -> str | None:
    """That a key does nothing in a rule, and with what it would; None if it does something."""
    join = "unanswered" if rule.join == "watch" else rule.join  # a watched room shows what these keys would do
    if join not in _NEEDS.get(key, (join,)):
        return f"{key} does nothing with join: {rule.join}; it is for {_listed(_NEEDS[key])}"
    if key in _LEARNT and rule.hold != "auto":
        return f"{key} does nothing with a fixed hold of {rule.hold:g} minutes; it is for hold: auto"
    return None


def _no_fixed_room(settings: Settings) -> Iterator[str]:
    """A line for each rule that names a platform whose rooms are all known, and none of these."""
    rooms = fixed_rooms(settings)
    for position, rule in enumerate(settings.rooms):
        platform, _, wanted = rule.match.casefold().partition("/")
        there = [room for room in rooms if room.platform == platform]
        if there and wanted and not any(fits(rule.match, place) for room in there for place in places_of(room)):
            names = [room.name for room in there]
            meant = nearest(wanted.rpartition("/")[2], names) or " or ".join(names)
            yield f"rooms.{position} ({rule.match}): {platform} has no such room; write {meant} after {platform}/*/"


def _unused_models(settings: Settings) -> Iterator[str]:
    others = {name for rule in settings.rooms for name in (rule.economy, rule.judge)}
    used = {*settings.writer, *others, settings.moderation.model if settings.moderation else ""}
    for name in sorted(settings.models.keys() - used):
        yield f"models.{name}: is used nowhere; name it in writer"


def _after_the_pointer(settings: Settings) -> Iterator[str]:
    """A line for each model that is never asked because of its place; for toys, that place is the default."""
    for name in settings.writer[len(asked_models(settings.writer)) :]:
        if name != POINTER and settings.models[name].builtin is None:
            yield f"writer: {name} is never asked, for {POINTER} before it answers whatever comes to it; name it first"


def _listed(words: tuple[str, ...]) -> str:
    """Joins words as in "one, two and three"."""
    return " and ".join([*([", ".join(words[:-1])] if words[1:] else []), words[-1]])
