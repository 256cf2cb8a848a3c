"""What is left of an answer that was cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.write.endings import up_to_the_cut

WHOLE = {
    "It rises. Slowly.": "It rises. Slowly.",
    "It rises. Slow": "It rises.",
    "It ri": "",
    "": "",
    "它会发起来。慢慢": "它会发起来。",
    "它会发": "",
    "Really? Ye": "Really?",
    'He said "no." And th': 'He said "no."',
    "**It rises.** And th": "**It rises.**",
    "1. Mix.\n2. Fold.\n3. Ba": "1. Mix.\n2. Fold.",
    "1. Mix.\n2. Fold.\n3.": "1. Mix.\n2. Fold.",
    "- mix\n- fold\n- ba": "- mix\n- fold",
    "- mix\n- fold\n-": "- mix\n- fold",
    "Mix.\n\n## Ba": "Mix.",
    "So:\n```\na = 1\nb = ": "So:\n```\na = 1\n```",
    "So:\n```\na = 1\n": "So:\n```\na = 1\n```",
    "So.\n```py\nb = ": "So.",
    "So.\n```": "So.",
    "```\na": "",
    "```\na\n```\nThat is it. And": "```\na\n```\nThat is it.",
    "```\na\n```": "```\na\n```",
    "```\na\n```\n```\nb\nc": "```\na\n```\n```\nb\n```",
}


@pytest.mark.parametrize("text", WHOLE)
def test_only_whole_sentences_and_lines_are_left(text: str) -> None:
    assert up_to_the_cut(text) == WHOLE[text]


PIECES = st.sampled_from(
    ["```", "```py\n", "\n", "a = 1", "It is. ", "Half of", "好。", "- ", "2. ", "\n\n", " ", "…", "?"]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=16).map("".join)))
def test_whatever_is_cut(text: str) -> None:
    left = up_to_the_cut(text)
    assert left.count("```") % 2 == 0
    assert text.startswith(left.removesuffix("\n```").rstrip("\n"))
