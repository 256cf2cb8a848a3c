"""The catalogue of everything that Cameo itself says to members and managers, by key and language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.config.helplines import CountryNumbers
from bot.config.yaml_file import Problem, read
from bot.types import SettingsError

LANGUAGES = ("en", "zh")
CATALOGUE = Path(__file__).with_name("words.yaml")
PLURAL = re.compile(r"\{(\w+)\|([^|{}]*)\|([^|{}]*)\}")  # {count|row|rows}: a form for 1, and one for all else
IN_MORE_LANGUAGES = ("sign.honest",)  # the question that it answers is read in more
NOTICE = "contact.told"
SIGNS_WITH_AN_END = ("member_limit", "room_limit", "community_limit", "budget")


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by key ("sign.budget") and language ("en")."""

    texts: Mapping[str, Mapping[str, str]]

    def say(self, key: str, language: str = "en", **values: object) -> str:
        """The text of `key` with `values` filled in verbatim; English if the language (or its region, as in "zh-Hant")
        is missing. Raises KeyError for an unknown key, or a missing value."""
        texts = self.texts[key]
        text = texts.get(language) or texts.get(_base(language)) or texts["en"]
        return with_forms(text, values).format_map(values)

    def sign(self, code: str, language: str = "en", wait: timedelta | None = None) -> str:
        """What an addressed member gets instead of an answer, with when to try again if that is known."""
        if wait is None or code not in SIGNS_WITH_AN_END:
            return self.say(f"sign.{code}", language)
        return self.say(f"sign.{code}_in", language, wait=self.wait(wait, language))

    def notice(self, language: str, command: str) -> str:
        """The line under our first words to somebody; `command` shows what we keep."""
        return self.say(NOTICE, language, command=command)

    def notices(self) -> list[tuple[str, str]]:
        """What stands before and behind the command in that line, in each language."""
        cut = [text.partition("{command}") for text in self.texts[NOTICE].values()]
        return [(before, behind) for before, _, behind in cut]

    def cut(self, language: str) -> str:
        """The sign at the end of an answer that was cut."""
        return self.say("ending.cut", language)

    def careful(self, who: str, language: str, country: CountryNumbers | None, *, again: bool) -> str:
        """The fixed text for a call that speaks of danger: `who` is "own" or "friend"; `again` gives the short form.
        Names the numbers of `country`; without one, only findahelpline.com and the local emergency number."""
        emergency = self.say("careful.emergency", language)
        helpline = self.say("careful.anywhere", language)
        if country is not None:
            emergency = country.emergency.number if country.emergency else emergency
            line = country.helpline
            helpline = self.say("careful.helpline", language, name=line.name, number=line.number)
        return self.say(f"careful.{who}{'_again' * again}", language, emergency=emergency, helpline=helpline)

    def wait(self, wait: timedelta, language: str = "en") -> str:
        """A length of time as people say it: minutes are rounded up, so that nobody comes back too early, and hours to
        the nearest one."""
        minutes = max(1, -(-int(wait.total_seconds()) // 60))
        if minutes == 1:
            return self.say("wait.minute", language)
        if minutes < 60:
            return self.say("wait.minutes", language, count=minutes)
        hours = (minutes + 30) // 60
        return self.say("wait.hour" if hours == 1 else "wait.hours", language, count=hours)


@cache
def load_words(path: Path = CATALOGUE) -> Words:
    """The catalogue, read once. Raises SettingsError if a language lacks a text, or a translation uses other values."""
    file = read(path, prose=True)
    texts: dict[str, Mapping[str, str]] = {}
    problems: list[Problem] = []
    _collect(file.data, (), texts, problems)
    if lines := file.describe_all(problems):
        raise SettingsError(lines)
    return Words(MappingProxyType(texts))


def with_forms(text: str, values: Mapping[str, object]) -> str:
    """The text with the fitting form of each word that goes by a number. Raises KeyError for a missing value."""
    return PLURAL.sub(lambda found: found[2] if str(values[found[1]]) == "1" else found[3], text)


def placeholders(text: str) -> set[str]:
    """The names of the values that a text uses."""
    return set(re.findall(r"\{(\w+)\}", text))


def _base(language: str) -> str:
    return re.split(r"[-_]", language.casefold(), maxsplit=1)[0]


def _collect(
    node: Mapping[str, Any],
    keys: tuple[str, ...],
    texts: dict[str, Mapping[str, str]],
    problems: list[Problem],
) -> None:
    for key, value in node.items():
        place = (*keys, key)
        if not isinstance(value, dict):
            problems.append(Problem(place, "is not a section", "{en: ..., zh: ...} under it"))
        elif "en" in value:
            problems.extend(_uneven(place, value))
            texts[".".join(place)] = MappingProxyType(dict(value))
        else:
            _collect(value, place, texts, problems)


def _uneven(place: tuple[str, ...], texts: Mapping[str, Any]) -> list[Problem]:
    more = set(texts) - set(LANGUAGES) if ".".join(place) in IN_MORE_LANGUAGES else set()
    if set(texts) - more != set(LANGUAGES) or not all(isinstance(text, str) and text for text in texts.values()):
        return [
            Problem(
                place,
                f"does not have exactly one text in each of {', '.join(LANGUAGES)}",
                "one per language, in quotes",
            )
        ]
    if len({frozenset(placeholders(text)) for text in texts.values()}) > 1:
        return [Problem(place, "asks for different values in its languages", "the same {values} in each")]
    return []
