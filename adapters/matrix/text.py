"""Makes untrusted text safe to store: encodable, bounded, names on one line."""

import re

TEXT_LENGTH = 100_000  # characters; an event has at most 64 kB, but a homeserver can't be trusted
LABEL_LENGTH = 200  # characters of a display name, a room's name or a file name

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL, and lone surrogates, which UTF-8 can't encode
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def clean(text: str) -> str:
    return sendable(text[:TEXT_LENGTH])


def sendable(text: str) -> str:
    """The text with characters that UTF-8 can't encode replaced."""
    return _UNSTORABLE.sub("\ufffd", text)


def label(text: str) -> str:
    """A name on one line: a line break in a display name must not look like a new speaker."""
    return " ".join(_CONTROLS.sub(" ", clean(text[: 4 * LABEL_LENGTH])).split())[:LABEL_LENGTH]
