"""Is a text only thanks or a greeting, in a language that no pack reads? The words are data, in `courtesies.yaml`."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from bot.config.problems import objections
from bot.config.yaml_file import read
from bot.language.packs import MessageKind, words_of
from bot.language.phrase_rules import Entries
from bot.types import SettingsError

COURTESIES = Path(__file__).with_name("courtesies.yaml")
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # kana, Chinese signs, hangul
LONGEST_COURTESY = 80  # characters, as in "oh, vielen lieben dank für die hilfe und gute nacht"; more says something
COURTESY_READ = 1000  # characters, of which a syllable of hangul has three; objections may come last


class Courtesies(BaseModel):
    """The file; its head explains the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    thanks: Entries
    greetings: Entries
    beside: Entries
    against: Entries
    glad: Entries


def courtesy(text: str) -> MessageKind | None:
    """Thanks or a greeting (which counts as small talk), if the text says nothing else."""
    if len(text) > LONGEST_COURTESY:
        return None
    line, found = _line(text), set[str]()
    phrases, step, *_ = _courtesies()
    while match := step.match(line):
        found.add(phrases[match[0]])
        line = line[match.end() :]
    if line or found <= {"beside"}:
        return None
    return MessageKind.THANKS if "thanks" in found else MessageKind.SMALL_TALK


def objects(text: str) -> bool:
    """Whether a text has a word beside which thanks are none, such as "no", "but" or "didn't"."""
    return bool(_courtesies()[2].search(_line(text)))


def is_glad(text: str) -> bool:
    """Whether a text has a word beside which thanks are meant, such as "worked" or "perfect"."""
    return bool(_courtesies()[3].search(_line(text)))


def is_filler(text: str) -> bool:
    """Whether a text has only words that may stand beside thanks, such as "oh"; also one without words."""
    return not (line := _line(text)) or _courtesies()[0].get(line) == "beside"


def _line(text: str) -> str:
    return "".join(f" {word}" for word in words_of(text, COURTESY_READ) if word not in (".", ","))


@cache  # a file of the package, read when a call is first neither asked nor thanked in a language of a pack
def _courtesies() -> tuple[Mapping[str, str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The field of each phrase; what finds the next phrase at the beginning of a line, the longest first; and what
    finds a word that goes against them, and one that is glad."""
    file = read(COURTESIES)
    data = {key: tuple(some) if isinstance(some, list) else some for key, some in file.data.items()}
    if lines := file.describe_all([] if file.problems else objections(Courtesies, data)):
        raise SettingsError(lines)
    read_ = Courtesies.model_validate(data)
    fields = {_line(phrase): name for name, some in read_ if name not in ("against", "glad") for phrase in some}
    longest_first = sorted(fields, key=len, reverse=True)
    against, glad = ("|".join(_within(_line(word)) for word in some) for some in (read_.against, read_.glad))
    begins = re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})(?= |$)")
    return fields, begins, re.compile(against), re.compile(glad)


def _within(line: str) -> str:
    """What finds a word in a line: as a whole, or in scripts without spaces as a part."""
    word = re.escape(line.strip())
    return word if _UNSPACED.search(line) else rf" {word}(?= |$)"
