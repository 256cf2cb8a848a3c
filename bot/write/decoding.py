"""Reads the bytes of a text file that a member posted. Pure."""

import codecs

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESSED = ["gb18030", "big5", "cp932", "euc_kr", "cp1251", "cp1252", "cp1250", "cp1253", "cp1254", "cp1255", "cp1256"]
"""What Windows saved text as, and still does, without saying so: Chinese, Japanese, Korean, Cyrillic, Western and
Central European, Greek, Turkish, Hebrew, Arabic."""
CONTROLS = frozenset(map(chr, range(0x20))) - set("\t\n\r\f\x1b")  # logs have form feeds, and colours after an escape


def decoded(data: bytes) -> str | None:
    """The text: as its mark says, else UTF-8, UTF-16 without a mark, or the likeliest older encoding. None if the bytes
    are no text."""
    mark = next((encoding for start, encoding in _MARKS if data.startswith(start)), None)
    if mark:
        return _plain(data, mark)
    if b"\0" in data:
        return _plain(data, wide) if (wide := _wide(data)) else None
    text = _plain(data, "utf-8")
    if text is None and _plain(data, "latin-1") is not None:  # in every older encoding, controls are controls
        found = from_bytes(data, cp_isolation=GUESSED, enable_fallback=False).best()
        return _plain(data, found.encoding) if found else None
    return text


def _wide(data: bytes) -> str | None:
    """The order of bytes of UTF-16 without a mark, in which at least every second character is a Latin one or a space:
    half of its bytes are 0. Text with a lost 0 in it is none."""
    high, low = data[1::2].count(0), data[::2].count(0)
    if 2 * max(high, low) < len(data) // 2:
        return None
    return "utf-16-le" if high > low else "utf-16-be"


def _plain(data: bytes, encoding: str) -> str | None:
    """The text in that encoding; None if the bytes don't fit, or if it has signs that no text has."""
    try:
        text = data.decode(encoding)
    except UnicodeError:
        return None
    return None if CONTROLS.intersection(text) else text
