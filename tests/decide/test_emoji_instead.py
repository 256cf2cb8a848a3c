"""`emoji_instead`: thanks and greetings get one reaction."""

from dataclasses import replace
from typing import Literal

import pytest

from bot.config.settings import Limits
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import post


@pytest.mark.parametrize(
    "text", ["thanks!", "tysm 🙏", "谢谢", "hi", "good morning", "早上好", "thank you so much", "haha"]
)
def test_thanks_and_greetings_get_one_emoji(text: str) -> None:
    room = Evening(rule_of("mentions", emoji_instead=True))
    room.hear(post("p", "Ana", f"@mochi {text}"))
    assert room.story() == {"p": ("due", "emoji")}
    assert len(room.turns["p"].sign) <= 2 and room.turns["p"].sign


CALLS = ["{}, mochi", "{} mochi!", "@mochi {}", "{}, @mochi", "Mochi {}", "{} cameo"]
COURTEOUS = [
    "thanks", "谢谢", "多谢", "good morning", "danke", "Danke schön", "merci beaucoup", "muchas gracias",
    "obrigada", "grazie mille", "спасибо", "спасибо большое", "ありがとうございます", "감사합니다", "teşekkürler",
    "buenos días", "dziękuję bardzo", "oh, danke dir", "thank you so much",
]  # fmt: skip
ASKING = ["thanks, but why is it wet?", "谢谢，但是还是不行", "danke, aber es brennt noch", "gracias por nada, tonto",
          "merci beaucoup, ça marche comment", "guten morgen, wie geht das", "obrigado e o forno?"]  # fmt: skip


def said(text: str, place: Literal["inline", "thread"] = "inline") -> tuple[str, str]:
    room = Evening(rule_of("mentions", emoji_instead=True, place=place))
    room.hear(replace(post("p", "Ana", text), addressed=True))
    return room.story()["p"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("text", COURTEOUS)
def test_however_we_are_called_and_in_whatever_language(call: str, text: str) -> None:
    assert said(call.format(text)) == said(call.format(text), "thread") == ("due", "emoji")


@pytest.mark.parametrize("text", ASKING)
def test_courtesy_with_anything_else_gets_words(text: str) -> None:
    assert said(f"@mochi {text}") == ("due", "addressed")


@pytest.mark.parametrize(
    "text", ["thanks, but why is it wet?", "hi, my bread does not rise", "https://example.org", "why?"]
)
def test_whatever_asks_for_words_gets_words(text: str) -> None:
    room = Evening(rule_of("mentions", emoji_instead=True))
    room.hear(post("p", "Ana", f"@mochi {text}"))
    assert room.story() == {"p": ("due", "addressed")}


def test_without_the_key_words_and_over_a_limit_the_line() -> None:
    room, limited = (
        Evening(rule_of("mentions")),
        Evening(rule_of("mentions", emoji_instead=True), Limits(replies_per_member_hour=0)),
    )
    for each in (room, limited):
        each.hear(post("p", "Ana", "@mochi thanks!"))
    assert [each.story()["p"][1] for each in (room, limited)] == ["addressed", "member_limit"]
