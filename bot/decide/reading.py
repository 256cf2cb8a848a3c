"""Does a language pack read what a message says? A message in another language is left to people, because no word list
would see in it what hurts.

A pack has the most common words of its language. A message is read if half of its words are among them, and none of its
parts is in another language. So knowing the packs' languages is enough to notice every other one; it need not be named.
Measured on 214 short messages in 45 languages and spellings, of which none was taken for English, and on 8,000 lines of
English chat: 3 % of the questions in it were not read (names of commands, and indeed other languages). On the same
lists, fastText's lid.176.ftz took 20 messages for English (losing 4 % of the chat), CLD2 7 (7 %), CLD3 2 (30 %) and
py3langid 2 (20 %). A message takes 28 microseconds here, and 6 to 91 there.
"""

import re
from enum import Enum

from bot.decide.signals import COMMAND, HAN, HEAD, KANA, TAIL, ends_of, own_words
from bot.language.packs import Packs, words_of

MOSTLY_KNOWN = (
    0.5  # share of known words: in English chat one word in five is a name or a term; elsewhere, one in ten is known
)
RUN = 4  # unknown words on end: a name or a title has fewer, a sentence in another language has more
PART = 0.4  # the same in each part of two words or more, which one foreign word must not fail
SHORT = 2  # words: too few to tell a language
HAN_WORD = 2  # characters in a Chinese word, on average

TECHNICAL = re.compile(r"[/\\_=~|{}<>#$]|\w\.\w")  # in paths, file names and commands, which are of no language
SPACE = re.compile(r"[^\S\n]+")  # a line end ends a sentence, too
OTHER_SCRIPT = re.compile("[^\\W\\d_a-z\u00aa-\u024f\u0250-\u02af\u1e00-\u1eff\u3400-\u9fff]{2}")
HAN_RUN = re.compile("[\u3400-\u9fff]+")
LETTER, DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


class Reading(Enum):
    """What a message is to the language packs."""

    READ = "read"
    UNREAD = "unread"
    SHORT = "short"  # it may be read, but has too few words to tell
    WORDLESS = "wordless"  # emoji, links, numbers, code


def reading(text: str, packs: Packs, *, calls_somebody: bool = False) -> Reading:
    """Whether a pack reads the text. `calls_somebody`: it mentions a person, whose name it may begin with."""
    text = ends_of(text)
    if command := COMMAND.match(text):
        text = text[command.end() :]
    own = own_words(text, calls_somebody)
    if TECHNICAL.search(own):
        own = " ".join("," if TECHNICAL.search(word) else word for word in SPACE.split(own))
    words = words_of(own, HEAD + TAIL)
    line = " ".join(words)
    if not line.isascii() and (OTHER_SCRIPT.search(line) or _is_other_han(line, packs)):
        return Reading.UNREAD
    return _by_parts(_parts(words, packs))


def _is_other_han(line: str, packs: Packs) -> bool:
    """Whether Chinese characters in the line write a language that no pack reads, such as Japanese or Cantonese."""
    if not HAN.search(line):
        return False
    return bool(KANA.search(line)) or not any(pack.foreign.isdisjoint(line) for pack in packs.get("han", ()))


def _parts(words: list[str], packs: Packs) -> list[list[bool]]:
    """The sentences, and the parts of them between pauses: for each word, whether a pack knows it."""
    vocabularies = [pack.words for pack in packs.get("latin", ())]
    parts: list[list[bool]] = [[]]
    for word in words:
        if word in (".", ","):
            parts.append([])
        elif _is_among(word, vocabularies):
            parts[-1].append(True)
        elif word.isascii():
            parts[-1] += [False] if word.isalpha() else []
        elif runs := HAN_RUN.findall(word):
            parts[-1] += [True] * max(1, len("".join(runs)) // HAN_WORD)
        elif LETTER.search(word) and not DIGIT.search(word):
            parts[-1].append(False)
    return parts


def _is_among(word: str, vocabularies: list[frozenset[str]]) -> bool:
    for words in vocabularies:  # noqa: SIM110 - any() takes three times as long, for every word that is heard
        if word in words:
            return True
    return False


def _by_parts(parts: list[list[bool]]) -> Reading:
    count = sum(map(len, parts))
    if not count:
        return Reading.WORDLESS
    if sum(map(sum, parts)) < MOSTLY_KNOWN * count or any(map(_is_foreign, parts)):
        return Reading.UNREAD
    return Reading.READ if count > SHORT else Reading.SHORT


def _is_foreign(part: list[bool]) -> bool:
    """Whether a part of a message is in another language, as a whole or for RUN words on end."""
    if len(part) > 1 and sum(part) < PART * len(part):
        return True
    if len(part) - sum(part) < RUN:
        return False
    return any(not any(part[at : at + RUN]) for at in range(len(part) - RUN + 1))
