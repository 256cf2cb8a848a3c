"""Reads fields of untrusted JSON; none of these functions raises, whatever the JSON contains."""

from typing import Any

JSONObject = dict[str, Any]


def under(parent: JSONObject, key: str) -> JSONObject:
    """The object under a key, or an empty one."""
    child = parent.get(key)
    return child if isinstance(child, dict) else {}


def content_of(event: JSONObject) -> JSONObject:
    return under(event, "content")


def relation_of(content: JSONObject) -> JSONObject:
    return under(content, "m.relates_to")


def string(value: object) -> str:
    """A value that is a string, else an empty one. (`str` raises for a list that is nested too deeply.)"""
    return value if isinstance(value, str) else ""


def dicts(value: object) -> list[JSONObject]:
    """The objects in what should be a list of events."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
