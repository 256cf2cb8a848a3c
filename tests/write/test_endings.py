"""What is left of an answer that was cut."""

import re

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
    "So:\n~~~\nx = 1\ny": "So:\n~~~\nx = 1\n~~~",
    "````md\n```\na\n```\nb": "````md\n```\na\n```\n````",
    "No. 5 is the be": "",
    "Take both. No. 5 is the be": "Take both.",
    "Use no.": "",
    "No. You should never do th": "No.",
    "No.": "No.",
    "Dr. Smi": "",
    "Ask her. Prof. Smi": "Ask her.",
    "Use v1.2. It has e.g. a fl": "Use v1.2.",
    "Take bread flour. Rye, i.e. the da": "Take bread flour.",
    "Nimm Mehl, z. B. Rog": "",
    "Es ist fertig. Es war am 3. Ma": "Es ist fertig.",
    "1. Mix. 2. Fo": "1. Mix.",
    "Ask Mr. Bro": "",
    "Yes. No. May": "Yes. No.",
    "第一。第二": "第一。",
    "It costs 3.": "",
    "It costs 3. Then": "It costs 3.",
    "it rises. slow": "it rises.",
    "Use `a.b. c` and `d": "",
    "Mix it. Use `git log. Then": "Mix it.",
    "It don`t rise. And": "It don`t rise.",
    "Run `pip list`. And": "Run `pip list`.",
    "**Rye. And sp": "**Rye.**",
    "||He dies. And th": "||He dies.||",
    "~~Old. And th": "~~Old.~~",
    "*Mix it. And **fold. An": "*Mix it. And **fold.***",
    "**Rye.** And 2 * 3 is 6. So": "**Rye.** And 2 * 3 is 6.",
    "Set my_long_name and __init__.py. So": "Set my_long_name and __init__.py.",
    "* mix it.\n* fold it. Th": "* mix it.\n* fold it.",
    "See [this](https://a.b/c. Then": "",
    "Bake. See [this](https://a.b/c. Then": "Bake.",
    "Bake. See [this one. Then": "Bake.",
    "See [a. b](https://a.b/c). Then": "See [a. b](https://a.b/c).",
    "Take x[0]. Then": "Take x[0].",
}


@pytest.mark.parametrize("text", WHOLE)
def test_only_whole_sentences_and_lines_are_left(text: str) -> None:
    assert up_to_the_cut(text) == WHOLE[text]


PIECES = st.sampled_from(
    ["```", "```py\n", "\n", "a = 1", "It is. ", "Half of", "好。", "- ", "~~~\n", "**", "2. ", "\n\n", " ", "…", "?"]
)


@given(st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=16).map("".join)))
def test_whatever_is_cut(text: str) -> None:
    left = up_to_the_cut(text)
    assert left.count("```") % 2 == 0 or "````" in left or "~~~" in left
    assert text.startswith(re.sub(r"[*_~|`\s]+\Z", "", left))
