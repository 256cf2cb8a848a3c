"""Repairs Discord's JSON so that any parser accepts it."""

import json
import re

UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError, RecursionError)
"""What the SDK raises on an answer that claims to be JSON and is not: a proxy's page, half an answer."""

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def without_halves(text: str) -> str:
    """The same JSON with a replacement character for each escaped lone surrogate.

    JSON allows lone surrogates and Python reads them, but orjson, which the SDK prefers, rejects the whole text: one
    such message would end the connection, and the history with that message would end every later one.
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _ESCAPE.sub(lambda escape: r"\ufffd" if escape["half"] else escape[0], text)
