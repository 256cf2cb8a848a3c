"""Quotations and names are taken out of our own texts, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.remember.redact import OMITTED, quotes, redacted

SAID = "my sourdough smells of paint since tuesday, call me at 555 0192"


@pytest.mark.parametrize(
    ("ours", "left"),
    [
        pytest.param(
            "A sourdough that smells of paint is hungry.", f"A {OMITTED} that {OMITTED} is hungry.", id="words in a row"
        ),
        pytest.param("You said: MY SOURDOUGH, smells of... Paint!", f"You said: {OMITTED}!", id="other case and signs"),
        pytest.param("I'll ring 555-0192.", f"I'll ring {OMITTED}.", id="digits count double"),
        pytest.param("Two of me at the shop.", "Two of me at the shop.", id="short words that everybody uses"),
        pytest.param("Feed it twice a day.", "Feed it twice a day.", id="nothing of it"),
        pytest.param("", "", id="an empty text"),
    ],
)
def test_what_was_quoted_is_taken_out(ours: str, left: str) -> None:
    assert redacted(ours, SAID) == left
    assert quotes(ours, SAID) == (left != ours)


@pytest.mark.parametrize(
    ("ours", "left"),
    [
        ("你的面包闻起来有油漆味吗？", f"你的{OMITTED}有油漆味吗？"),
        ("面包很好", "面包很好"),
    ],
)
def test_languages_without_spaces_count_by_letter(ours: str, left: str) -> None:
    assert redacted(ours, "我家面包闻起来像油漆") == left


@pytest.mark.parametrize(
    ("name", "ours", "left"),
    [
        (
            "Ana",
            "Ana, feed it. Banana bread is fine, and so is ana.",
            f"{OMITTED}, feed it. Banana bread is fine, and so is ana.",
        ),
        ("Ana Belén", "Good question, ana belén! Ana?", f"Good question, {OMITTED}! {OMITTED}?"),
        ("小明", "小明说得对", f"{OMITTED}说得对"),
        ("@ana:example.org", "hi @ana:example.org!", f"hi {OMITTED}!"),
        ("881", "hi <@881>", f"hi <@{OMITTED}>"),
        ("a.b(c", "a.b(c is right", f"{OMITTED} is right"),
        ("x", "x marks the spot", "x marks the spot"),
        ("", "nobody", "nobody"),
        ("Zeb|Quuxcanary", "Zeb Quuxcanary asked. Zeb?", f"{OMITTED} asked. {OMITTED}?"),
        ("Quux:canary", "so Quux canary said", f"so {OMITTED} said"),
        ("Zeb (Fourn)", "Zeb Fourn did", f"{OMITTED} did"),
        ("Lu\u200bcan", "Lucan said", f"{OMITTED} said"),
        ("Lucan", "Lu\u2060can said", f"{OMITTED} said"),
        ("\u3164Lu\u00adcan", "lucan said", f"{OMITTED} said"),
        ("_Bertram_", "Bertram and _Bertram_", f"{OMITTED} and {OMITTED}"),
        ("Ｌｕｃａｎ", "Lucan said", f"{OMITTED} said"),
        ("Lucan", "𝐋𝐮𝐜𝐚𝐧 said", f"{OMITTED} said"),
        ("Ren\u00e9e", "Rene\u0301e said", f"{OMITTED} said"),
        ("Ana Smith", "Ms Smith, the smith of words", f"Ms {OMITTED}, the smith of words"),
        ("ana smith", "Ask Smith.", f"Ask {OMITTED}."),
        ("Tom With", "Rye? With rye.", "Rye? With rye."),
        ("Just Kim", "Just feed it, Kim.", "Just feed it, Kim."),
        ("Longname and some more words here and there", "Longname and some more words h… asked", f"{OMITTED} h… asked"),
        ("Wolfeschlegelsteinhausenbergerdorff", "Wolfeschlegelsteinhausenberger… it is", f"{OMITTED}… it is"),
        ("Thein", "put the in the", "put the in the"),
        ("Ana", "我问Ana了", f"我问{OMITTED}了"),
        ("🦊🦊", "hi 🦊🦊!", f"hi {OMITTED}!"),
        ("}{", "a }{ b", f"a {OMITTED} b"),
        ("สมชัย ใจดี", "สมชาย กับ สมชัย", f"สมชาย กับ {OMITTED}"),
        ("...", "so it goes...", f"so it goes{OMITTED}"),
    ],
)
def test_a_name_is_taken_out_as_a_whole_word(name: str, ours: str, left: str) -> None:
    assert redacted(ours, "", [name]) == left


def test_an_id_is_taken_out_whole_only() -> None:
    assert redacted("a member, member-12ab", "", ids=["member-12ab"]) == f"a member, {OMITTED}"


@pytest.mark.parametrize(
    ("said", "ours", "left"),
    [
        ("ｐｌｕｍｃａｎａｒｙ it was", "They meant plumcanary.", f"They meant {OMITTED}."),
        ("the word is pl\u200bovercanary", "They said plovercanary", f"They said {OMITTED}"),
        ("plovercanary", "They said plover\u2060canary!", f"They said {OMITTED}!"),
        ("my pin: ４８２１", "The pin is 4821, right?", f"The pin is {OMITTED}, right?"),
        ("ﾊﾟｽﾜｰﾄﾞ", "パスワードですか", f"{OMITTED}ですか"),
    ],
)
def test_words_are_compared_as_they_are_read(said: str, ours: str, left: str) -> None:
    assert redacted(ours, said) == left


@given(st.text(), st.text(), st.text())
def test_any_texts_and_names_are_compared(ours: str, said: str, name: str) -> None:
    assert len(redacted(ours, said, [name], ids=[name])) <= len(ours)


def test_an_edit_takes_only_what_it_has_removed() -> None:
    ours = "Sourdough that smells of paint: is your number really 555 0192?"
    still = "my sourdough smells of paint since tuesday"
    assert redacted(ours, SAID, still=still) == f"Sourdough that smells of paint: is your number really {OMITTED}?"


words = st.lists(st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=9), max_size=12)


@given(words, words, words)
def test_a_long_run_of_their_words_never_stays(before: list[str], theirs: list[str], after: list[str]) -> None:
    said = " ".join(theirs)
    left = redacted(" ".join([*before, *theirs, *after]), said)
    assert not quotes(left, said)


@given(words, words)
def test_what_shares_no_word_is_left_alone(ours: list[str], theirs: list[str]) -> None:
    text = " ".join(word for word in ours if word not in theirs)
    assert redacted(text, " ".join(theirs)) == text
