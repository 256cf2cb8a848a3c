"""What of a model's stream is meant to be read: thinking between tags never is. Pure."""

import re

_TAG = re.compile(r"<(/?)(?:think|thinking|thought|reasoning)>", re.IGNORECASE)
_LONGEST_TAG = len("</reasoning>")
_TAG_BEGINS = re.compile(r"<[/a-z]{0,10}$", re.IGNORECASE)  # a tag may be cut in two by the stream: hold its beginning


class ReasoningFilter:
    """Takes a stream piece by piece; `text` is what may be shown so far, and never shrinks but for one case: some
    chat templates open the tag themselves, so that only its end arrives; then all that came before was thinking."""

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
        """The whole text, once nothing more comes."""
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
