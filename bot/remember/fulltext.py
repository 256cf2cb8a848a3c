"""Prepares text for full-text search and builds search queries. Pure.

Chinese, Japanese and Korean have no spaces between words that a simple tokenizer could use, so each run of such
letters is written as its overlapping pairs and its last single letter: "吃面包" becomes "吃面 面包 包". Any word of two
letters is then found inside any sentence, and a single letter as the beginning of a token.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator

from bot.remember.columns import storable
from bot.types import Room

INDEXED_CHARACTERS = 65_536  # a Matrix event has at most 64 KiB, a Discord message 4,000 letters: no real text is cut
ASKED_CHARACTERS = 8_192  # of a query's text; far more than the terms below can use
ASKED_TERMS = 48  # a long Chinese question has about thirty pairs; more terms cost time and do not improve results

# Nonspacing marks of the combining blocks: accents, and the towers of them that people call zalgo.
_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
CJK = (
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"  # Han
    "\u3041-\u3096\u3099-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"  # kana, bopomofo
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff"  # hangul
)
_RUN = re.compile(f"[{CJK}]+")
_TERM = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
# Emoji, currency signs, directional marks: SQLite knows the Unicode of 2012 and takes newer ones for letters, so that
# the "bread" of "bread🥖" could not be found.
_SIGN = re.compile(f"[^\\w\x00-\x7f{CJK}]")

# Common words, dropped from queries. Only a first filter: bm25 weighs the remaining terms.
COMMON = frozenset(
    """a about all also am an and any are as at be been but by can could d did do does for from get had has have he
    her him his how i if in into is it its just like ll m me my no not of on or our out re s she so some t than that
    the their them then there they this to too up us ve was we were what when where which who why will with would
    you your""".split()  # noqa: SIM905 - a hundred words are easier to read as text than as a list
)
_COMMON_LETTERS = frozenset(
    "的了是我你他她它们这那在有不也就都和吗呢吧啊么什怎会個个這會們嗎のはがをにでとたするまし은는이가을를에의도"
)


def indexed(text: str) -> str:
    """The text in the form in which it is indexed."""
    words = _SIGN.sub(" ", _normal(text[:INDEXED_CHARACTERS]))
    return _RUN.sub(lambda run: f" {' '.join([*_pairs(run[0]), run[0][-1]])} ", words)


def asked(text: str) -> str | None:
    """A query that matches any of the text's distinctive terms, or None if the text has no terms.

    Every term is quoted and consists of letters and digits only, so operators in a member's text are searched as
    words.
    """
    terms = list(dict.fromkeys(_terms(_normal(text[:ASKED_CHARACTERS]))))
    telling = [term for term in terms if term not in COMMON] or terms
    telling.sort(key=_weight, reverse=True)
    return " OR ".join(_quoted(term) for term in telling[:ASKED_TERMS]) or None


def room_token(room: Room) -> str:
    """A single word that identifies the room, so that the index itself can exclude all others."""
    name = "\0".join((room.platform, room.community, room.id))
    return "r" + hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:20]


def _normal(text: str) -> str:
    """The text normalised: compatibility forms unified, accents removed, lower case."""
    if text.isascii():
        return text.lower()
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", storable(text)))
    return unicodedata.normalize("NFC", bare).casefold()


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _terms(text: str) -> Iterator[str]:
    for match in _TERM.finditer(text):
        word = match[0]
        if _RUN.match(word) and len(word) > 1:
            yield from _pairs(word)
        else:
            yield word


def _weight(term: str) -> int:
    """How distinctive a term is likely to be: long words are rare; a CJK pair counts as about six letters."""
    if _RUN.match(term):
        return 3 * sum(letter not in _COMMON_LETTERS for letter in term)
    return min(len(term), 12)  # beyond a dozen letters it is an address or a paste


def _quoted(term: str) -> str:
    return f'"{term}"*' if len(term) == 1 and _RUN.match(term) else f'"{term}"'
