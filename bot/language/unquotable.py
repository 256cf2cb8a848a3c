"""What a person may have said, and nobody should repeat for them: confidences, secrets, the private life of others,
insults, dangerous advice, and texts that pose as instructions to a model. Data by language.

Incomplete on purpose of being short: what it misses was said in the room before, and is only shown there again. Where
it is in doubt, it says yes, and the text is left alone.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

from bot.language.phrase_rules import Entries, RuleFile, load_rules

UNQUOTABLE_FOLDER = Path(__file__).with_name("unquotable_phrases")
LONGEST_REPEATED = 4000  # characters: Discord's longest message
TO_VALUE = {"latin": 40, "han": 12}  # characters between "password" and its value: about eight words
BARRED_KINDS = ("confidence", "private", "about_others", "dangerous", "order", "slur", "asks_private")


class UnquotableFile(RuleFile):
    """A language's phrases; the files explain the fields. `secrets` and `no_value` are words."""

    phrases: ClassVar[tuple[str, ...]] = (*BARRED_KINDS, "never", "unless")

    confidence: Entries
    private: Entries
    about_others: Entries
    dangerous: Entries
    order: Entries
    slur: Entries
    asks_private: Entries
    never: Entries
    unless: Entries = ()
    secrets: Entries
    no_value: Entries


@dataclass(frozen=True, slots=True)
class UnquotableWords:
    """One language, compiled. `kinds`: by the name of the field. `warned`: dangerous advice behind "never"."""

    file: UnquotableFile
    kinds: dict[str, re.Pattern[str]]
    warned: re.Pattern[str]
    unless: re.Pattern[str]
    secret: re.Pattern[str]
    names_secret: re.Pattern[str]

    def kind(self, text: str) -> str | None:
        """The field that the text falls under; "secret" if it tells one; None if none."""
        if self.secret.search(unicodedata.normalize("NFKC", text[:LONGEST_REPEATED])):
            return "secret"
        line = self.warned.sub(" . ", self.unless.sub(" . ", self.file.line(text, LONGEST_REPEATED)))
        return next((kind for kind, phrases in self.kinds.items() if phrases.search(line)), None)


@cache
def shipped_unquotable() -> tuple[UnquotableWords, ...]:
    """Every language in the package. Raises SettingsError with all problems of the files."""
    return tuple(_compiled(file) for file in load_rules(UnquotableFile, UNQUOTABLE_FOLDER).values())


def unquotable(text: str) -> str | None:
    """Why the text should not be repeated (a field of the files, or "secret"); None if it may be."""
    return next((kind for words in shipped_unquotable() if (kind := words.kind(text))), None)


def asks_for_secret(text: str) -> bool:
    """Whether the text mentions a password or a code, so that any code in an answer is one."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_REPEATED])
    return any(words.names_secret.search(plain) for words in shipped_unquotable())


def _compiled(file: UnquotableFile) -> UnquotableWords:
    kinds = {kind: file.regex(getattr(file, kind)) for kind in BARRED_KINDS}
    never = file.regex(file.never).pattern
    warned = re.compile(f"(?:{never})(?:{kinds['dangerous'].pattern})")
    names = "|".join(map(re.escape, sorted(file.secrets, key=len, reverse=True)))
    names = rf"\b(?:{names})\b" if file.script == "latin" else f"(?:{names})"
    return UnquotableWords(
        file, kinds, warned, file.regex(file.unless), _secret(file, names), re.compile(names, re.IGNORECASE)
    )


def _secret(file: UnquotableFile, names: str) -> re.Pattern[str]:
    """Finds the name of a secret before its value: something with a digit or two signs in it, or any one word that is
    said to be it."""
    gap = rf"[^.!?。！？\n]{{0,{TO_VALUE[file.script]}}}?"
    others = "|".join(map(re.escape, file.no_value))
    if file.script == "latin":
        value, told = r"(?<!\S)[\"'`(“]?(?=\S{0,40}\d)[\w#*+!@$%&-]{3,40}", rf"(?:\bis\b|[:=])\s*(?!(?:{others})\b)\S"
    else:
        value, told = r"[\w#*+!@$%&-]{0,20}[0-9][A-Za-z0-9#*+!@$%&-]{2,40}", rf"(?:是|为|[:=：])\s*(?!{others})\S"
    return re.compile(rf"{names}(?:{gap}{value}|{gap}{told})", re.IGNORECASE)
