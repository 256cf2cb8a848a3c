"""What a question asks for, whether an answer gives it, and which replies are none."""

import pytest

from bot.language.asking import QuestionKind, asked_for, confirms, contradicts, gives, is_no_answer, jokes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("where is the spare key?", QuestionKind.WHERE),
        ("does anybody know where the key is?", QuestionKind.WHERE),
        ("which shelf is it on?", QuestionKind.WHERE),
        ("钥匙放在哪儿？", QuestionKind.WHERE),
        ("when does the pool open?", QuestionKind.WHEN),
        ("what time is lunch?", QuestionKind.WHEN),
        ("do you remember when we met?", QuestionKind.WHEN),
        ("几点开门？", QuestionKind.WHEN),
        ("who has the ladder?", QuestionKind.WHO),
        ("梯子在谁那里？", QuestionKind.WHO),
        ("why is it flat?", QuestionKind.WHY),
        ("how come it is flat?", QuestionKind.WHY),
        ("为什么发不起来？", QuestionKind.WHY),
        ("how long does it take?", QuestionKind.HOW_LONG),
        ("how many minutes in the oven?", QuestionKind.HOW_LONG),
        ("要泡多久？", QuestionKind.HOW_LONG),
        ("how often do you water it?", QuestionKind.HOW_OFTEN),
        ("多久浇一次水？", QuestionKind.HOW_OFTEN),
        ("how much salt?", QuestionKind.HOW_MANY),
        ("what temperature do I bake at?", QuestionKind.HOW_MANY),
        ("水温多少度？", QuestionKind.HOW_MANY),
        ("how do I fix it?", QuestionKind.HOW),
        ("怎么修？", QuestionKind.HOW),
        ("which bus goes there?", QuestionKind.WHICH),
        ("坐哪路车？", QuestionKind.WHICH),
        ("is it safe?", QuestionKind.OTHER),
        ("能机洗吗？", QuestionKind.OTHER),
        ("it falls when I open the oven. Is it me?", QuestionKind.OTHER),
        ("does it collapse when I open the oven?", QuestionKind.OTHER),
        ("I met a man who knows where it is. Is it far?", QuestionKind.OTHER),  # the sentence that asks
    ],
)
def test_what_is_asked_for(text: str, kind: QuestionKind) -> None:
    assert asked_for(text) is kind


@pytest.mark.parametrize(
    ("kind", "text", "is_given"),
    [
        (QuestionKind.HOW_LONG, "about 14 hours", True),
        (QuestionKind.HOW_LONG, "overnight", True),
        (QuestionKind.HOW_LONG, "looks lovely", False),
        (QuestionKind.WHERE, "in the blue pot", True),
        (QuestionKind.WHERE, "https://example.org", True),
        (QuestionKind.WHERE, "lovely colour", False),
        (QuestionKind.WHEN, "on Sundays", True),
        (QuestionKind.WHEN, "lovely colour", False),
        (QuestionKind.HOW_MANY, "two spoons", True),
        (QuestionKind.HOW_MANY, "sounds good", False),
        (QuestionKind.HOW_LONG, "四个小时", True),
        (QuestionKind.HOW_LONG, "真不错", False),
        (QuestionKind.WHERE, "在门口花盆底下", True),
        (QuestionKind.OTHER, "yes", True),
        (QuestionKind.HOW, "citric acid", True),
    ],
)
def test_whether_it_is_given(kind: QuestionKind, text: str, is_given: bool) -> None:
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
