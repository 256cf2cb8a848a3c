"""What members get in place of an answer: which line, how often, and in which language."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.decide.floor import SIGN
from bot.decide.reasons import Reason
from bot.types import ModelError, State
from bot.write.asker_language import asker_language
from bot.write.lines import Written
from tests.fakes.talk import post
from tests.write.test_writer import CALL, PACKS, PERSONAS, WORDS, Desk, desk, turn_about

__all__ = ["desk"]  # a fixture

CHINESE = next(key for key, persona in PERSONAS.items() if persona.language == "zh")


async def test_who_called_too_long_ago_gets_an_apology_and_a_room_one_in_a_while(desk: Desk) -> None:
    late = turn_about(CALL)
    seen = [desk.writer.lines.apologise(late, CALL.text, "late") for _ in range(2)]
    assert [(written.text, written.sign) for written in seen] == [(WORDS.say("sign.late"), ""), ("", SIGN)]
    assert {written.error for written in seen} == {"late"}


async def test_over_a_limit_a_line_says_when_to_come_back(desk: Desk) -> None:
    for number in range(20):
        spoken = turn_about(post(f"s{number}", "Ana", "hi"))
        desk.budget.fold(replace(spoken, state=State.SENT))
    await desk.clock.advance(48 * 60)
    line = desk.writer.lines.sign(turn_about(CALL, reason=Reason.MEMBER_LIMIT), CALL.text)
    assert line == Written(text=WORDS.sign("member_limit", "en", timedelta(minutes=12)))
    assert "12 minutes" in line.text
    assert desk.writer.lines.sign(turn_about(CALL, reason=Reason.MEMBER_LIMIT, sign=SIGN), CALL.text) == Written(
        sign=SIGN
    )
    await desk.clock.advance(3600)
    assert desk.writer.lines.sign(turn_about(CALL, reason=Reason.MEMBER_LIMIT), CALL.text).text == WORDS.say(
        "sign.member_limit"
    )


async def test_over_the_communitys_limit_the_line_says_so(desk: Desk) -> None:
    desk.budget = Budget(Limits(replies_per_community_hour=0))
    line = desk.lines().sign(turn_about(CALL, reason=Reason.COMMUNITY_LIMIT), CALL.text)
    assert line == Written(text=WORDS.sign("community_limit", "en", timedelta(hours=1)))
    assert "about an hour" in line.text


# --- the language of who asked -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("are you human?", "en"),
        ("小满 are you human?", "en"),
        ("@小满 are you a real person", "en"),
        ("你是真人吗", "zh"),
        ("mochi 你是真人吗", "zh"),
        ("@mochi pesto 能放多久？", "zh"),
        ("RTFM pls", "en"),
        ("¿eres humano?", "en"),  # no pack reads it, and the catalogue has no Spanish
        ("Bist du ein Mensch?", "en"),
        ("あなたは人間ですか", "en"),
        ("ты человек?", "en"),
        ("?", "fallback"),
        ("👍", "fallback"),
        ("@mochi", "fallback"),
        ("https://example.org/pesto", "fallback"),
        ("`print(1)`", "fallback"),
        ("", "fallback"),
        ("\ud800", "fallback"),
        ("a" * 100_000, "en"),
    ],
)
def test_a_message_is_in_the_language_that_most_of_its_words_are_in(asked: str, language: str) -> None:
    assert asker_language(asked, PACKS, "fallback") == language


async def test_who_asks_what_we_are_gets_the_honest_line_in_their_language(desk: Desk) -> None:
    desk.pen.pieces = ["I'm not an AI, trust me."]
    for asked, language in [
        ("@mochi bist du ein Mensch?", "de"),
        ("es-tu humain ?", "fr"),
        ("¿eres humano?", "es"),
        ("sei un bot?", "it"),
        ("você é um robô?", "pt"),
        ("ты человек?", "ru"),
        ("人間ですか？", "ja"),
        ("너 AI야?", "ko"),
        ("wie lange ruht der Teig?", "en"),
    ]:
        assert (await desk.write(post("q", "Ana", asked), persona="mochi")).text == WORDS.say("sign.honest", language)


@pytest.mark.parametrize(
    ("persona", "asked", "language"),
    [(CHINESE, "are you a real person?", "en"), ("mochi", "@mochi 你是真人吗", "zh"), (CHINESE, "?", "zh")],
)
async def test_every_line_is_in_the_language_of_who_asked(desk: Desk, persona: str, asked: str, language: str) -> None:
    trigger = post("q", "Ana", asked)
    turn = turn_about(trigger, persona=persona, reason=Reason.MEMBER_LIMIT)
    desk.pen.pieces = ["I'm not an AI, trust me."]
    assert (await desk.write(trigger, persona=persona)).text == WORDS.say("sign.honest", language)
    assert desk.writer.lines.sign(turn, asked).text == WORDS.say("sign.member_limit", language)
    desk.pen.error = ModelError("models_failed")
    assert (await desk.write(trigger, persona=persona)).text == WORDS.say("sign.models_failed", language)
