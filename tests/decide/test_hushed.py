"""Being told to be quiet: obeyed for an hour in that thread, recorded, also over a restart."""

import pytest

from bot.language.quiet_orders import QuietWords, load_quiets, tells_to_be_quiet
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import US, at, comment, line, post

ORDERS = ["@mochi be quiet", "shut up, mochi", "@cameo 安静", "mochi, please stop talking", "@mochi 闭嘴！"]
HELD_OUT = {
    True: [
        "stfu for 10min",
        "silence, the humans are speaking",
        "be quiet while we work",
        "mute for an hour",
        "quiet, I'm trying to sleep",
        "shut up, grown-ups are chatting",
        "be silent for half an hour",
        "请安静30分钟",
        "闭嘴两小时",
        "shush",
        "will you please shut up now",
        "hush, bot",
        "give it a rest",
        "安静点",
        "请别说话了",
        "闭嘴吧你",
    ],
    False: [
        "mute the third track",
        "stop for 5 minutes, then knead again, said Ben",
        "pause the video?",
        "the pause is 10 minutes",
        "静音的风扇有吗",
        "I shut up the shop",
        "silence of the lambs?",
        "quiet for whom?",
        "be quiet, said the fox to the hen",
        "请问哪里安静",
        "别停下来",
    ],
}


@pytest.mark.parametrize("words", load_quiets().values(), ids=list(load_quiets()))
def test_the_examples_of_each_language_hold(words: QuietWords) -> None:
    assert words.file.examples and words.file.unlike
    assert [text for text in words.file.examples if not words.orders(text)] == []
    assert [text for text in words.file.unlike if words.orders(text)] == []


@pytest.mark.parametrize(("text", "told"), [(text, told) for told, texts in HELD_OUT.items() for text in texts])
def test_the_held_out_list(text: str, told: bool) -> None:
    assert tells_to_be_quiet(text, load_quiets()) is told


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("restarts", [False, True])
def test_it_is_obeyed_for_an_hour_in_this_thread(order: str, restarts: bool) -> None:
    room = Evening(rule_of("unanswered", hold=1, hold_floor_minutes=0, share_of_voice=1))
    room.hear(line("h", "Ana", order))
    assert room.story() == {"h": ("silent", "told_quiet")}
    if restarts:
        room.restart()
    room.hear(line("q", "Ben", "how do I feed a starter?", 60), post("p", "Eve", "how do I store flour?", 61))
    assert room.story()["q"] == ("silent", "told_quiet")
    assert room.story()["p"] == ("waiting", "holding"), "another thread"
    room.hear(line("r", "Lea", "which oven should I buy for my kitchen?", 3601))
    assert room.story()["r"] == ("waiting", "holding"), "an hour later"


@pytest.mark.parametrize("restarts", [False, True])
def test_our_conversation_is_over_and_a_new_call_is_answered(restarts: bool) -> None:
    room = Evening(rule_of("mentions"))
    room.hear(line("a", "Ana", "@mochi hi, what is rye?"))
    room.say("a", 5)
    room.hear(line("b", "Ana", "shut up", 10))
    assert room.story()["b"] == ("silent", "told_quiet"), "she was talking with us"
    if restarts:
        room.restart()
    room.hear(line("c", "Ana", "so much flour everywhere", 20), line("d", "Ana", "@mochi why is it so wet?", 40))
    assert room.story()["c"] == ("silent", "join_mentions")
    assert room.story()["d"] == ("due", "addressed")


def test_what_is_not_sent_yet_is_dropped() -> None:
    room = Evening(rule_of("every_post", share_of_voice=1))
    room.hear(post("p", "Ben", "my bread fell off the roof"))
    room.hear(comment("a", "p", "Ana", "@mochi what do you say?", 1), comment("h", "p", "Ana", "mochi, be quiet", 3))
    assert room.story() == {
        "p": ("stopped", "told_quiet"),
        "a": ("stopped", "told_quiet"),
        "h": ("silent", "told_quiet"),
    }


@pytest.mark.parametrize("text", ["be quiet", "shut up!", "安静", "@ben be quiet"])
def test_what_is_said_to_others_does_not_concern_us(text: str) -> None:
    room = Evening(rule_of("unanswered", hold=1, hold_floor_minutes=0))
    room.hear(line("h", "Ana", text), line("q", "Ben", "how do I feed a starter?", 60))
    assert room.story()["q"] == ("waiting", "holding")


def test_a_deleted_order_is_forgotten() -> None:
    room = Evening(rule_of("unanswered", hold=1, hold_floor_minutes=0))
    room.hear(line("h", "Ana", "@mochi be quiet"))
    room.delete("h")
    room.hear(line("q", "Ben", "how do I feed a starter?", 60), line("o", US, "ours", 61))
    assert room.story()["q"] == ("waiting", "holding")


def test_it_is_forgotten_at_once_also_for_what_is_heard_in_the_same_commit() -> None:
    room = Evening(rule_of("unanswered", hold=1, hold_floor_minutes=0))
    room.hear(line("h", "Ana", "@mochi be quiet"))
    assert room.floor.state.hushed.is_on(None, at(60))
    room.floor.delete("h")
    assert not room.floor.state.hushed.is_on(None, at(60))
