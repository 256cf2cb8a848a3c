"""Removes reasoning between tags from a model's stream. Pure."""

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")
_TAG_BEGINS = re.compile(r"<[/a-z]{0,10}$", re.IGNORECASE)  # the stream may split a tag: hold back its beginning


class ReasoningFilter:
    """Takes a stream piece by piece; `text` is what may be shown so far. It grows, with one exception: some chat
    templates open the tag themselves, so only the closing tag arrives; then everything before it was reasoning."""

    def __init__(self) -> None:
        self.text = ""
        self._held = ""
        self._inside = False

    def add(self, piece: str) -> None:
        rest = self._held + piece
        while match := _TAG.search(rest):
            self._pass(rest[: match.start()], closing=bool(match[1]))
            rest = rest[match.end() :]
        self._held = self._undecided(rest)
        self._show(rest[: len(rest) - len(self._held)])

    def end(self) -> str:
        """Ends the stream and returns the whole text."""
        self._show(self._held)
        self._held = ""
        return self.text.rstrip()

    def _pass(self, before: str, *, closing: bool) -> None:
        self._show(before)
        if closing and not self._inside:
            self.text = ""
        self._inside = not closing

    def _undecided(self, rest: str) -> str:
        match = _TAG_BEGINS.search(rest[-_LONGEST_TAG:])
        return match[0] if match else ""

    def _show(self, text: str) -> None:
        if not self._inside:
            self.text = (self.text + text) if self.text else text.lstrip()
