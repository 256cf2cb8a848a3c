# ruff: noqa: E501
"""What a call wants of Cameo itself."""

import pytest

from bot.language.wishes import WishOfUs, WishWords, load_wishes, wish_of

HELD_OUT = {
    WishOfUs.FORGET: [
        "please wipe my history", "Forget everything I said.", "can you delete everything about me?", "don't log me",
        "delete all my posts", "stop quoting me", "ignore my messages please", "请把我的消息都删了", "不要记录我", "别理我了",
    ],
    WishOfUs.HELP: ["?", "？？", "what do you do?", "so what can you do here", "what are you for?", "Help!", "你会什么呀？", "怎么用你？"],
    None: [
        "", "!!", "help! my oven smokes", "what can I do about moths?", "how do I wipe a hard disk?", "who are you taking to the fair",
        "delete which of these two lines?", "did you forget the salt?", "你能做什么样的饺子馅", "谁忘了我的伞", "忘了放盐怎么办",
    ],
}  # fmt: skip


@pytest.mark.parametrize("words", load_wishes().values(), ids=list(load_wishes()))
def test_the_examples_of_each_language_hold(words: WishWords) -> None:
    assert words.file.examples and words.file.unlike
    assert [text for text in words.file.examples if not words.wish(text)] == []
    assert [text for text in words.file.unlike if words.wish(text)] == []


@pytest.mark.parametrize(("text", "wish"), [(text, wish) for wish, texts in HELD_OUT.items() for text in texts])
def test_the_held_out_list(text: str, wish: WishOfUs | None) -> None:
    assert wish_of(text) is wish
