"""What we say that we can and can't do: only what is so with the settings in force, and with the model that writes."""

from dataclasses import replace

import pytest

from bot.config.settings import Settings
from bot.write.abilities import Abilities, abilities_in, told
from bot.write.forbidden import Forbidden
from bot.write.prompt_texts import portrait
from tests.fakes.shipped import personas

PERSONAS = personas()
MOCHI, XIAOMAN = PERSONAS["mochi"], PERSONAS["xiaoman"]
EACH = pytest.mark.parametrize("persona", sorted(PERSONAS))


@pytest.mark.parametrize(
    ("days", "english", "chinese"), [(1, "one day", "一天"), (30, "30 days", "30 天"), (365, "365 days", "365 天")]
)
def test_how_long_messages_are_kept_is_the_managers_setting(days: int, english: str, chinese: str) -> None:
    can = abilities_in(Settings(keep_days=days))
    assert told(MOCHI, can).count(english) == 2  # what is remembered, and what becomes of the rest
    assert told(XIAOMAN, can).count(chinese) == 2
    assert english not in told(MOCHI, abilities_in(Settings(keep_days=7)))


def test_only_a_model_that_gets_pictures_is_told_that_it_sees_them() -> None:
    blind = abilities_in(Settings())
    sighted = replace(blind, sees_pictures=True)
    assert "can't see pictures" in told(MOCHI, blind) and "can't see pictures" not in told(MOCHI, sighted)
    assert "看不见图片" in told(XIAOMAN, blind) and "看不见图片" not in told(XIAOMAN, sighted)
    for can in (blind, sighted):
        assert "make up nothing about what is in them" in told(MOCHI, can)
        assert "一点都不要编" in told(XIAOMAN, can)


@EACH
def test_no_command_is_named_because_there_is_none(persona: str) -> None:
    can = Abilities(30, "ana@example.org", "https://example.org/privacy")
    text = told(PERSONAS[persona], can).replace("https://example.org/privacy", "")
    assert not any(sign in text for sign in ("/", "!", "`"))
    none = "没有给成员用的命令" if PERSONAS[persona].prompt_language == "zh" else "There are no commands"
    assert none in text


@EACH
@pytest.mark.parametrize(
    ("contact", "privacy_url"),
    [("ana@example.org", "https://example.org/privacy"), ("ana@example.org", None), (None, "https://example.org/p")],
)
def test_who_asks_who_runs_it_or_what_it_keeps_is_told(
    persona: str, contact: str | None, privacy_url: str | None
) -> None:
    lines = told(PERSONAS[persona], Abilities(30, contact, privacy_url)).split("\n")
    assert [line.endswith(each) for each, line in zip((contact, privacy_url), lines[-2:], strict=True) if each]
    assert all(any(line.endswith(each) for line in lines) for each in (contact, privacy_url) if each)
    assert "None" not in "\n".join(lines)


@EACH
def test_who_wants_to_be_forgotten_is_sent_to_the_manager_and_promised_nothing(persona: str) -> None:
    chinese = PERSONAS[persona].prompt_language == "zh"
    (known,) = [line for line in told(PERSONAS[persona], Abilities(30, "@ana:example.org")).split("\n") if "@ana" in line][:1]  # fmt: skip  # noqa: E501
    assert ("绝不说已经删了" if chinese else "never say that you have") in known
    somebody = "管理这个社区的人" if chinese else "the people who run this community"
    assert somebody in told(PERSONAS[persona], Abilities(30)) and somebody not in known


@EACH
def test_members_may_be_told_all_of_it(persona: str) -> None:
    """It is no secret, unlike the rest of the system message."""
    character = PERSONAS[persona]
    for can in (Abilities(30), Abilities(1, "ana@example.org", "https://example.org/p", sees_pictures=True)):
        assert Forbidden().rule(told(character, can), character) is None
        assert portrait(character, told(character, can)).endswith(told(character, can))
