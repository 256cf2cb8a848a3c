"""Removes characters that nobody sees, except where a script or an emoji needs them. Pure.

The set is Unicode's Default_Ignorable_Code_Point, the other format and private characters, noncharacters, and letters
and signs whose glyph is blank. A text that people can't see could give orders to a model, or carry them to another."""

import re

_MARKS = "\u200e\u200f\u061c"  # direction marks: left to right, right to left, Arabic letter
_JOINERS = "\u200c\u200d"
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags and variation selectors
    "\u2800"  # braille without dots
    "\ufdd0-\ufdef\ufffe\uffff\ue000-\uf8ff\U000f0000-\U0010ffff"  # noncharacters and private use
    "\ud800-\udfff]+"  # surrogates, which no encoder accepts
)
# Scripts whose letters change shape at a joiner (RFC 5892, appendix A, and the Indic chapters of the Unicode Standard):
# Arabic, Syriac, N'Ko, Mandaic, the Indic blocks up to Sinhala, Tibetan, Myanmar, Khmer, Mongolian.
_JOINING = re.compile(
    "[\u0600-\u0603\u0610-\u061a\u0620-\u077f\u07c0-\u085f\u08a0-\u0dff\u0f00-\u109f\u1780-\u17ff\u1820-\u18af"
    "\ua840-\ua87f\ua8e0-\ua8ff\ua980-\ua9ff\uaa60-\uaa7f\ufb50-\ufdcf\ufdf0-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00010a5f\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Extended_Pictographic, and the signs that join with it.
_PICTURE = re.compile(
    "[©®\u203c\u2049\u2122\u2139\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_KEYS, _KEYCAP = "#*0123456789", "\u20e3"
_MONGOLIAN = re.compile("[\u1820-\u18af]")
_FLAG = "\U0001f3f4"
_REGION = re.compile("[\U000e0061-\U000e007a]{2}[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,3}\U000e007f")
_BRAILLE = re.compile("[\u2801-\u28ff]")


def without_unseen(text: str) -> str:
    """The text without invisible characters; a braille blank outside braille becomes a space."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_meaningful, text)


def _meaningful(run: re.Match[str]) -> str:
    """What is kept of a run of invisible characters."""
    text, hidden = run.string, run[0]
    before = text[run.start() - 1] if run.start() else ""
    after = text[run.end() : run.end() + 1]
    if "\u2800" in hidden:
        return _blanks(hidden, before, after)
    if before == _FLAG and (region := _REGION.match(hidden)):
        return region[0]
    kept = _variant(before, hidden, after)
    rest = hidden.removeprefix(kept)
    joiner = rest[:1]
    if joiner and joiner in _JOINERS and _joins(before, kept, joiner, after):
        return kept + joiner
    if joiner and joiner in _MARKS and _RIGHT_TO_LEFT.search(_line(text, run.start())):
        return kept + joiner
    return kept


def _variant(before: str, hidden: str, after: str) -> str:
    """A variation selector that the character before it has: text or emoji style, or a Mongolian letter's form."""
    first = hidden[0]
    if first in "\ufe0e\ufe0f" and before and (after == _KEYCAP if before in _KEYS else _PICTURE.match(before)):
        return first
    return first if "\u180b" <= first <= "\u180f" and _MONGOLIAN.match(before) else ""


def _joins(before: str, variant: str, joiner: str, after: str) -> bool:
    """Whether a joiner stands between two parts of one emoji, or after a letter that it gives another shape."""
    if _JOINING.match(before):
        return not after or not after.isascii() or not after.isalnum()
    picture = variant == "\ufe0f" or bool(_PICTURE.match(before))
    return joiner == "\u200d" and picture and bool(_PICTURE.match(after))


def _line(text: str, at: int) -> str:
    """The line around a position, at most 200 characters to each side, so that long lines stay cheap."""
    start, end = text.rfind("\n", max(0, at - 200), at) + 1, text.find("\n", at, at + 200)
    return text[max(start, at - 200) : end if end >= 0 else at + 200]


def _blanks(hidden: str, before: str, after: str) -> str:
    """Blank cells stay inside braille; elsewhere they are spaces."""
    count = hidden.count("\u2800")
    return ("\u2800" if _BRAILLE.match(before + after) or _BRAILLE.match(after) else " ") * count
