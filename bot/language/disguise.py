"""Words that are misspelt or written around filters: "k1ll mys3lf", "s u i c i d e", "wnat to dieee", "kіll" with a
Cyrillic letter. Only painful posts are looked for in what this makes of a text, since it can make other words of
ordinary ones, too."""

import re

from bot.language.packs import Pack, words_of

# Cyrillic and Greek letters that look like Latin ones (Unicode's confusables), after NFKD and in lower case
LETTERS_ALIKE = str.maketrans("асԁеһіјкӏмոорԛгѕтѵхүωαβγεικορτυχ", "acdehijklmnopqrstvxywabyeikoptux")
SIGNS_AS_LETTERS = str.maketrans("1!|3450@$7", "iiieasoast", "*")
ONE_AS_L = str.maketrans("1!|3450@$7", "llleasoast", "*")  # "ki11"
# a sign among letters, letters set apart, a letter three times, or a look-alike
SUSPECT = re.compile(
    r"[\u3400-\u9fff][ *._-]+[\u3400-\u9fff]|[a-z][0-9!|@$*]+[a-z]|[$!][a-z]|\b2\b"
    r"|\b\w(?:[ .*_-]+\w\b){2,}|([a-vx-z\u3400-\u9fff])\1\1|[\u0370-\u052f]",
    re.IGNORECASE,
)
SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[0-9!|@$*]+(?=[^\W\d_])|[$!](?=[^\W\d_])")
ONE = re.compile(r"[1!|]")
SET_APART = re.compile(r"\b\w(?:[ .*_-]+\w\b){2,}")
TWO = re.compile(r"\b2\b")
REPEATED = re.compile(r"(\w)\1{2,}")
BETWEEN = re.compile(r"[ .*_-]+")


def undisguised(text: str, words: list[str], pack: Pack, longest: int) -> list[list[str]]:
    """What the text may mean, as words; empty if nothing in it looks disguised. `words` are its words as they stand."""
    if SUSPECT.search(text):
        flat = REPEATED.sub(r"\1", joined(text))
        flat = TWO.sub("to", flat)
        tables = (SIGNS_AS_LETTERS, ONE_AS_L) if ONE.search(flat) else (SIGNS_AS_LETTERS,)
        found = [words_of(_with_letters(flat, table), longest) for table in tables]
        plain = [[word.translate(LETTERS_ALIKE) for word in one] for one in found]
        return [[pack.misspelt.get(word, word) for word in one] for one in plain]
    if pack.misspelt.keys().isdisjoint(words):
        return []
    return [[pack.misspelt.get(word, word) for word in words]]


def joined(text: str) -> str:
    """The text with letters that are set apart, such as "k i l l", together again."""
    return SET_APART.sub(lambda found: BETWEEN.sub("", found[0]), text)


def _with_letters(text: str, table: dict[int, int | None]) -> str:
    return SIGN_IN_WORD.sub(lambda found: found[0].translate(table), text)
