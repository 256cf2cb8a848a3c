"""Language packs: the shipped ones keep what they promise, and a broken one is reported by line."""

import re
from pathlib import Path

import pytest
import yaml

from bot.decide.signals import kinds
from bot.language.packs import LONGEST_REPEAT, PACKS_FOLDER, MessageKind, Pack, Packs, line_of, load_packs, words_of
from bot.types import SettingsError
from tests.fakes.shipped import shipped_packs
from tests.fakes.talk import line

PACKS = shipped_packs()
EACH = [(pack, kind) for packs in PACKS.values() for pack in packs for kind in MessageKind]
EMPTY = "".join(f"{kind}: {{examples: [none]}}\n" for kind in MessageKind) + "words: none\n"


@pytest.mark.parametrize(("pack", "kind"), EACH, ids=lambda one: getattr(one, "language", one))
def test_every_kind_has_examples_in_every_pack_and_they_hold(pack: Pack, kind: MessageKind) -> None:
    assert pack.examples[kind]
    assert [text for text in pack.examples[kind] if kind not in kinds(line("l", "Ana", text), PACKS)] == []
    assert [text for text in pack.unlike[kind] if kind in kinds(line("l", "Ana", text), PACKS)] == []


def test_english_and_chinese_come_with_cameo() -> None:
    assert [pack.language for pack in PACKS["latin"]] == ["en"]
    assert [pack.language for pack in PACKS["han"]] == ["zh"]


def test_no_phrase_stands_twice_in_a_kind() -> None:
    files = list(PACKS_FOLDER.glob("*.yaml"))
    assert files
    for path in files:
        for kind, words in yaml.safe_load(path.read_text("utf-8")).items():
            if kind in list(MessageKind):
                phrases = [str(phrase) for phrase in words.get("phrases", ())]
                assert {one for one in phrases if phrases.count(one) > 1} == set(), (path.name, kind)


def packs_of(tmp_path: Path, kind: MessageKind, body: str, head: str = "script: latin\n") -> Packs:
    """A pack in which only `kind` has words."""
    rest = "".join(f"{one}: {{examples: [none]}}\n" for one in MessageKind if one is not kind)
    (tmp_path / "xx.yaml").write_text(f"{head}{kind}:\n  examples: [some]\n{body}\n{rest}words: none\n", "utf-8")
    return load_packs(tmp_path)


@pytest.mark.parametrize(
    ("phrase", "text", "told"),
    [
        ("sour dough", "My SOUR dough!", True),
        ("sour dough", "my sour, dough", True),
        ("sour dough", "sour. dough", False),
        ("dough", "doughnuts", False),
        ("can't rise", "it can’t rise", True),
        ("my <pet> purrs", "my guinea pig purrs", True),
        ("my <pet> purrs", "my oven purrs", False),
        ("bread/cake burns", "the cake burns", True),
        ("bread ... burns", "the bread in there burns", True),
        ("bread ... burns", "bread, it burns", True),
        ("bread ... burns", "bread is good. it burns", False),
        ("bread ... burns", "the bread that we made in there burns", False),
        ("^bake", "well, bake it", True),
        ("^bake", "so bake it", True),
        ("^bake", "I bake it", False),
        ("burns$", "it burns!", True),
        ("burns$", "it burns well", False),
    ],
)
def test_how_phrases_are_read(tmp_path: Path, phrase: str, text: str, told: bool) -> None:
    head = "script: latin\nopeners: [so]\nlists: {pet: [cat, guinea pig]}\n"
    packs = packs_of(tmp_path, MessageKind.SHOWING, f"  phrases: ['{phrase.replace(chr(39), chr(39) * 2)}']", head)
    assert (MessageKind.SHOWING in kinds(line("l", "Ana", text), packs)) is told


def test_unless_takes_away_only_what_sounds_like_it(tmp_path: Path) -> None:
    packs = packs_of(tmp_path, MessageKind.DISTRESS, "  phrases: [died]\n  unless: [died laughing]")
    assert kinds(line("l", "Ana", "I died laughing"), packs) == set()
    assert kinds(line("l", "Ana", "I died laughing, then he died"), packs) == {MessageKind.DISTRESS}


