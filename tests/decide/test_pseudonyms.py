"""What is left of a turn once its message is gone: neither its member nor its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.pseudonyms import is_mark, loosened, mark_of, without_person
from bot.types import Decision, Room, State, Thread, Turn, Verdict
from tests.fakes.talk import at

ROOM = Room("discord", "1", "2")
names = st.text(min_size=1)


def turn(member: str, trigger: str, text: str) -> Turn:
    decision = Decision(Verdict.SPEAK, "addressed", at(1), {"ended_by": trigger, "words": text})
    return Turn("t1", Thread(ROOM), trigger, member, "mochi", decision, State.SENT, at(0), text=text)


@given(names, names)
def test_a_mark_tells_members_apart_and_is_its_own_mark(one: str, other: str) -> None:
    mark = mark_of("discord", one)
    assert is_mark(mark) and mark_of("discord", mark) == mark != mark_of("matrix", one)
    assert (mark == mark_of("discord", other)) == (one == other or other == mark)


def test_nobody_has_no_mark() -> None:
    assert mark_of("discord", "") == "" and not is_mark("")


@pytest.mark.parametrize("name", ["~ana", "~" + "a" * 15, "~" + "A" * 16, "a~" + "a" * 16, "~" + "a" * 16 + "\n"])
def test_a_name_that_only_looks_like_a_mark_is_none(name: str) -> None:
    assert not is_mark(name)


@given(st.from_regex(r"[G-Z]{6,20}", fullmatch=True), st.from_regex(r"[g-z]{6,20}", fullmatch=True))
def test_nothing_that_its_member_is_called_or_said_is_left(member: str, words: str) -> None:
    left = repr(without_person(turn(member, f"id-{words}", words)))
    assert member not in left and words not in left


def test_what_is_being_sent_keeps_what_sending_needs() -> None:
    left = loosened(turn("Ana", "m1", "words"))
    assert (left.trigger, left.text, left.key, left.decision.facts) == ("m1", "words", "t1", {})
    assert is_mark(left.member)
