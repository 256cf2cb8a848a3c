"""What Cameo itself says: complete in every language, and filled in with the given values."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits, Settings
from bot.decide.reasons import Reason
from bot.explain.reasons_page import TROUBLES
from bot.explain.words import IN_MORE_LANGUAGES, LANGUAGES, Words, load_words, placeholders
from bot.types import SettingsError

# {most} is a limit of many, and a wait is told in days from two on
NO_NUMBER = "most|file|match|model|kind|name|room|persona|folder|at"
COUNTED = re.compile(rf"\{{(?!(?:{NO_NUMBER})\}})\w+\}} (?!days)(?:broken )?(?:[a-z]+s|people)\b")
CODES = [*(reason.value for reason in Reason), *TROUBLES]


@pytest.fixture(scope="module")
def words() -> Words:
    return load_words()


def test_every_text_is_there_in_every_language_and_asks_for_the_same_values(words: Words) -> None:
    assert len(words.texts) > 40
    for key, texts in words.texts.items():
        assert set(texts) == set(LANGUAGES) or (key in IN_MORE_LANGUAGES and set(texts) > set(LANGUAGES)), key
        assert len({frozenset(placeholders(text)) for text in texts.values()}) == 1, key


@pytest.mark.parametrize("code", CODES)
def test_every_reason_has_a_sentence_for_members_and_one_for_managers(words: Words, code: str) -> None:
    for to in ("member", "manager"):
        english, chinese = words.say(f"reason.{code}.{to}"), words.say(f"reason.{code}.{to}", "zh")
        assert english.endswith(".") and chinese.endswith("。")
        assert not placeholders(english)


def test_no_sentence_is_left_of_a_reason_that_is_gone(words: Words) -> None:
    codes = {key.split(".")[1] for key in words.texts if key.startswith("reason.")}
    assert codes == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_members_are_told_shortly_by_cameo_itself_and_without_the_names_of_settings(words: Words, code: str) -> None:
    english, chinese = words.say(f"reason.{code}.member"), words.say(f"reason.{code}.member", "zh")
    assert len(english) <= 80 and len(chinese) <= 40
    assert "`" not in english + chinese and "Cameo" not in english + chinese, "Cameo says I"


LOGGED = {"turn.failed", "hear.failed"}
SETTINGS = {*RoomRule.model_fields, *Limits.model_fields, *Settings.model_fields}


def test_managers_are_told_of_settings_that_there_are(words: Words) -> None:
    all_named = set()
    for key, texts in words.texts.items():
        if key.startswith("reason.") and key.endswith(".manager"):
            for text in texts.values():
                named = {
                    name.split(".")[-1] for name in re.findall(r"`([\w.]+)(?::[^`]*)?`", text) if name not in LOGGED
                }
                assert named <= SETTINGS, key
                all_named |= named
    assert all_named


def test_an_unknown_language_falls_back_to_its_base_and_then_to_english(words: Words) -> None:
    assert words.say("sign.budget", "zh-Hant-TW") == words.say("sign.budget", "zh")
    assert words.say("sign.budget", "tlh") == words.say("sign.budget", "en")


def test_an_unknown_key_or_a_missing_value_is_an_error(words: Words) -> None:
    with pytest.raises(KeyError):
        words.say("sign.nothing")
    with pytest.raises(KeyError):
        words.say("sign.budget_in")


@pytest.mark.parametrize(("count", "told"), [(0, "rows"), (1, "row"), ("1", "row"), (2, "rows"), ("1,234", "rows")])
def test_a_word_that_goes_by_a_number_has_the_form_for_it(count: object, told: str) -> None:
    text = "{count} {count|row|rows}"
    assert Words({"k": {"en": text}}).say("k", count=count) == f"{count} {told}"


def test_a_noun_after_a_number_has_both_of_its_forms_in_reports_and_on_their_page(words: Words) -> None:
    plain = [f"{key}: {found[0]}" for key, texts in words.texts.items() for found in COUNTED.finditer(texts["en"])]
    assert [one for one in plain if one.startswith(("history.", "trial.", "report."))] == []


def test_values_are_never_read_as_placeholders(words: Words) -> None:
    assert "{count} {0.__class__}" in words.say("sign.budget_in", wait="{count} {0.__class__}")


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "about a minute", "大约一分钟"),
        (61, "about 2 minutes", "大约 2 分钟"),
        (3540, "about 59 minutes", "大约 59 分钟"),
        (3541, "about an hour", "大约一小时"),
        (3631, "about an hour", "大约一小时"),
        (89 * 60, "about an hour", "大约一小时"),
        (90 * 60, "about 2 hours", "大约 2 小时"),
        (149 * 60, "about 2 hours", "大约 2 小时"),
    ],
)
def test_a_wait_is_rounded_as_people_do(words: Words, seconds: int, english: str, chinese: str) -> None:
    assert words.wait(timedelta(seconds=seconds)) == english
    assert words.wait(timedelta(seconds=seconds), "zh") == chinese


def test_a_sign_says_when_to_come_back_if_that_is_known(words: Words) -> None:
    assert "about 12 minutes" in words.sign("member_limit", wait=timedelta(minutes=12))
    assert "again later" in words.sign("member_limit")
    assert words.sign("models_failed", wait=timedelta(minutes=12)) == words.say("sign.models_failed")


def test_an_uneven_catalogue_is_told_by_line(tmp_path: Path) -> None:
    broken = tmp_path / "words.yaml"
    broken.write_text("a:\n  b: {en: one}\n  c: {en: '{x}', zh: '{y}'}\n  d: text\n")
    with pytest.raises(SettingsError) as error:
        load_words(broken)
    assert [problem.split(": ")[1:3] for problem in error.value.problems] == [
        ["line 2", "a.b"],
        ["line 3", "a.c"],
        ["line 4", "a.d"],
    ]
