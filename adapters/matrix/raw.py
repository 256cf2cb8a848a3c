"""Looks into JSON that strangers and their homeservers wrote: it may hold anything, and none of these can fail."""

from typing import Any

JSONObject = dict[str, Any]


def under(parent: JSONObject, key: str) -> JSONObject:
    """The object at a key, or an empty one."""
    child = parent.get(key)
    return child if isinstance(child, dict) else {}


def content_of(event: JSONObject) -> JSONObject:
    return under(event, "content")


def relation_of(content: JSONObject) -> JSONObject:
    return under(content, "m.relates_to")


def dicts(value: object) -> list[JSONObject]:
    """The objects of what should be a list of events."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
