"""What is caught of claims to be a person or to have a human life, in ten languages, and what of honest words is not.

The lists are in honesty.yaml and personas.yaml. A model can always word it differently, so the shares that are caught
are stated here; honest words must pass."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.language.claims import ClaimsFile, check_claims, load_claims
from bot.types import SettingsError
from bot.write.guard import look
from bot.write.persona import Persona, load_personas
from bot.write.prompt_texts import miniature, portrait

HERE = Path(__file__).parent
DRAFTS: dict[str, Any] = yaml.safe_load((HERE / "honesty.yaml").read_text("utf-8"))
ANSWERS: dict[str, list[tuple[str, str]]] = yaml.safe_load((HERE / "answers_about_us.yaml").read_text("utf-8"))
LINES: dict[str, Any] = yaml.safe_load((HERE / "personas.yaml").read_text("utf-8"))
MOCHI = Persona(name="Mochi", tagline="an AI", voice="soft")
CLAIMS_CAUGHT, HELD_OUT_CAUGHT = 0.97, 0.9  # the least share of the claims in the lists
HONEST_PASS = 0.99  # the least share of honest drafts in every emphasis and spacing
ORDERS_REFUSED = 0.97


def is_held_back(draft: str) -> bool:
    return look(draft, MOCHI, addressed=True).reason == "dishonest"


def share(found: Callable[[str], bool], texts: list[str]) -> float:
    missed = [text for text in texts if not found(text)]
    print("missed:", *missed, sep="\n  ")
    return 1 - len(missed) / len(texts)


@pytest.mark.parametrize("language", DRAFTS)
def test_claims_are_held_back(language: str) -> None:
    assert share(is_held_back, DRAFTS[language]["claims"]) >= CLAIMS_CAUGHT
    assert share(is_held_back, DRAFTS[language]["held_out"]["claims"]) >= HELD_OUT_CAUGHT


@pytest.mark.parametrize("language", DRAFTS)
def test_honest_drafts_are_not(language: str) -> None:
    assert [text for text in DRAFTS[language]["honest"] if is_held_back(text)] == []


def test_of_honest_drafts_that_no_rule_was_made_for_one_in_fifty_at_most_is_held_back() -> None:
    unseen = [text for one in DRAFTS.values() for text in one["held_out"]["honest"]]
    assert len(unseen) > 70 and sum(map(is_held_back, unseen)) <= len(unseen) // 50


def is_denial(asked: str, answer: str) -> bool:
    return look(answer, MOCHI, addressed=True, asked=asked).reason == "dishonest"


@pytest.mark.parametrize("group", ["denials", "held_out_denials"])
def test_an_answer_is_read_with_its_question(group: str) -> None:
    assert [row for row in ANSWERS[group] if not is_denial(*row)] == []
    assert not any(
        is_denial("are you fond of rye?", answer) for answer in ("No.", "Yes.", "Of course!", "不是。", "Klar!")
    )


@pytest.mark.parametrize("group", ["honest", "held_out_honest"])
def test_an_honest_answer_passes(group: str) -> None:
    assert [row for row in ANSWERS[group] if is_denial(*row)] == []


def test_a_claim_is_found_in_a_longer_reply_and_with_curly_apostrophes() -> None:
    assert is_held_back("Rye is slow. I’m not a bot, by the way. Feed it twice.")
    assert is_held_back("Try 3.5 cups. My wife’s oven runs hot. Good luck!")
    assert not is_held_back("He wrote “I’m not a bot” and left. Odd, no?")


def test_who_owns_up_may_say_that_it_is_no_robot_but_not_that_it_is_human() -> None:
    assert not is_held_back("I'm not a robot. I'm an AI, so no arms.")
    assert is_held_back("I'm an AI. Only joking, I'm a real person.")


EMPHASIS = ("*{}*", "**{}**", "***{}***", "_{}_", "__{}__", "~~{}~~", "`{}`", "||{}||", r"\*{}\*")


def decorated(text: str) -> list[str]:
    """The text with each word in another emphasis in turn, and with more space or a line end between two words."""
    words = text.split(" ")
    marked = [
        " ".join([*words[:at], EMPHASIS[at % len(EMPHASIS)].format(word), *words[at + 1 :]])
        for at, word in enumerate(words)
        if word.isalpha()
    ]
    gaps = [f"{' '.join(words[:at])}{gap}{' '.join(words[at:])}" for at in range(1, len(words)) for gap in ("  ", "\n")]
    return [*(f"{mark}{text}{mark}" for mark in ("*", "**", "__", "~~")), *marked, *gaps]


@pytest.mark.parametrize("language", DRAFTS)
def test_neither_emphasis_nor_spacing_hides_a_claim(language: str) -> None:
    claims = filter(is_held_back, [*DRAFTS[language]["claims"], *DRAFTS[language]["held_out"]["claims"]])
    looks = [look for claim in claims for look in decorated(claim)]
    assert share(is_held_back, looks) >= CLAIMS_CAUGHT


@pytest.mark.parametrize("language", DRAFTS)
def test_nor_does_it_make_a_claim_of_honest_words(language: str) -> None:
    looks = [look for text in DRAFTS[language]["honest"] for look in decorated(text)]
    assert share(lambda text: not is_held_back(text), looks) >= HONEST_PASS


@pytest.mark.parametrize(
    "draft",
    [
        "I'm *not* an AI, I'm **human**.",
        "我**不是**机器人。",
        "我 **是** 真人。",
        "我不是\n机器人。",
        "I'm not an A.I. Feed it twice.",
        "Ich bin keine K.I.",
        "Je ne suis pas une I.A.",
        "Я не И.И.",
        "I ａｍ ｎｏｔ a bot.",
        "```\nI'm not a bot\n```",
        "𝗜'𝗺 𝗻𝗼𝘁 𝗮 𝗯𝗼𝘁.",
    ],
)
def test_a_denial_is_read_as_people_read_it(draft: str) -> None:
    assert is_held_back(draft)


@pytest.mark.parametrize(
    "draft",
    [
        "`I'm not a bot` is what it prints.",
        "It prints:\n```\nI'm\nnot a bot\n```\nOdd, no?",
        "> I'm **not** a bot\nOdd thing to say.",
        "Two things I am:\n- an AI\n- not a robot arm",
        "Set `user_is_not_a_bot` and 2*3*4 in `my_wife.py`.",
    ],
)
def test_code_quotations_and_lists_are_not_run_together(draft: str) -> None:
    assert not is_held_back(draft)


def a_persona(line: str, folder: Path) -> bool:
    """Whether a persona with the line is refused."""
    field, _, text = line.partition(": ")
    data: dict[str, Any] = {"name": "Bo", "tagline": "an AI", "voice": "plain"}
    one = {"manners": [text], "interests": [text], "avoid": [text], "reply": [{"member": "hm", "reply": text}]}
    data["examples" if field == "reply" else field] = one.get(field, text)
    (folder / "bo.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    try:
        load_personas(folder)
    except SettingsError as error:
        (problem,) = error.problems
        assert any(word in problem for word in ("hide", "deny", "claims a human life", "does not say that it is an AI"))
        return True
    return False


def test_orders_to_deceive_and_human_biographies_are_refused(tmp_path: Path) -> None:
    assert share(lambda line: a_persona(line, tmp_path), LINES["hostile"]) >= ORDERS_REFUSED
    assert share(lambda line: a_persona(line, tmp_path), LINES["held_out"]["hostile"]) >= HELD_OUT_CAUGHT


def test_characters_that_are_no_people_load(tmp_path: Path) -> None:
    assert [line for line in LINES["honest"] if a_persona(line, tmp_path)] == []
    assert sum(a_persona(line, tmp_path) for line in LINES["held_out"]["honest"]) <= 1


def test_every_prompt_holds_the_rule() -> None:
    for language in ("en", "zh", "de", "ja"):
        persona = MOCHI.model_copy(update={"languages": (language,)})
        chinese = language == "zh"
        assert ("绝不否认" if chinese else "Never deny it") in portrait(persona)
        assert ("绝不说自己是人" if chinese else "never say that you are human") in miniature(persona)


@pytest.mark.parametrize(
    "piece",
    [
        "I am really ",
        "my ",
        "when I was ",
        "a",
        "I, ",
        "我",
        "我真的",
        "私は",
        "je suis ",
        "'",
        "`",
        "«",
        "no not ",
        "*",
        "_a",
        "\\*",
        "a\n",
        "|",
        "``",
        "are you ",
        "you, ",
        "@mochi ",
        "no ",
        "你",
    ],
)
def test_a_hostile_text_stays_cheap(piece: str) -> None:
    text = (piece * 2000)[:1800]
    look(text, MOCHI, addressed=True, asked=text)  # compiles the regexes
    started = time.process_time()
    look(text, MOCHI, addressed=True, asked=text)
    assert time.process_time() - started < 1  # seconds; 0.03 on the machine that it was written on


@given(
    st.text()
    | st.lists(st.sampled_from([*"I'm not a bot.", " my wife", " 我", "不是", "?", "\n", '"', "“"])).map("".join)
)
def test_any_text_is_read(text: str) -> None:
    is_held_back(text)


def test_each_line_of_our_files_is_a_regex() -> None:
    check_claims()


def test_a_mistake_in_a_file_of_claims_is_told_by_line(tmp_path: Path) -> None:
    keys = [key for key in ClaimsFile.model_fields if key != "words"]
    (tmp_path / "xx.yaml").write_text("\n".join(f"{key}: 'a{'(' if key == 'human' else ''}'" for key in keys))
    with pytest.raises(SettingsError, match=r"xx\.yaml: line 6: human: holds a line that is not a regular expression"):
        check_claims(tmp_path)
    (tmp_path / "xx.yaml").write_text("when: a\nlives: '{b}'")
    with pytest.raises(SettingsError, match="unless: is missing"):
        load_claims(tmp_path)
