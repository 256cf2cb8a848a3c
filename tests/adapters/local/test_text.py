"""Typed text is cleaned or rejected."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.entries import entry_of, from_json, to_json
from adapters.local.members import Roll, is_bare, member
from adapters.local.settings import community_room
from adapters.local.text import MAX_NAME, MAX_TEXT, Unacceptable, clean_emoji, clean_name, clean_text
from bot.types import Message, Thread
from tests.fakes.clock import VirtualClock

WILD = st.text(st.characters(codec=None))  # including surrogates


@given(WILD)
def test_clean_text_can_be_stored_or_is_refused(raw: str) -> None:
    try:
        text = clean_text(raw)
    except Unacceptable:
        return
    text.encode()
    assert text == text.strip() != "" and "\0" not in text and "\r" not in text
    assert clean_text(text) == text


@given(WILD)
def test_clean_names_are_one_line_of_at_most_eighty(raw: str) -> None:
    try:
        name = clean_name(raw)
    except Unacceptable:
        return
    name.encode()
    assert 1 <= len(name) <= MAX_NAME
    assert len(name.splitlines()) == 1


@pytest.mark.parametrize("raw", ["", "   ", "\n\t", "\u200b\u200b", "\u2066 \u2069"])
def test_nothing_visible_is_nothing(raw: str) -> None:
    for clean in (clean_text, clean_name, clean_emoji):
        with pytest.raises(Unacceptable):
            clean(raw)


def test_the_longest_text_fits_and_one_more_does_not() -> None:
    assert len(clean_text("x" * MAX_TEXT)) == MAX_TEXT
    with pytest.raises(Unacceptable, match="100,001 characters"):
        clean_text("x" * (MAX_TEXT + 1))


def test_line_ends_stay_and_control_characters_do_not() -> None:
    assert clean_text("a\r\nb\rc\td\x00\x07e\ud83d") == "a\nb\nc\td\ufffd\ufffde\ufffd"


def test_the_same_name_is_the_same_member() -> None:
    assert member("Ana").id == member("aNA").id != member("Anna").id


def test_the_longest_name_that_stands_there_is_called() -> None:
    roll = Roll()
    for name in ("Ana", "Ana Maria", "O'Neil", "小林"):
        roll.add(member(name))
    called = roll.called("@ana maria! and @Anabel, (@Ana) @o'neil 你好@小林。")
    assert called == tuple(member(name).id for name in ("Ana Maria", "Ana", "O'Neil", "小林"))
    assert roll.called("你好 @小林。") == (member("小林").id,)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("mochi are you there?", True),
        ("are you there, Mochi?", True),
        ("@mochi are you there?", False),
        ("mochis are sweet", False),
        ("a mochi, @Mochi!", False),
        ("what is for lunch?", False),
        ("你好Mochi在吗", True),
    ],
)
def test_a_name_without_its_at_is_told_from_a_call(text: str, bare: bool) -> None:
    assert is_bare("Mochi", text) is bare


def test_a_chinese_name_stands_anywhere() -> None:
    assert is_bare("小满", "你好小满在吗") and not is_bare("小满", "@小满在吗")


@given(text=st.text(min_size=1), name=st.text(min_size=1), reply_to=st.none() | st.text(), edited=st.booleans())
def test_an_entry_is_read_back_as_it_was_written(text: str, name: str, reply_to: str | None, edited: bool) -> None:
    room, now = community_room("kitchen"), VirtualClock().now()
    place = Thread(room, "m1")
    message = Message(
        "m2", place, member(name), text, now, now, reply_to=reply_to, mentions=("a", "b"), addressed=edited
    )
    entry = entry_of(message, 7)
    assert from_json("message/m2", to_json(entry), {"kitchen": room}) == entry
    assert from_json("message/m2", to_json(entry), {}) is None
