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
LONGEST_COURTESY = 80  # characters, as in "oh, vielen lieben dank für die hilfe und gute nacht"; more says something


class Courtesies(BaseModel):
    """The file; its head explains the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    thanks: Entries
    greetings: Entries
    beside: Entries


def courtesy(text: str) -> MessageKind | None:
    """Thanks or a greeting (which counts as small talk), if the text says nothing else."""
    if len(text) > LONGEST_COURTESY:
        return None
    line, found = _line(text), set[str]()
    phrases, step = _courtesies()
    while match := step.match(line):
        found.add(phrases[match[0]])
        line = line[match.end() :]
    if line or found <= {"beside"}:
        return None
    return MessageKind.THANKS if "thanks" in found else MessageKind.SMALL_TALK


def _line(text: str) -> str:
    return "".join(f" {word}" for word in words_of(text, LONGEST_COURTESY) if word not in (".", ","))


@cache  # a file of the package, read when a call is first neither asked nor thanked in a language of a pack
def _courtesies() -> tuple[Mapping[str, str], re.Pattern[str]]:
    """The field of each phrase, and what finds the next phrase at the beginning of a line, the longest first."""
    file = read(COURTESIES)
    data = {key: tuple(some) if isinstance(some, list) else some for key, some in file.data.items()}
    if lines := file.describe_all([] if file.problems else objections(Courtesies, data)):
        raise SettingsError(lines)
    fields = {_line(phrase): name for name, some in Courtesies.model_validate(data) for phrase in some}
    longest_first = sorted(fields, key=len, reverse=True)
    return fields, re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})(?= |$)")
