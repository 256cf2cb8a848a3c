"""Standard output and error in which no text can command the terminal, whoever wrote it.

Names, ids and errors come from strangers. Control characters would move the cursor, change the title or the clipboard;
direction marks would make a line read otherwise than it is. Standard error shows no configured secret either.
"""

import re
import sys
import traceback
from types import TracebackType
from typing import IO, Any

from bot.config.masking import Mask

# The categories Cc, Cf, Cs, Zl and Zp of Unicode, but for the line end, the tabulator, and the two joiners, which shape
# words of many scripts.
_COMMANDS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)


def harmless(text: str) -> str:
    """The text with a replacement character for each one that a terminal might obey."""
    return _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)


class GuardedStream:
    """A text stream that writes only harmless text to `raw`, without the secrets that `mask` knows; all else is as
    there."""

    def __init__(self, raw: IO[str], mask: Mask | None = None):
        self.raw, self._mask = raw, mask

    def write(self, text: str) -> int:
        self.raw.write(harmless(self._mask.known(text) if self._mask else text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def guard_output(mask: Mask | None = None) -> None:
    """Guards what this process prints from now on, tracebacks included. Standard error and the last traceback show no
    secret that `mask` knows or recognises; standard output does, since the page's address holds its token."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            setattr(sys, name, GuardedStream(unguarded(stream), mask if name == "stderr" else None))
    known = mask or Mask()

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(known.text("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = uncaught


def unguarded(stream: Any) -> IO[str]:
    """The stream itself, for our own control characters."""
    raw: IO[str] = stream.raw if isinstance(stream, GuardedStream) else stream
    return raw
