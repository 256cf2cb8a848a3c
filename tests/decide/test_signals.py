"""What a message is, as tables."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.decide.signals import asks, calls, for_others, is_post
from tests.fakes.talk import comment, line, post

NAMES = ("cameo", "mochi", "小满")


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@mochi hi", True),
        ("@Mochi, hi", True),
        ("hey @CAMEO!", True),
        ("so @mochi?", True),
        ("@小满你好", True),
        ("＠小满 你好", True),
        ("(@mochi)", True),
        ("mochi is nice", False),
        ("@mochis hi", False),
        ("@mochi_the_cat", False),
        ("mail me: ana@mochi.example", False),
        ("see `@mochi` in the log", False),
        ("```\n@mochi\n```", False),
        ("https://example.org/@mochi", False),
        ("@@mochi", False),
        ("", False),
    ],
)
def test_who_is_called(text, called):
    assert calls(text, NAMES) is called


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("how do I proof dough?", True),
        ("怎么发面？", True),
        ("كيف؟", True),
        ("nice bread", False),
        ("see https://example.org/?page=2", False),
        ("`a ? b : c` is a ternary", False),
    ],
)
def test_what_asks(text, question):
    assert asks(text) is question


def test_posts_and_what_is_meant_for_others():
    assert is_post(post("p", "Ana"))
    assert not is_post(comment("c", "p", "Ben"))
    assert is_post(line("l", "Ana", "does anyone know?"))
    assert not is_post(line("l", "Ana", "thanks", reply_to="x"))
    assert not is_post(line("l", "Ana", "what do you think?", mentions=("id-ben",)))
    assert for_others(line("l", "Ana", "Ben: have you tried it?"))
    assert not for_others(line("l", "Ana", "A question: does it rise?"))


@given(st.text(max_size=2000))
def test_nothing_that_is_said_breaks_the_signals(text):
    calls(text, NAMES), asks(text), is_post(line("l", "Ana", text))
