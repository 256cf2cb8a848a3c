"""What may stand between quotation marks: somebody's words exactly, whole sentences, harmless."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.write.links import unmasked
from bot.write.pointing.quote import QUOTATION_MARKS, QUOTED_MOST, QUOTED_SENTENCE, Quotation, quotation, width
from bot.write.sanitize import tidy


def tells(sentence: str) -> float:
    return float(any(sign.isalnum() for sign in sentence))


def quoted(text: str, **more: bool) -> str | None:
    found = quotation(text, tells, **more)
    return found.marked("en") if found else None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Citric acid, 20 g per litre.", "“Citric acid, 20 g per litre.”"),
        ("No. 4 is fine, e.g. the short one. Try it!", "“No. 4 is fine, e.g. the short one. Try it!”"),
        ("Use `sudo apt-get -f install`. Then reboot.", "“Use `sudo apt-get -f install`. Then reboot.”"),
        ("Set `a.b = 1. ` there. Done.", "“Set `a.b = 1. ` there. Done.”"),
        ("@ana use the red one", "“use the red one”"),
        ("<@123> <@!456>, use the red one", "“use the red one”"),
        ("- first the lid\n- then the pot", "“first the lid”…"),
        ("## Answer\nIt is 42.", "“Answer”…"),
        ("> is it 7?\nNo, eight.", "“No, eight.”"),
        ("Is it on? Press the button.", "…“Press the button.”"),
        ("Press the button. Is it on?", "“Press the button.”…"),
        ("Ask @everyone first. Then press the button.", "…“Then press the button.”"),
        ("Ask <@77> first. Then press the button.", "…“Then press the button.”"),
        ("run this:\n```\nrm x\n```", "“run this:”…"),
        ('he said "no" to me', '“he said "no" to me”'),
        ("he said “no” to me", "«he said “no” to me»"),
        ("**Never. Ever.** Do that.", "…“Do that.”"),
        ("**Never.** Do that.", "“**Never.** Do that.”"),
        ("see https://example.org/manual. It helps.", "…“It helps.”"),
        ("mail me at ana@example.org. It helps.", "“mail me at ana@example.org. It helps.”"),
        ("七点开门。周日八点。", "“七点开门。周日八点。”"),
        ("在吗？七点开门。", "…“七点开门。”"),
        # nothing that may be quoted
        ("the killer is ||the gardener||, sorry", None),
        ("||a. b|| c.", None),
        ("[google.com](https://evil.example) has it", None),
        ("ask @here", None),
        ("问 @所有人 吧", None),
        ("is it on?", None),
        ("hidden \u202e word", None),
        ("```\nrm x\n```", None),
        ("> somebody else's words", None),
        ("", None),
        ("...", None),
        ("a “b” «c» „d“ e", None),
    ],
)
def test_quotations(text: str, words: str | None) -> None:
    assert quoted(text) == words


def test_a_call_by_name_is_left_out_only_where_somebody_is_called() -> None:
    assert quoted("femi: use the red one", called=True) == "“use the red one”"
    assert quoted("Answer: use the red one") == "“Answer: use the red one”"


def test_long_sentences_are_cut_where_they_pause_and_long_messages_after_a_sentence() -> None:
    clause = "and then you turn it a little further to the left"
    found = quotation(", ".join([clause] * 20), tells)
    assert found is not None and found.cut_after and found.words.endswith(clause) and width(found.words) <= QUOTED_MOST
    found = quotation("Turn it a little further to the left. " * 20, tells)
    assert found is not None and found.cut_after and found.words.endswith("left.")
    assert quotation("turn it " * 200, tells) is None


PIECES = st.sampled_from([
    "Use the red one", "Is it on", "七点开门", "`a. b`", "```\nx. y\n```", "@everyone", "@here", "<@12>", "@ana",
    "**bold", "**", "~~", "||", "“", "”", "«", "»", '"', ".", "?", "!", "。", "？", "\n", " ", ", ", "> ", "- ",
    "1. ", "\u200b", "\u202e", "[a.com](https://b.com)", "https://x.org/?q=1", "e.g. ", "lol", "…", "\t", "\r\n",
])  # fmt: skip


@given(st.lists(PIECES, max_size=25).map("".join), st.booleans(), st.sampled_from(["en", "zh", "de"]))
@example("a. ||b|| c", False, "en")
@example("red one@everyoneUse the red one", False, "en")
@example("“a» b. «c” d.", False, "en")
def test_whatever_is_quoted_is_exact_and_harmless(text: str, called: bool, language: str) -> None:
    found = quotation(text, tells, called=called)
    if found is None:
        return
    words = found.words
    assert words and words in text and words == words.strip()
    assert tidy(words) == words == unmasked(words)
    assert not any(bad in words for bad in ("@everyone", "@here", "<@", "||", "```", "\n"))
    assert all(words.count(mark) % 2 == 0 for mark in ("**", "~~", "`"))
    assert width(words) <= QUOTED_SENTENCE
    marked = found.marked(language)
    pairs = QUOTATION_MARKS.get(language, QUOTATION_MARKS["en"])
    used = [pair for pair in pairs if marked and marked.strip("…")[0] == pair[0]]
    assert marked is None or [marked.strip("…")[1:-1] for _ in used] == [words]
    assert marked is None or not set(used[0]) & set(words)


@given(st.lists(st.sampled_from(["One thing.", "Another thing!", "第三。", "Is it so?"]), min_size=1, max_size=9))
def test_it_begins_and_ends_with_sentences(sentences: list[str]) -> None:
    text = " ".join(sentences)
    found = quotation(text, tells)
    if found is None:
        assert all(one.endswith("?") for one in sentences)
        return
    starts = [0, *(before + 1 for before in _lengths(sentences))]
    begin = text.index(found.words)
    assert begin in starts and begin + len(found.words) in _lengths(sentences)
    assert found.cut_before == (not text.startswith(found.words))
    assert found.cut_after == (begin + len(found.words) < len(text))


def _lengths(sentences: list[str]) -> list[int]:
    """Where each sentence ends."""
    ends = [-1]
    for one in sentences:
        ends.append(ends[-1] + 1 + len(one))
    assert all(first < last for first, last in pairwise(ends))
    return ends[1:]


def test_a_quotation_shows_what_is_left_out() -> None:
    assert Quotation("b", cut_before=True, cut_after=True).marked("zh") == "…“b”…"
