"""Estimates how many tokens a model counts, without its tokenizer. Pure.

A token of today's vocabularies is a frequent run of bytes, so how many a text has follows from its script: a Han
character takes more than a Cyrillic letter, and that more than a Latin one. The first byte of a character in UTF-8
tells its block. So each byte is replaced by the sign of its kind, and kinds and pairs of them are counted: a pair of
small and capital letter is rare in prose and usual in base64.

The weights are fitted by `python -m tests.train.tokens`, which prints how far off they are.
"""

WEIGHTS: dict[bytes, float] = {
    b"a": 0.24, b"A": 0.02, b"0": 1.0, b" ": 0.17, b".": 0.77, b"l": 1.16, b"g": 0.66, b"c": 0.36, b"k": 2.86,
    b"h": 1.23, b"w": 0.75, b"r": 0.44, b"i": 0.77, b"e": 1.19, b"s": 3.21, b"j": 0.58, b"z": 0.75, b"o": 0.81,
    b"f": 3.0, b"m": 3.92, b"'": 0.3, b",": 0.99, b"aA": 0.81, b"Aa": 0.73, b"AA": 0.57, b"0a": 1.07,
    b"A0": 0.76, b"0A": 2.0, b"0.": 2.0, b".0": 0.15, b"A.": 1.51,
}  # fmt: skip
"""Tokens for each occurrence of a kind of byte, or of two in a row: `a` small and `A` capital letters, `0` digits,
spaces, `.` other signs of ASCII; the others are named at `_SIGNS`."""

ASCII_WEIGHTS = {kind: weight for kind, weight in WEIGHTS.items() if kind.strip(b"aA0 .") == b""}

# Two blocks share their first byte with others that cost more, and get one of the two bytes that UTF-8 never uses.
_SHARED = ((b"\xe2\x80", b"\xc0"), (b"\xef\xbc", b"\xc1"))  # quotation marks and dashes; full-width punctuation
_SIGNS = (
    (0xC0, b"'"), (0xC1, b","), (0xC2, b"l"), (0xCE, b"g"), (0xD0, b"c"), (0xD2, b"k"), (0xD4, b"h"), (0xD6, b"w"),
    (0xD8, b"r"), (0xE0, b"i"), (0xE1, b"e"), (0xE2, b"s"), (0xE3, b"j"), (0xE4, b"z"), (0xEA, b"o"), (0xEE, b"f"),
    (0xF0, b"m"),
)  # fmt: skip
"""First bytes, each up to the next: quotation marks, full-width punctuation, Latin with marks, Greek, Cyrillic, other
Cyrillic, Armenian, Hebrew, Arabic, Indic and Thai, other South Asian and Georgian, symbols, kana, Han, Hangul,
full-width, emoji."""


def _table() -> bytes:
    """For each byte the sign of its kind."""
    signs = bytearray(b"x" * 256)
    for code in range(0x80):
        sign = chr(code)
        signs[code] = ord(
            "a" if sign.islower() else "A" if sign.isupper() else "0" if sign.isdigit()
            else " " if sign.isspace() else "."
        )  # fmt: skip
    for first, sign_of_block in _SIGNS:
        signs[first:] = sign_of_block * (256 - first)
    return bytes(signs)


_TABLE = _table()


def estimate_tokens(text: str) -> int:
    """Estimates the tokens of `text`, at least 1.

    Of chat within 15 % of the middle of seven vocabularies, which differ by up to 60 % among themselves (Japanese);
    of links, logs, base64, code and emoji not fewer than the one that counts most.
    """
    return max(1, round(token_share(text)))


def token_share(text: str) -> float:
    """The same estimate without rounding, to be summed over the chunks of a stream."""
    kinds = kinds_of(text)
    weights = ASCII_WEIGHTS if text.isascii() else WEIGHTS
    return sum(weight * kinds.count(kind) for kind, weight in weights.items())


def kinds_of(text: str) -> bytes:
    """One sign for each character: its kind; a character beyond ASCII is followed by signs without a weight."""
    data = text.encode("utf-8", "replace")
    if not text.isascii():
        for shared, own in _SHARED:
            data = data.replace(shared, own)
    return data.translate(_TABLE)
