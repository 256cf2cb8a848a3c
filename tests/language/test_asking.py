"""What a question asks for, whether an answer gives it, and which replies are none."""

import pytest

from bot.language.asking import Asked, asked_for, confirms, contradicts, gives, is_no_answer, jokes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("where is the spare key?", Asked.WHERE),
        ("does anybody know where the key is?", Asked.WHERE),
        ("which shelf is it on?", Asked.WHERE),
        ("钥匙放在哪儿？", Asked.WHERE),
        ("when does the pool open?", Asked.WHEN),
        ("what time is lunch?", Asked.WHEN),
        ("do you remember when we met?", Asked.WHEN),
        ("几点开门？", Asked.WHEN),
        ("who has the ladder?", Asked.WHO),
        ("梯子在谁那里？", Asked.WHO),
        ("why is it flat?", Asked.WHY),
        ("how come it is flat?", Asked.WHY),
        ("为什么发不起来？", Asked.WHY),
        ("how long does it take?", Asked.HOW_LONG),
        ("how many minutes in the oven?", Asked.HOW_LONG),
        ("要泡多久？", Asked.HOW_LONG),
        ("how often do you water it?", Asked.HOW_OFTEN),
        ("多久浇一次水？", Asked.HOW_OFTEN),
        ("how much salt?", Asked.HOW_MANY),
        ("what temperature do I bake at?", Asked.HOW_MANY),
        ("水温多少度？", Asked.HOW_MANY),
        ("how do I fix it?", Asked.HOW),
        ("怎么修？", Asked.HOW),
        ("which bus goes there?", Asked.WHICH),
        ("坐哪路车？", Asked.WHICH),
        ("is it safe?", Asked.OTHER),
        ("能机洗吗？", Asked.OTHER),
        ("it falls when I open the oven. Is it me?", Asked.OTHER),
        ("does it collapse when I open the oven?", Asked.OTHER),
        ("I met a man who knows where it is. Is it far?", Asked.OTHER),  # the sentence that asks
    ],
)
def test_what_is_asked_for(text: str, kind: Asked) -> None:
    assert asked_for(text) is kind


@pytest.mark.parametrize(
    ("kind", "text", "is_given"),
    [
        (Asked.HOW_LONG, "about 14 hours", True),
        (Asked.HOW_LONG, "overnight", True),
        (Asked.HOW_LONG, "looks lovely", False),
        (Asked.WHERE, "in the blue pot", True),
        (Asked.WHERE, "https://example.org", True),
        (Asked.WHERE, "lovely colour", False),
        (Asked.WHEN, "on Sundays", True),
        (Asked.WHEN, "lovely colour", False),
        (Asked.HOW_MANY, "two spoons", True),
        (Asked.HOW_MANY, "sounds good", False),
        (Asked.HOW_LONG, "四个小时", True),
        (Asked.HOW_LONG, "真不错", False),
        (Asked.WHERE, "在门口花盆底下", True),
        (Asked.OTHER, "yes", True),
        (Asked.HOW, "citric acid", True),
    ],
)
def test_whether_it_is_given(kind: Asked, text: str, is_given: bool) -> None:
    assert gives(kind, text) is is_given


@pytest.mark.parametrize(
    "text", ["no idea, sorry", "dunno", "same question here", "I'll ask my brother", "不知道", "同问"]
)
def test_replies_that_know_nothing(text: str) -> None:
    assert is_no_answer(text)


@pytest.mark.parametrize("text", ["with a hammer lol", "haha", "从窗户扔出去哈哈哈", "sure 😂"])
def test_jokes(text: str) -> None:
    assert jokes(text)


@pytest.mark.parametrize(
    "text",
    [
        "No, that's wrong.", "that is not true any more", "it didn't help", "don't do that, it burns", "不对，醋会腐蚀",
        "scratch that, it's eight", "It's not safe", "they have changed it", "still doesn't",
    ],
)  # fmt: skip
def test_contradictions(text: str) -> None:
    assert contradicts(text)


@pytest.mark.parametrize(
    "text",
    [
        "Citric acid, 20 g per litre.",
        "the lollipop shop on Mill Lane",
        "Turn right at the mill.",
        "七点开门。",
        "先钻孔再拧。",
    ],
)
def test_an_answer_is_none_of_these(text: str) -> None:
    assert not (is_no_answer(text) or jokes(text) or contradicts(text))


@pytest.mark.parametrize(
    ("text", "so"), [("it worked!", True), ("thank you", True), ("真的可以！", True), ("hm", False)]
)
def test_what_confirms(text: str, so: bool) -> None:
    assert confirms(text) is so
