"""Renders a text as contents of Matrix events: split into parts that fit, related to the trigger, pinging nobody."""

import json
from collections.abc import Callable
from hashlib import sha256

from adapters.matrix.markup import html_of, unpinging
from adapters.matrix.raw import JSONObject
from adapters.matrix.text import sendable
from bot.types import Thread

KEY = "org.cameo.key"  # marks our events, so that a reply is found again
AUTOMATED = "org.matrix.msc1767.automated"  # MSC3955, under its unstable name: no person wrote this event
DISCLOSURE: JSONObject = {AUTOMATED: True, "org.cameo": {"ai": True}}
"""In the content of everything that we send, whatever a model writes: an AI said this."""
CONTENT_BYTES = 40_000  # an event may have 65,536, but signatures, relations and federation need some of it

_BREAKS = ("\n\n", "\n", ". ", "。", " ")  # places to cut a text, best first


def rendered(text: str, key: str) -> list[JSONObject]:
    """The contents of the text's parts, in order. Part n carries the key `key/n`."""
    bodies = parts(unpinging(sendable(text)), _fits)
    return [_content(body, f"{key}/{number}") for number, body in enumerate(bodies, 1)]


def _content(body: str, key: str) -> JSONObject:
    content: JSONObject = {"msgtype": "m.text", "body": body, "m.mentions": {}, KEY: key, **DISCLOSURE}
    html = html_of(body)
    return content | ({"format": "org.matrix.custom.html", "formatted_body": html} if html else {})


def related(thread: Thread, reply_to: str | None, before: str | None) -> JSONObject:
    """The relation of a part to other events. The first part replies to `reply_to`; in a thread, each later part refers
    to `before`, the previous part, for clients without threads."""
    if thread.root is None:
        return {"m.in_reply_to": {"event_id": reply_to}} if before is None and reply_to else {}
    relation: JSONObject = {"rel_type": "m.thread", "event_id": thread.root, "is_falling_back": before is not None}
    return relation | {"m.in_reply_to": {"event_id": before or reply_to or thread.root}}


def transaction(key: str) -> str:
    """A transaction id that any homeserver accepts, the same for the same key."""
    return "cameo-" + sha256(key.encode("utf-8", "replace")).hexdigest()[:40]


def parts(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text cut into parts that fit, if possible between paragraphs, lines, sentences or words."""
    text = text.strip()
    if fits(text) or len(text) < 2:
        return [text] if text else []
    cut = _cut(text)
    return parts(text[:cut], fits) + parts(text[cut:], fits)


def _cut(text: str) -> int:
    """Where to cut: the best break in the quarter before the middle."""
    half = len(text) // 2
    for mark in _BREAKS:
        found = text.rfind(mark, half // 2, half)
        if found > 0:
            return found + len(mark)
    return half


def _fits(body: str) -> bool:
    return len(json.dumps(_content(body, "")).encode()) <= CONTENT_BYTES
