"""Joins the pieces of a streamed text: halves of characters, and texts that are sent again. Pure."""

import re

_HIGH_AT_END = re.compile("[\ud800-\udbff]$")
_LONE = re.compile("[\ud800-\udfff]")
SHORT_CHARACTERS = 12  # a shorter piece may equal all before it by chance: "ha" and "ha"
GROWING_PIECES = 3  # each of which begins with the one before: the server sends the text so far, not what is new


class Pieces:
    """The text so far. Pairs of surrogates may come in two pieces (JSON escapes split between them); half of a pair
    without the other is dropped."""

    def __init__(self) -> None:
        self.text = ""
        self._held = ""
        self._count = 0
        self._previous, self._grown = "", 0

    def add(self, piece: str, *, is_last: bool, is_after: bool) -> str:
        """What is new in `piece`. `is_last`: it came with the reason to finish; `is_after`: later than that."""
        if not piece or self._repeats(piece, is_last=is_last, is_after=is_after):
            return ""
        self._count += 1
        whole, self._held = _pairs(self._held + piece)
        self.text += whole
        return whole

    def _repeats(self, piece: str, *, is_last: bool, is_after: bool) -> bool:
        """Whether `piece` is the whole text once more, as some servers send it at the end."""
        if not self.text or piece.strip() != self.text.strip():
            return False
        is_long = len(piece) >= SHORT_CHARACTERS
        return is_after or (is_last and (is_long or self._count > 1)) or (is_long and self._count > 2)

    def restarts(self, piece: str) -> bool:
        """Whether the server sends the whole text so far each time: `piece` then replaces everything."""
        is_longer = len(piece) > len(self._previous) or self._grown >= GROWING_PIECES
        grows = is_longer and piece.startswith(self._previous)
        self._grown = self._grown + 1 if grows and self._grown == self._count else 0
        self._previous = piece or self._previous
        if self._grown < GROWING_PIECES or len(piece) < SHORT_CHARACTERS:
            return False
        self.text = self._held = ""
        return True


def _pairs(text: str) -> tuple[str, str]:
    """`text` with its pairs of surrogates joined, and the half of a pair at its end."""
    held = _HIGH_AT_END.search(text)
    whole = text[: held.start()] if held else text
    if not _LONE.search(whole):
        return whole, held[0] if held else ""
    joined = whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
    return joined, held[0] if held else ""
