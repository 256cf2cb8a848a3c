"""Hides secrets in log entries and errors: the configured ones wherever they stand, and others by their form.

A provider or a homeserver may repeat our key in its error, whole or cut off, and any exception may quote it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from bot.config.hiding import HIDDEN, SHORTEST, hidden

MASKED_PART = 8  # characters of a secret that are hidden wherever they stand together, so that a part of it is, too
SHORTEST_WORD = 4  # of a shorter secret, which is hidden as a whole word; fewer characters are too often a word of ours
# Our own ids, times and paths: some look random. They are searched for configured secrets alone.
OWN_FIELDS = frozenset({"turn", "room", "version", "timestamp", "file", "folder", "exception"})


class Mask:
    """Knows the configured secrets, and hides them. Without any it hides by form alone."""

    def __init__(self, secrets: Iterable[str] = ()):
        self._parts = set[str]()
        self._words = set[str]()
        self._short: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Adds secrets. Replaced ones stay: a request that is under way may still be answered with one."""
        for secret in secrets:
            for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}:
                self._parts.update(form[at : at + MASKED_PART] for at in range(len(form) - MASKED_PART + 1))
                if SHORTEST_WORD <= len(form) < MASKED_PART:
                    self._words.add(form)
        if self._words:
            self._short = re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, sorted(self._words)))})(?![^\W_])")

    def text(self, text: str) -> str:
        """The text without configured secrets, and without what looks like one."""
        known = self.known(text)
        return hidden(known) if len(known) >= SHORTEST else known

    def known(self, text: str) -> str:
        """The text without configured secrets. Linear in its length."""
        if len(text) < SHORTEST_WORD:
            return text
        if self._short:
            text = self._short.sub(HIDDEN, text)
        found = [at for at in range(len(text) - MASKED_PART + 1) if text[at : at + MASKED_PART] in self._parts]
        return _without(text, found) if found else text

    def entry(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The log entry with every text in it masked, at any depth. Its own names are those of our code, and stay."""
        return {key: self._value(value, is_ours=key in OWN_FIELDS) for key, value in event.items()}

    def _value(self, value: Any, *, is_ours: bool) -> Any:
        if isinstance(value, str):
            return self.known(value) if is_ours else self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._value(one, is_ours=is_ours) for key, one in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._value(one, is_ours=is_ours) for one in value]
        text = repr(value)
        masked = self._value(text, is_ours=is_ours)
        return value if masked == text else masked


def _without(text: str, found: Sequence[int]) -> str:
    """The text with one HIDDEN for each run of windows that begin at the places `found`."""
    kept, end = list[str](), 0
    for at in found:
        if at > end or not kept:
            kept += [text[end:at], HIDDEN]
        end = at + MASKED_PART
    return "".join([*kept, text[end:]])
