"""Do texts with nearly the same letters say the same? People who ask for a dentist, a plumber and a bakery in the same
words want different things: the words that differ are what they say. A copy keeps the words and changes little else."""

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from bot.decide.signals import own_words
from bot.language.disguise import LETTERS_ALIKE
from bot.language.packs import Packs, words_of

READ_OF_TEXT = 800  # characters: the texts are cut before, but one character may be several letters
NAME = 2  # words before a pause at the beginning, as in "hey lea,"; or after the last sentence, as in "now! xkq"
MISSPELT = 0.7  # share of letters that a word and its disguise have in common: "nitro", "nitrro", "ntro"
RARE_WORDS = 2  # words: one may be the name in "happy birthday ben"
FIRST_SIGN = "\u2e80"  # from here on, each sign is a word


def voices(texts: Sequence[str], *, asks: bool) -> int:
    """How many people say the same in these texts of different people. All who say something of their own in the same
    words count as one. A statement may begin and end with own words; what is asked for is often the last word."""
    said = [_words(text) for text in texts]
    count = Counter(word for words in said for word in set(words))
    frame = {word for word, by in count.items() if 2 * by > len(texts)}
    own: list[str] = []
    for words in said:
        rest = [word not in frame and count[word] == 1 for word in words]
        if not asks:
            rest = _inside(rest)
        something = "".join(word for word, is_own in zip(words, rest, strict=True) if is_own)
        if something and frame <= set(words) and not any(_is_misspelt(something, other) for other in own):
            own.append(something)
    return len(texts) - max(0, len(own) - 1)


def says_the_same(text: str, other: str, packs: Packs) -> bool:
    """Whether no rare word of the one stands for another word of the other."""
    said, before = _words(text), _words(other)
    here, there = [word for word in said if word not in before], [word for word in before if word not in said]
    if not (here and there) or _is_misspelt("".join(here), "".join(there)):
        return True
    return all(_is_common(word, packs) for word in here + there)


def is_rare(text: str, packs: Packs) -> bool:
    """Whether a text that a pack reads has words that are not common: "good morning everyone" has none."""
    words = _words(text)
    known = sum(_is_common(word, packs) for word in words)
    return len(words) - known >= RARE_WORDS and 2 * known >= len(words)


def _is_common(word: str, packs: Packs) -> bool:
    return any(word in pack.words for pack in packs.get("latin", ()))


def _inside(own: list[bool]) -> list[bool]:
    """Without those at the beginning and the end."""
    shared = [place for place, is_own in enumerate(own) if not is_own]
    return [is_own and shared[0] < place < shared[-1] for place, is_own in enumerate(own)] if shared else own


def _is_misspelt(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= MISSPELT


def _words(text: str) -> list[str]:
    """The words without numbers, without a name at the beginning, and without what follows the last sentence."""
    found: list[str] = []
    for word in words_of(own_words(text, calls_somebody=False), READ_OF_TEXT):
        letters = word.translate(LETTERS_ALIKE)
        if letters in (".", ","):
            found.append(letters)
        elif letters := "".join(filter(str.isalpha, letters)):
            found += letters if letters[0] >= FIRST_SIGN else [letters]
    return _between_calls(found)


def _between_calls(words: list[str]) -> list[str]:
    pauses = [place for place, word in enumerate(words) if word in (".", ",")]
    begin = max((place + 1 for place in pauses if place <= NAME), default=0)
    ends = [place for place in pauses if words[place] == "." and place >= len(words) - 1 - NAME]
    middle = words[begin : ends[0]] if ends else words[begin:]
    return [word for word in middle or words if word not in (".", ",")]
