"""What counts as repeating ourselves, and what does not."""

import pytest

from bot.write.variety import COMPARED_LINES, Repetition, repetition

WORDS, OPENING, CLOSING = Repetition.WORDS, Repetition.OPENING, Repetition.CLOSING
OWN = [
    "Rye takes its time: give it twelve hours in a cool corner.",
    "A cast-iron pot holds the steam in. What do you bake in?",
    "Salt slows the yeast down a little. What do you bake in?",
    "那就放冰箱里慢慢发，明早再烤。",
]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        # the same words
        ("Rye takes its time: give it twelve hours in a cool corner.", WORDS),
        ("rye takes its time, give it TWELVE hours in a cool corner!", WORDS),
        ("Well, rye takes its time: give it twelve hours in a cool place.", WORDS),
        ("那就放冰箱里慢慢发，明早再烤吧。", WORDS),
        ("**Rye takes its time**: give it twelve hours in a cool corner.", WORDS),
        # other words about the same
        ("Twelve hours, cool, and it will have risen.", None),
        ("Your rye wants patience: half a day where it is cool.", None),
        ("放冷藏室一夜就行。", None),
        # the closing question for the third time
        ("Spelt is quicker. What do you bake in?", CLOSING),
        ("Spelt is quicker. And what do you bake in?", CLOSING),
        ("Spelt is quicker. What do you bake in??? 🙂", CLOSING),
        ("Spelt is quicker. How hot is yours?", None),
        ("What do you bake in? I ask because spelt is quicker.", None),
        # too short to be anybody's habit
        ("Thanks!", None),
        ("Yes.", None),
        ("好的。", None),
        # code and links are no manner of speaking
        ("```\nRye takes its time: give it twelve hours in a cool corner.\n```\nThat prints it.", None),
        ("", None),
    ],
)
def test_what_was_said_before(draft: str, expected: Repetition | None) -> None:
    assert repetition(draft, OWN) is expected


@pytest.mark.parametrize(
    ("lines", "draft", "expected"),
    [
        (["Ah, the oven door again."] * 1 + ["Ah, the old flour."], "Ah, the crumb.", OPENING),
        (["The thing with rye is time.", "The thing with salt is taste."], "The thing with oil is heat.", OPENING),
        (["The thing with rye is time."], "The thing with oil is heat.", None),
        (["说到底还是水温的事，别急。", "说到底还是面粉不行。"], "说到底还是没有耐心啊。", OPENING),
        (["Oh, nice.", "Cold water.", "Oh, dear me."], "Oh, flour.", OPENING),
        (["Oh, nice.", *["Something else was said."] * 4, "Oh, dear me."], "Oh, flour.", None),
        (["I bake, you eat.", "I bake, you wait."], "I knead, you wait.", None),
        (["How hot is it?"] * 2, "Cover it. How hot is it?", CLOSING),
        (["How hot is it?"], "Cover it. How hot is it?", None),
        (["烤箱多少度？", "你的烤箱多少度？"], "先盖上。烤箱多少度？", CLOSING),
        ([], "Anything at all.", None),
    ],
)
def test_openings_and_closing_questions_by_how_often_they_came(
    lines: list[str], draft: str, expected: Repetition | None
) -> None:
    assert repetition(draft, lines) is expected


def test_a_hostile_text_stays_cheap() -> None:
    for piece in ("a ", "?", "好", "Oh, ", "`", "@a", "http://a "):
        repetition(piece * 2000, [piece * 2000] * COMPARED_LINES)  # the suite's limit fails it
