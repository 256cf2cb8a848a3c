"""Cleans typed text, names and emoji, or rejects them with a sentence that says what to change."""

import re
import unicodedata

MAX_TEXT = 100_000  # characters; a long article still fits, and a page with fifty of them still loads
MAX_NAME = 80  # characters; longer names push the message off a phone's screen
MAX_EMOJI = 32  # characters; the longest family emoji is 25 code points

_SURROGATE = re.compile(r"[\ud800-\udfff]")  # can't be encoded, so it can't be stored
_TEXT_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # keeps tab and line ends
_NAME_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u3164\uffa0]"
)


DENSE = (
    "\u1100-\u11ff\u3005-\u3007\u3041-\u3096\u3099-\u312f\u3131-\u318e\u3400-\u9fff\uac00-\ud7af\U00020000-\U000323af"
)
"""Characters of scripts written without spaces, or whose words are short, as the inside of a regex's set."""


class Unacceptable(ValueError):
    """The input is invalid. The error's text is a sentence for callers of the API; `code` names, in the catalogue's
    section `page.refused`, the one for people, which takes `values`."""

    def __init__(self, sentence: str, code: str = "otherwise", **values: object):
        super().__init__(sentence)
        self.code, self.values = code, values


def clean_text(raw: str) -> str:
    """Returns the text trimmed, with one kind of line end. Raises Unacceptable unless 1..100,000 characters remain."""
    text = _TEXT_CONTROL.sub("\N{REPLACEMENT CHARACTER}", printable(raw).replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip()
    if not _UNSEEN.sub("", text).strip():
        raise Unacceptable("text is empty; write at least one visible character", "empty_text")
    if len(text) > MAX_TEXT:
        sentence = f"text has {len(text):,} characters; write at most {MAX_TEXT:,}"
        raise Unacceptable(sentence, "long_text", count=f"{len(text):,}", most=f"{MAX_TEXT:,}")
    return text


def clean_name(raw: str) -> str:
    """Returns the name on one line, trimmed. Raises Unacceptable unless 1..80 characters remain."""
    name = " ".join(_NAME_CONTROL.sub(" ", printable(raw)).split())
    if not _UNSEEN.sub("", name).strip():
        raise Unacceptable("author is empty; write a name", "empty_name")
    if len(name) > MAX_NAME:
        sentence = f"author has {len(name)} characters; write a name of at most {MAX_NAME}"
        raise Unacceptable(sentence, "long_name", most=MAX_NAME)
    return name


def clean_line(what: str, raw: str, most: int) -> str:
    """Returns a title or a tag on one line, trimmed. Raises Unacceptable unless 1..`most` characters remain."""
    line = " ".join(_NAME_CONTROL.sub(" ", printable(raw)).split())
    if not _UNSEEN.sub("", line).strip():
        raise Unacceptable(f"{what} is empty; write one, or leave it out")
    if len(line) > most:
        raise Unacceptable(f"{what} has {len(line)} characters; write at most {most}")
    return line


def clean_emoji(raw: str) -> str:
    """Returns the emoji on one line, trimmed. Raises Unacceptable unless 1..32 characters remain."""
    emoji = _NAME_CONTROL.sub("", printable(raw)).strip()
    if not _UNSEEN.sub("", emoji).strip() or len(emoji) > MAX_EMOJI:
        raise Unacceptable(f"emoji must have 1 to {MAX_EMOJI} visible characters", "emoji")
    return emoji


def without_unseen(text: str) -> str:
    """The text without invisible characters."""
    return _UNSEEN.sub("", text)


def printable(raw: str) -> str:
    """The text with lone surrogates replaced by the replacement character."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", raw)


# Cyrillic, Greek and other characters that look like Latin letters in most fonts: enough to protect names, not a full
# table. Left: the typed character; right, at the same position: what it looks like. Capitals may look like another
# letter than their small forms do: "Ν" is an N, "ν" a v.
_TYPED = "аеосірхуѕјԁкмнтпгвѵԛԝαβεηικμνορτυχωϲ0ıɑɡ|1iАВЕЅІЈКМНОРСТУХԚԜΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹⅠ"
_READ = "aeocipxysjdkmhtnrbvqwabenikmvoptuxwcolaglllABESIJKMHOPCTYXQWABEZHIKMNOPTYXCI"
LOOK_ALIKES = dict(zip(_TYPED, _READ, strict=True))


def skeleton(name: str) -> str:
    """The name as people see it, without differences in case, width, spaces, invisible characters and common
    look-alikes: "i", "l" and "1", "o" and "0", "rn" and "m" are alike, too."""
    typed = _UNSEEN.sub("", unicodedata.normalize("NFKD", name))
    seen = "".join(LOOK_ALIKES.get(sign, sign) for sign in typed).casefold()
    read = (LOOK_ALIKES.get(letter, letter) for letter in (LOOK_ALIKES.get(sign, sign) for sign in seen))
    return "".join(sign for sign in read if sign.isalnum()).replace("rn", "m").replace("vv", "w")
