"""The guard: no model artefacts, no pings, nothing dishonest, nothing endless."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.asked_for import Wish
from bot.write.guard import look, sentences
from bot.write.lengths import MAX_CHARACTERS, MAX_LONG, MAX_UNASKED
from bot.write.persona import Persona
from tests.fakes.present import present

MOCHI = Persona(name="Mochi", also_called=("小麻薯",), tagline="an AI", voice="soft")
CALLS = re.compile(r"(?<!/)@(?:everyone|here|room)(?!\w|/\w)|<@[!&]?\d+>", re.IGNORECASE)


def said(text: str, *, addressed: bool = True) -> str | None:
    return look(text, MOCHI, addressed=addressed).text


def kept(text: str, *, addressed: bool = True) -> str:
    """What is said of a text of which something is."""
    return present(said(text, addressed=addressed))


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("Rye, then.", "Rye, then."),
        ("  Rye, then.\n", "Rye, then."),
        ("<think>They want rye.</think>Rye, then.", "Rye, then."),
        ("They want rye.</think>\n\nRye, then.", "Rye, then."),
        ("Rye, then.<think>or oats", "Rye, then."),
        ("Mochi: Rye, then.", "Rye, then."),
        ("**Mochi:** Rye, then.", "Rye, then."),
        ("小麻薯：Rye, then.", "Rye, then."),
        ("| Mochi: Rye, then.", "Rye, then."),
        ("assistant: Rye, then.", "Rye, then."),
        ('"Rye, then."', "Rye, then."),
        ("Rye, then.<|im_end|>\n<|im_start|>user\nAnd oats?", "Rye, then."),
        ("<|im_start|>Rye, then.</s>", "Rye, then."),
        ("Rye, then.\n| Ana: And oats?\n| Mochi: Oats too.", "Rye, then."),
        ("Rye\u202e, \x07then\u200b.", "Rye, then."),
        ("| a | b |\n| - | - |\n| 1 | 2 |", "| a | b |\n| - | - |\n| 1 | 2 |"),
        ("Is that\nthe starter?", "Is that\nthe starter?"),
        ("Mochi is a good name: short.", "Mochi is a good name: short."),
        ("It costs 1000000000.", "It costs 1000000000."),
        ("👨‍👩‍👧 ❤️", "👨‍👩‍👧 ❤️"),
    ],
)
def test_what_models_leave_behind_is_taken_off(draft: str, expected: str) -> None:
    assert said(draft) == expected


def test_zalgo_is_cut_to_what_can_be_read() -> None:
    assert len(kept("h" + "\u0336" * 300 + "i")) < 10
    assert [len(kept(begin + "\u0336" * 300 + "i")) for begin in ("", "h", "hh")] == [5, 6, 7]
    assert said("Tiếng Việt, ภาษาไทย, שָׁלוֹם") == "Tiếng Việt, ภาษาไทย, שָׁלוֹם"


@pytest.mark.parametrize(
    "call",
    ["@everyone", "@here", "@room", "@Everyone", "<@1>", "<@!123>", "<@&99>", "@\u200beveryone", "(@here)", "x@room"],
)
def test_nobody_is_called_and_it_can_still_be_read(call: str) -> None:
    text = kept(f"Hello {call}, all of you")
    assert not CALLS.search(text)
    assert text.replace("\u2060", "") == f"Hello {call}, all of you".replace("\u200b", "")


@pytest.mark.parametrize(
    "text",
    [
        "Run npm i @here/maps-api-for-javascript first.",
        "See https://x.example/@everyone/1 for it.",
        "Run:\n```sh\nnpm i @room/ui\n```",
        "It is on https://x.example/@here today.",
    ],
)
def test_a_path_is_no_ping(text: str) -> None:
    assert said(text) == text


@pytest.mark.parametrize(
    "draft", ["PASS", "PASS.", "**PASS**", "pass", '"PASS"', "PASS - nothing to add.", "PASS\nNot mine."]
)
def test_a_pass_is_a_pass_when_nobody_asked(draft: str) -> None:
    found = look(draft, MOCHI, addressed=False)
    assert (found.text, found.reason) == (None, "passed")


def test_who_asked_gets_no_pass() -> None:
    assert look("PASS", MOCHI, addressed=True).reason == "empty"
    assert said("Pass! You were offside anyway.") == "Pass! You were offside anyway."
    assert said("Passports, mostly.", addressed=False) == "Passports, mostly."


@pytest.mark.parametrize("draft", ["", "  \n", "Mochi:", "<think>hm</think>", "<|im_end|>", "...", "\u200b\u202e"])
def test_nothing_left_is_empty(draft: str) -> None:
    assert look(draft, MOCHI, addressed=True) == look(draft, MOCHI, addressed=False)
    assert look(draft, MOCHI, addressed=True).reason == "empty"


@pytest.mark.parametrize(
    "draft",
    [
        "I'm not a bot, promise.",
        "No, I am actually not an AI.",
        "As a human, I love bread.",
        "I’m just a person like you.",
        "We humans do err.",
        "When I was a kid, we baked on Sundays.",
        "My kids love it!",
        "I grew up near the sea.",
        "我不是机器人。",
        "我是真人啦",
        "作为人类，我也爱吃",
        "我小时候也这样",
    ],
)
def test_a_draft_that_denies_being_an_ai_or_claims_a_life_is_held_back(draft: str) -> None:
    found = look(f"Hello. {draft}", MOCHI, addressed=True)
    assert (found.text, found.reason) == (None, "dishonest")


@pytest.mark.parametrize(
    "draft",
    [
        "No, I'm an AI, not a human.",
        "I'm not a bot expert, but yes.",
        "I never pretend I'm a person.",
        "Tell your kids to wait.",
        'People write "I\'m a human" on those forms.',
        "我不是真人，我是 AI。",
        "我是人类的朋友。",
        "Is a human-readable format fine?",
    ],
)
def test_honest_drafts_pass(draft: str) -> None:
    assert said(draft) == draft


@pytest.mark.parametrize(
    ("loop", "left"),
    [
        ("Use rye" + " because it is good and" * 20, "Use rye because it is good and…"),
        ("Use rye" + " because it is good and" * 20 + " because ...", "Use rye because it is good and…"),
        ("Use rye. " + "It is good and dark. " * 20 + "It is go", "Use rye. It is good and dark."),
        ("用黑麦，" + "因为它很好而且健康又" * 20, "用黑麦，因为它很好而且健康又…"),
    ],
)
def test_a_loop_ends_in_a_sentence_or_the_sign_of_a_cut(loop: str, left: str) -> None:
    assert said(loop) == left


def test_a_loop_is_said_once() -> None:
    assert said("I love rye bread a lot. " * 30) == "I love rye bread a lot."
    assert said("ha" * 200) == "hahaha"
    assert said("No. No. Really no.") == "No. No. Really no."


def test_code_is_left_as_it_is() -> None:
    code = "Try this:\n```\nfor x in y:\n    go(x)\n    go(x)\n```"
    assert said(code) == code


def test_a_long_answer_ends_with_a_sentence() -> None:
    text = " ".join(f"Sentence number {number} is here." for number in range(300))
    asked, unasked = kept(text), kept(text, addressed=False)
    assert len(asked) <= MAX_CHARACTERS
    assert len(unasked) <= MAX_UNASKED
    assert asked.endswith("is here.")
    assert unasked.endswith("is here.")
    assert text.startswith(asked)


SENTENCES = {
    "en": "Rye takes its time to rise. ",
    "zh": "黑麦面包要发很久。",
    "ja": "ライ麦パンは時間がかかる。",
    "ko": "호밀빵은 시간이 걸린다. ",
}
WIDE = re.compile("[\u2e80-\ud7ff]")


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize(("addressed", "measures"), [(True, 1.5), (False, 1)])
@pytest.mark.parametrize("max_words", [10, 25, 60])
def test_a_long_text_is_cut_to_the_personas_measure_in_every_language(
    language: str, addressed: bool, measures: float, max_words: int
) -> None:
    """Two Chinese characters count as a word, since a script without spaces would count a speech as one word."""
    terse = MOCHI.model_copy(update={"max_words": max_words})
    endless = "".join(f"{number} {SENTENCES[language]}" for number in range(1000))
    text = present(look(endless, terse, addressed=addressed).text)
    words = len(text.split()) + len(WIDE.findall(text)) // 2
    assert words <= measures * max_words
    longest = (MAX_CHARACTERS if addressed else MAX_UNASKED) - 40
    assert words > measures * max_words - 20 or len(text) > longest, "and to no less"
    assert endless.startswith(text) and text.rstrip().endswith(SENTENCES[language].rstrip())


def test_a_cut_code_block_is_closed() -> None:
    text = kept("Look:\n```\n" + "\n".join(f"line_{number} = {number}" for number in range(900)) + "\n```\n")
    assert text.count("```") == 2
    assert text.endswith("\n```\n…"), "that it went on is seen"
    assert len(text) <= MAX_LONG


def test_uncalled_a_code_block_that_is_too_long_is_left_out() -> None:
    block = "```\n" + "\n".join(f"line_{number} = {number}" for number in range(400)) + "\n```\n"
    assert kept(f"Look:\n{block}", addressed=False) == "Look:"
    assert look(block, MOCHI, addressed=False).reason == "empty"


def test_one_endless_sentence_is_cut() -> None:
    assert len(kept("".join(chr(97 + number * 7 % 23) for number in range(50_000)))) <= MAX_CHARACTERS


def test_sentences_join_to_the_text() -> None:
    text = 'It is 3.5 cups. "Really?" Yes!\n好的。真的吗？”对'
    assert sentences(text) == ["It is 3.5 cups. ", '"Really?" ', "Yes!\n", "好的。", "真的吗？”", "对"]


@pytest.mark.parametrize(
    "draft",
    [
        "A list:\n" + "- a\n" * 898,
        "\n" * 898 + "x",
        "x" + "\n" * 898 + "y",
        "x" + "\n \u3164\n\u2800\t\n" * 300 + "y",
        "x" + "\u2028" * 300 + "y",
        "\n".join("> " * 9 + str(number) for number in range(900)),
        "| a |\n| - |\n" + "\n".join(f"| {number} |" for number in range(400)),
    ],
)
@pytest.mark.parametrize(("addressed", "lines"), [(True, 40), (False, 12)])
def test_no_text_is_taller_than_a_screen(draft: str, addressed: bool, lines: int) -> None:
    text = kept(draft, addressed=addressed)
    assert len(text.splitlines()) <= lines
    assert text.count("```") % 2 == 0


def test_a_list_that_fits_a_screen_stays() -> None:
    recipe = "\n".join(f"- {number} spoons" for number in range(40))
    assert look(recipe, MOCHI, addressed=True, wishes=frozenset({Wish.LIST})).text == recipe


@pytest.mark.parametrize(
    "draft",
    [
        "██████████░░░░░░",
        "████████████████████ 100 %",
        "one\n" + "-" * 40 + "\ntwo",
        "Loading ........",
        "info@hereford.example",
        "ask rooms@roomy.example or here@room.example",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿 against 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "@hereford.example is another account",
    ],
)
def test_what_only_looks_odd_stays(draft: str) -> None:
    assert said(draft) == draft


def test_an_endless_bar_is_as_long_as_a_line() -> None:
    assert said("█" * 900) == "█" * 60
    assert said("😂" * 900) == "😂" * 60


def test_a_link_that_shows_another_address_shows_its_own() -> None:
    assert said("Log in at [https://bank.example](https://evil.example).") == "Log in at https://evil.example."


PIECES = [
    *("@everyone", "@here", "@", "room", "<@", "&", "1>", "<think>", "</think>", "<|im_end|>", "<|", "|>", "</s>"),
    *(
        "Mochi:",
        "assistant:",
        "| ",
        "\n",
        "\n| Ana: hi",
        '"',
        "“",
        "”",
        "PASS",
        "```",
        "\u202e",
        "\u200b",
        "\u0336" * 9,
    ),
    *("I'm a human.", "a", "Hello there, friend. ", "你好。", "👍", "\ud800", " ", "…", "ha" * 9),
]
MARKS_OF_MODELS = [
    *("[THINK]", "[/THINK]", "<|channel|>final<|message|>", "<tool_call>", "</tool_call>", "<plan>", "</plan>"),
    *('{"name": "x", "arguments": {}}', "[x(a=1)]", "NO_REPLY", "(stays silent)", "Intent: joke", "\nReply: ", "Ana> "),
    *("The user asks. I should reply. ", "**Mochi** (to Ana): ", "\nUser: hi", "List:", "`", "~~~\n", "PASS - no. "),
]
DRAFTS = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES, *MARKS_OF_MODELS]), max_size=40).map("".join))


@given(DRAFTS, st.booleans())
def test_whatever_a_model_writes(draft: str, addressed: bool) -> None:
    found = look(draft, MOCHI, addressed=addressed)
    if found.text is None:
        assert found.reason in ("passed", "empty", "dishonest")
        return
    assert found.text.strip()
    assert len(found.text) <= (MAX_LONG if addressed else MAX_UNASKED)
    assert not CALLS.search(found.text)
    found.text.encode()
    assert look(found.text, MOCHI, addressed=addressed) == found


@pytest.mark.parametrize(("addressed", "most"), [(True, MAX_CHARACTERS), (False, MAX_UNASKED)])
def test_a_sentence_is_kept_whole_if_it_fits(addressed: bool, most: int) -> None:
    fits = "-".join(map(str, range(most)))[: most - 1] + "."
    assert said(f"{fits} And more.", addressed=addressed) == fits
    assert kept(f"x{fits} And more.", addressed=addressed).endswith("…")
