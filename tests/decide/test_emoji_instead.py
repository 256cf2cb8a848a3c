"""`emoji_instead`: thanks and greetings get one reaction."""

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
