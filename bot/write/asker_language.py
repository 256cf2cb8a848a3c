"""The language of a message, for the lines that we say in place of an answer. Pure."""

import re

from bot.language.packs import Packs, words_of

READ_FOR_LANGUAGE = 400  # characters: enough to tell
HAN_LETTERS = 2  # characters in a Chinese word, on average
OTHER = "en"  # the catalogue's language for members whose language no pack reads
_APART = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|<[@#:][^>\s]*>|@\S+", re.DOTALL)
_KANA = re.compile("[\u3040-\u30ff]")
_HAN = re.compile("[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")


def asker_language(text: str, packs: Packs, default: str) -> str:
    """The language of the pack that reads most words of the text. English if the text is in a language without a pack,
    `default` (the persona's) if it has no words. Mentions, links and code are in no language."""
    own = _APART.sub(" ", text[:READ_FOR_LANGUAGE])
    if not _LETTER.search(own):
        return default
    read = {pack.language: _read(pack.script, pack.words, own) for some in packs.values() for pack in some}
    best = max(read, key=lambda language: read[language], default=OTHER)
    return best if read.get(best) else OTHER


def _read(script: str, known: frozenset[str], text: str) -> float:
    """How many words of the text a pack knows."""
    if script == "han":
        return 0 if _KANA.search(text) else len(_HAN.findall(text)) / HAN_LETTERS
    return sum(word in known for word in words_of(text, READ_FOR_LANGUAGE) if word not in (".", ","))
