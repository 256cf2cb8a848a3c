"""Calls by name without an @: lists of what calls and what only talks about us, in both languages."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.signals import prose
from bot.language.called import OUR_CALL, calls_by_name, load_calls
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import line, post

LISTS = yaml.safe_load((Path(__file__).parents[1] / "language" / "calls.yaml").read_text(encoding="utf-8"))
OURS = ("Mochi", "Pip", "小满", "Cameo")
CALLED = [*LISTS["called"], *LISTS["held_out"]["called"]]
NOT_CALLED = [*LISTS["not_called"], *LISTS["held_out"]["not_called"]]


@pytest.mark.parametrize("text", CALLED)
def test_a_name_calls_where_it_stands_as_a_call(text: str) -> None:
    assert calls_by_name(prose(text), OURS, load_calls())


@pytest.mark.parametrize("text", NOT_CALLED)
def test_who_is_talked_about_is_not_called(text: str) -> None:
    assert not calls_by_name(prose(text), OURS, load_calls())


@given(st.text("pimoch ,.!?:@'-\n小满你在吗，。、", max_size=40))
def test_any_text_is_read_and_none_without_the_name_calls(text: str) -> None:
    assert isinstance(calls_by_name(text, OURS, load_calls()), bool)
    assert not calls_by_name(text.replace("p", "").replace("m", "").replace("满", ""), OURS, load_calls())


def test_no_word_of_the_lists_is_the_sign_for_the_name() -> None:
    for words in load_calls().values():
        assert OUR_CALL not in (*words.file.address, *words.file.goes_on, *words.file.things)


def test_a_call_by_name_is_answered_unless_the_room_says_no() -> None:
    room, other = Evening(rule_of("mentions")), Evening(rule_of("mentions", answers_to_name=False))
    for each in (room, other):
        each.hear(post("p", "Ana", "mochi, are you there?"))
    assert room.story() == {"p": ("due", "addressed")}
    assert other.story() == {"p": ("silent", "join_mentions")}


def test_a_member_of_the_same_name_is_who_is_called() -> None:
    room = Evening(rule_of("mentions"))
    room.hear(
        line("a", "Mochi", "I am a cat"), line("b", "Ana", "mochi, are you there?", 5), line("c", "Ben", "@mochi?", 9)
    )
    assert [room.story()[one][1] for one in "bc"] == ["join_mentions", "addressed"]


@pytest.mark.parametrize("text", ["Ana: mochi, is it?", "Ana: thanks, mochi"])
def test_what_is_said_to_somebody_else_calls_them(text: str) -> None:
    room = Evening(rule_of("mentions"))
    room.hear(line("a", "Ana", "hello there"), line("b", "Ben", text, 5))
    assert room.story()["b"][1] == "join_mentions"
