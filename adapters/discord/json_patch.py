"""Discord's JSON, read as leniently as Python itself reads it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from discord import utils

UNREADABLE = (json.JSONDecodeError, UnicodeDecodeError)
"""What the SDK raises on an answer that claims to be JSON and is not: a proxy's page, half an answer."""


@contextmanager
def read_leniently() -> Iterator[None]:
    """Lets discord.py read half a character (an escaped lone surrogate) as JSON allows, and back again.

    The SDK reads with orjson where that is installed, which refuses it: one such message would end the connection,
    and at each next one the history with that message in it would do so again.
    """
    strict = utils._from_json

    def lenient(text: str | bytes | bytearray | memoryview) -> Any:
        try:
            return strict(text)
        except json.JSONDecodeError:  # orjson's own is one of these
            return json.loads(bytes(text) if isinstance(text, memoryview) else text)

    utils._from_json = lenient
    try:
        yield
    finally:
        utils._from_json = strict
