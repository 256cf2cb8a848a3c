"""Indexed text and search queries, without a database."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.remember import fulltext
from bot.types import Room
from tests.fakes.present import present


@pytest.mark.parametrize(
    ("text", "indexed"),
    [
        ("我喜欢面包", "我喜 喜欢 欢面 面包 包"),
        ("包", "包"),
        ("I ate 面包!", "i ate 面包 包 !"),
        ("東京タワー", "東京 京タ タワ ワー ー"),
        ("빵을 먹다", "빵을 을 먹다 다"),
        ("ﾀﾜｰ ＡＢＣ", "タワ ワー ー abc"),
        ("Crème Brûlée", "creme brulee"),
        ("Straße", "strasse"),
        ("bread🥖and 5₹!", "bread and 5 !"),
        ("z̷̨̛a̴͗͊l̸͝g̶̏o̴̐", "zalgo"),
    ],
)
def test_indexed(text: str, indexed: str) -> None:
    assert fulltext.indexed(text).split() == indexed.split()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("bread", '"bread"'),
        ("面包", '"面包"'),
        ("包", '"包"*'),
        ("which bread do you like, Ann?", '"bread" OR "ann"'),
        ("what is it", '"what" OR "is" OR "it"'),  # no distinctive word: use all of them
        ('bread" OR room : "r1', '"bread" OR "room" OR "r1"'),
        ("NEAR(a c) AND NOT *", '"near" OR "c"'),
        ("\0 ???", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_asked(text: str, asked: str | None) -> None:
    assert fulltext.asked(text) == asked


def test_a_long_question_is_cut_to_its_most_telling_terms() -> None:
    asked = present(fulltext.asked(" ".join(f"w{n}" for n in range(500)) + " hippopotamus " + "x" * 100_000))
    assert asked.count(" OR ") == fulltext.ASKED_TERMS - 1
    assert '"hippopotamus"' in asked


def test_the_longest_words_come_first() -> None:
    assert present(fulltext.asked("sun hippopotamus bread")).startswith('"hippopotamus" OR "bread"')


@settings(derandomize=True)
@given(st.text(max_size=200), st.sampled_from(['"', " OR ", "*", ":", "^", ")", "bread", "面包"]))
def test_every_term_is_quoted(text: str, operator: str) -> None:
    asked = present(fulltext.asked(f"{text} {operator} bread"))
    assert all(re.fullmatch(r'"[^"\s]+"\*?', term) for term in asked.split(" OR ")), asked


def test_every_room_has_its_own_token() -> None:
    rooms = [Room("a", "b", "c"), Room("a", "c", "b"), Room("ab", "", "c"), Room("a", "b", "\ud800")]
    assert len({fulltext.room_token(room) for room in rooms}) == len(rooms)
    assert fulltext.room_token(rooms[0]) == fulltext.room_token(Room("a", "b", "c", "another", "name"))
