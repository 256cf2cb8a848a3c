"""Validation errors in words for the person who wrote the file: what is wrong, and what to write instead."""

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from bot.config.yaml_file import Keys, Problem

# Keys that hold secrets once loaded; in a file they would be copied, shared and committed.
SECRETS = ("key", "token", "password", "api_key", "secret")

_KINDS = {
    "string_type": ("is not a text", "it in quotes"),
    "string_unicode": ("is not a text", "plain characters"),
    "int_type": ("is not a whole number", "one, without quotes"),
    "int_from_float": ("is not a whole number", "one, without a point"),
    "float_type": ("is not a number", "one, without quotes"),
    "finite_number": ("is not a number one can count with", "an ordinary one"),
    "bool_type": ("is neither true nor false", "true or false, without quotes,"),
    "tuple_type": ("is not a list", "[one, two]"),
    "dict_type": ("is not a mapping", "{key: value}"),
    "model_type": ("is not a mapping", "{key: value}"),
    "string_too_short": ("is empty", "a text"),
}


_PER_CENT = re.compile(r"(100(?:\.0+)?|\d{1,2}(?:\.\d{1,3})?)\s*%")
SECRET_INSTEAD = "a name such as MY_API_KEY, and put the secret itself into .env,"  # noqa: S105 - a sentence
_PATTERNS = {  # by the first three characters of the shape's pattern
    "^@[": ("is not a Matrix user id", '"@name:server"'),
    "^[A": ("is not the name of a variable", SECRET_INSTEAD),
    "^[a": ("is not the tag of a language", "one such as en, zh or pt-BR"),
}


def objections(shape: type[BaseModel], data: Mapping[str, Any], at: Keys = ()) -> Iterator[Problem]:
    """Every validation error of `data` against `shape`. Never contains values, because one may be a secret."""
    try:
        shape.model_validate(data)
    except ValidationError as error:
        for one in error.errors(include_url=False, include_input=False):
            keys = tuple(one["loc"])
            if one["type"] == "default_factory_not_called":  # a default that depends on a key with a problem of its own
                continue
            if one["type"] == "extra_forbidden":
                yield _unknown(at + keys, known_keys(shape, keys[:-1]))
            elif (share := _share_meant(shape, keys, _value_at(data, keys))) is not None:
                yield Problem(at + keys, "is a share from 0 to 1, not per cent", f"{share:g}")
            else:
                yield Problem(at + keys, *_in_words(one["type"], {"key": keys[-1:], **one.get("ctx", {})}, one["msg"]))


def _value_at(data: Any, keys: Keys) -> Any:
    """The value at a place of the file; None if the place is none of the file's own (a branch of a union)."""
    for key in keys:
        try:
            data = data[key]
        except (LookupError, TypeError):
            return None
    return data


def _share_meant(shape: Any, keys: Keys, value: Any) -> float | None:
    """The share that somebody meant who wrote per cent (25, or "25%"); None for other values and other fields."""
    for key in keys[:-1]:
        shape = _inside(shape, key)
    field = getattr(shape, "model_fields", {}).get(keys[-1])
    most = min((getattr(one, "le", math.inf) for one in (field.metadata if field else ())), default=math.inf)
    written = _PER_CENT.fullmatch(value) if isinstance(value, str) else None
    percent = float(written[1]) if written else value
    if most > 1 or isinstance(percent, bool | str) or not isinstance(percent, int | float):
        return None
    return percent / 100 if (written or percent > 1) and percent <= 100 * most else None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` probably meant, or None."""
    by_fold = {one.casefold(): one for one in known}
    close = difflib.get_close_matches(word.casefold()[:100], by_fold, n=1, cutoff=0.6)
    return by_fold[close[0]] if close else None


def suggest(word: str, known: Iterable[str]) -> str:
    """The nearest known word, or a list of all of them."""
    known = list(known)
    return nearest(word, known) or (f"one of {', '.join(known)}" if known else "nothing")


def known_keys(shape: Any, keys: Keys) -> list[str]:
    """The keys allowed at a place in a shape, without excluded ones, which the program fills in."""
    for key in keys:
        shape = _inside(shape, key)
    fields = shape.model_fields if isinstance(shape, type) and issubclass(shape, BaseModel) else {}
    return [*(name for name, field in fields.items() if not field.exclude), *getattr(shape, "older_keys", ())]


def _inside(shape: Any, key: str | int) -> Any:
    """The type under `key`: of a field, of a mapping's values, or of a list's items."""
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        field = shape.model_fields.get(str(key))
        shape = field.annotation if field else None
    else:
        parts = [part for part in get_args(shape) if part is not Ellipsis]
        shape = parts[-1] if parts else None
    return (
        next((part for part in get_args(shape) if isinstance(part, type) and issubclass(part, BaseModel)), shape)
        if type(None) in get_args(shape)
        else shape
    )


def _unknown(keys: Keys, known: list[str]) -> Problem:
    name = str(keys[-1])
    if name.casefold() in SECRETS:
        instead = f"{name.casefold() if name.casefold() in ('token', 'password') else 'key'}_env: NAME_OF_A_VARIABLE"
        return Problem(keys, "secrets are read from the environment or .env, never from this file", instead)
    return Problem(keys, "is not a key that is known here", suggest(name, known))


def _in_words(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind in _KINDS:
        return _KINDS[kind]
    if kind == "missing":
        return "is missing", f"`{''.join(map(str, context['key']))}: ...`"
    if kind == "literal_error":
        choices = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
        return "is none of the words that are known here", f"one of {choices}"
    if kind in ("greater_than_equal", "less_than_equal"):
        low = kind == "greater_than_equal"
        limit = context["ge" if low else "le"]
        return f"is too {'small' if low else 'large'}", f"{limit:g} or {'more' if low else 'less'}"
    if kind == "value_error":
        what, _, instead = message.removeprefix("Value error, ").partition("; write ")
        return what, instead
    return _sizes(kind, context, message)


def _sizes(kind: str, context: Mapping[str, Any], message: str) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        beginning = str(context.get("pattern", ""))[:3]
        return _PATTERNS.get(beginning, ("holds signs that mean something else in chats", "letters and single spaces"))
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters", "less"
    if kind == "too_short":
        return "is empty", "at least one"
    if kind == "too_long":
        return f"has more than {context['max_length']} entries", "fewer"
    return message[:1].lower() + message[1:], ""