def test_patterns_match_whole_words(tmp_path: Path) -> None:
    packs = packs_of(tmp_path, MessageKind.SHOWING, "  patterns: ['ta{1,20}da']")
    assert kinds(line("l", "Ana", "taaaada, bread"), packs) == {MessageKind.SHOWING}
    assert kinds(line("l", "Ana", "metadata"), packs) == set()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("  phrases: [a <pett> b]", "names a list that this pack does not have; write pet instead"),
        ("  phrases: ['... b']", "has `...` at an end"),
        ("  phrases: ['!!']", "has no word in `!!`"),
        ("  phrases: [_]", "has no word of its own"),
        ("  phrases: ['']", "is empty"),
        ("  phrases: [1]", "is not a text"),
        ("  patterns: ['(a']", "is not a regular expression"),
        ("  patterns: ['a?']", "matches a message without any word"),
        ("  patterns: ['(a{1,9}b){2,9}']", "has a repeat inside a repeat"),
        ("  patterns: ['(?:a?b){2,9}']", "has a repeat inside a repeat"),
        ("  patterns: ['((a|b{2}))+']", "has a repeat inside a repeat"),
        ("  patterns: ['ba+']", "has a repeat that is too long or unbounded"),
        ("  patterns: ['ba{2,}']", "has a repeat that is too long or unbounded"),
        (f"  patterns: ['ba{{1,{LONGEST_REPEAT + 1}}}']", "has a repeat that is too long or unbounded"),
        ("  patterns: ['ba{1,9}b{1,9}c{1,9}']", "has too many repeats"),
        ("  phrasess: [a]", "is not a key that is known here; write phrases instead"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, body: str, what: str) -> None:
    with pytest.raises(SettingsError) as error:
        packs_of(tmp_path, MessageKind.SHOWING, body, "script: latin\nlists: {pet: [cat]}\n")
    assert len(error.value.problems) == 1
    assert re.match(rf"{re.escape(str(tmp_path))}/xx.yaml: line 5: showing\.\w+", error.value.problems[0])
    assert what in error.value.problems[0]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"script: latin\nquestions: {{examples: [a]}}\n{EMPTY}", "line 2: questions: is not a key that is known here"),
        (f"script: runes\n{EMPTY}", "line 1: script: is none of the words that are known here"),
        (f"script: han\nsame: 吗\n{EMPTY}", "line 2: same: "),
        (f"script: han\nlists: {{a: []}}\n{EMPTY}", "line 2: lists.a: is empty"),
        (EMPTY, "script: is missing"),
        ("script: latin\n" + EMPTY.replace("thanks: {examples: [none]}\n", ""), "thanks: is missing"),
        ("script: latin\n" + EMPTY.replace("thanks: {examples: [none]}", "thanks: {}"), "thanks.examples: is missing"),
        ("script: latin\n" + EMPTY.replace("words: none", ""), "words: is missing, so no message would be read"),
        ("[", "is not YAML"),
    ],
)
def test_a_file_that_is_no_pack_is_told(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "xx.yaml").write_text(text, "utf-8")
    with pytest.raises(SettingsError) as error:
        load_packs(tmp_path)
    assert what in error.value.problems[0]


def test_a_folder_without_packs_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has no language pack"):
        load_packs(tmp_path)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Don't PANIC, it's fine!", " . dont panic , its fine . . "),
        ("ＨＥＬＰ，ｐｌｅａｓｅ？", " . help , please . . "),
        ("h̷é̸l̵p̶", " . help . "),
        ("he\u200blp\u202e me", " . help me . "),
        ("self-harm_x", " . self harm x . "),
        ("怎么办？！", " . 怎么办 . . . "),
        ("", " .  . "),
    ],
)
def test_how_text_is_made_plain(text: str, read: str) -> None:
    assert line_of(words_of(text, 2000)) == read


def test_no_more_is_read_than_asked_for() -> None:
    assert len("".join(words_of("a" * 9000, 2000))) == 2000
    assert len("".join(words_of("\ufdfa" * 9000, 2000))) <= 2000  # one character that expands to eighteen letters
