"""Who is in danger, by lists that were written before the rules (`danger.yaml`)."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.language.danger import PHRASES_FOLDER, Dangers, danger, load_dangers
from bot.language.packs import PACKS_FOLDER
from bot.types import SettingsError

LISTS = yaml.safe_load(Path(__file__).with_name("danger.yaml").read_text(encoding="utf-8"))
GROUPS = [(language, kind) for language, kinds in LISTS.items() for kind in kinds]
MISSED_AT_MOST = 1  # of each held-out list of 4 to 25: what the rules miss, the model still sees


@cache
def dangers() -> Dangers:
    return load_dangers()


def kind_of(text: str) -> str:
    found = danger(text, dangers())
    return str(found[0]) if found else "neither"


def tuned(*kinds: str) -> list[tuple[str, str]]:
    return [(text, kind) for of, kind in GROUPS if kind in kinds for text in LISTS[of][kind]["tuned"]]


@pytest.mark.parametrize(("text", "kind"), tuned("own", "friend", "neither"))
def test_each_message_of_the_lists_is_read_as_meant(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(("language", "kind"), GROUPS)
def test_few_of_the_messages_held_out_are_misread(language: str, kind: str) -> None:
    held_out = LISTS[language][kind]["held_out"]
    assert len(held_out) >= 4
    assert sum(kind_of(text) != kind for text in held_out) <= MISSED_AT_MOST


@pytest.mark.parametrize("text", [text for text, _ in tuned("own")])
def test_shouting_wide_letters_and_lines_around_it_change_nothing(text: str) -> None:
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter.isascii() and letter.isalpha() else letter for letter in text)
    around = f"@mochi hello there.\n{text}\nthat is all."
    assert [kind_of(one) for one in (text.upper(), wide, around)] == ["own"] * 3


def test_the_language_of_the_message_is_told() -> None:
    assert danger("I want to kill myself", dangers()) == ("own", "en")
    assert danger("我想自杀", dangers()) == ("own", "zh")


def test_the_author_goes_before_a_friend() -> None:
    assert kind_of("My friend wants to kill herself. I want to kill myself too.") == "own"


def test_every_shipped_language_has_its_file() -> None:
    assert {path.stem for path in PACKS_FOLDER.glob("*.yaml")} == set(dangers())


@pytest.mark.parametrize("language", dangers())
def test_a_file_keeps_its_own_examples(language: str) -> None:
    words = dangers()[language]
    assert words.file.examples and all(words.who(text) for text in words.file.examples)
    assert words.file.unlike and not any(map(words.who, words.file.unlike))


@pytest.mark.parametrize("language", dangers())
def test_no_hostile_text_takes_long(language: str) -> None:
    """Each rule is searched in linear time, whatever a text of the longest length repeats."""
    for phrase in ("i really ", "my friend says ", "i want to ", "我真的想", "我朋友说", "a" * 50 + " "):
        kind_of((phrase * 2000)[:200_000])  # the suite's time limit fails the test if a search explodes


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("own: [i want]", "friend"),
        ("own: [<nobody> wants]\nfriend: [he wants]", "a list that this file does not have"),
        ("own: [... want]\nfriend: [he wants]", "begins or ends with `...`"),
        ("own: ['so?']\nfriend: [he wants]", "no part that must be there"),
    ],
)
def test_a_mistake_in_a_file_is_told_by_line(tmp_path: Path, broken: str, said: str) -> None:
    (tmp_path / "xx.yaml").write_text(f"script: latin\n{broken}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=re.escape(said)):
        load_dangers(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="holds no language"):
        load_dangers(tmp_path)


def test_the_shipped_files_are_in_the_package() -> None:
    assert len(list(PHRASES_FOLDER.glob("*.yaml"))) >= 2
