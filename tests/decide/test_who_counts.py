"""Who counts as a person and who does not, who gets no answers, and exchanges between programs."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.types import Author, State
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import BOT, US, comment, line, post, said_in

RELAY = Author("@relay:example.org", "Relay", is_bot=True)


@pytest.mark.parametrize(
    ("keys", "who", "reason"),
    [
        ({"bots": ["id-ana"]}, "Ana", "from_bot"),
        ({"bots": ["AN*"]}, "Ana", "from_bot"),
        ({"bots": ["id-ben"]}, "Ana", "addressed"),
        ({"people": ["@relay:*"]}, RELAY, "addressed"),
        ({"people": ["Weather*"]}, BOT, "addressed"),
        ({"bots": ["*-ana"], "people": ["id-ana"]}, "Ana", "addressed"),
        ({}, RELAY, "from_bot"),
        ({"ignore": ["id-ana"]}, "Ana", "ignored"),
        ({"ignore": ["ana"]}, "Ana", "ignored"),
        ({"ignore": ["id-b*"]}, "Ana", "addressed"),
    ],
)
def test_the_manager_names_bots_people_and_whom_to_ignore(keys: dict[str, Any], who: Any, reason: str) -> None:
    room = Evening(rule_of("mentions", **keys))
    room.hear(post("p", who, "@mochi hi, what is rye?"))
    assert room.story()["p"][1] == reason
    facts = room.turns["p"].decision.facts
    fits = reason != "from_bot" if "people" in keys else bool(keys) and reason != "addressed"
    assert ("named" in facts) is fits


def test_an_ignored_member_in_danger_gets_the_careful_text() -> None:
    room = Evening(rule_of("mentions", ignore=["id-ana"]))
    room.hear(post("p", "Ana", "@mochi I want to kill myself"))
    assert room.story()["p"] == ("due", "addressed")


def test_an_ignored_member_is_not_joined_uncalled_either() -> None:
    room = Evening(rule_of("unanswered", hold=1, ignore=["id-ana"]))
    room.hear(post("p", "Ana", "how do I feed a starter?"))
    assert room.story()["p"] == ("silent", "ignored")


# --- two programs --------------------------------------------------------------------------------


def rounds(seconds: float, text: str, most: int = 60, spread: float = 0.0) -> int:
    """In how many rounds an author who always answers after so many seconds, give or take a share, gets an answer."""
    room, at = Evening(rule_of("mentions")), 0.0
    room.hear(post("m0", "Echo", f"@mochi {text}"))
    for n in range(most):
        if room.turns[f"m{n}"].state.value != "due":
            return n
        room.say(f"m{n}", at + 1)
        at += 1 + seconds * (1 + spread * (n % 3 - 1))
        room.hear(comment(f"m{n + 1}", "m0", "Echo", text, at, reply_to=f"re-m{n}"))
    return most


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "ok"), (0.1, "and you?"), (2.0, "so it is " * 9), (8.0, "long " * 50)]
)
def test_an_exchange_between_programs_ends_soon(seconds: float, text: str) -> None:
    assert rounds(seconds, text) <= 6


def test_a_slow_program_ends_too() -> None:
    assert rounds(30.0, "ok") <= 7
    assert rounds(30.0, "ok", spread=0.3) <= 40


@given(st.floats(10, 600), st.integers(1, 8))
def test_a_person_who_reads_and_types_is_never_taken_for_one(seconds: float, words: int) -> None:
    assert rounds(seconds, "word " * words, most=12, spread=0.2) == 12


def test_others_are_answered_meanwhile_and_the_author_after_an_hour() -> None:
    room, at = Evening(rule_of("mentions")), 0.0
    room.hear(post("m0", "Echo", "@mochi hello there"))
    for n in range(6):
        if room.turns[f"m{n}"].state.value == "due":
            room.say(f"m{n}", at)
        room.hear(comment(f"m{n + 1}", "m0", "Echo", "@mochi hello again", at))
    assert room.story()["m6"] == ("silent", "loop")
    room.hear(comment("b", "m0", "Ben", "@mochi and me?", 60), comment("e", "m0", "Echo", "@mochi and now?", 3700))
    assert [room.story()[one] for one in "be"] == [("due", "addressed")] * 2


def crowd(names: int, seconds: float, text: str, most: int = 40) -> tuple[Evening, int]:
    """In how many rounds a thread is answered in which so many authors answer us by turns, after so many seconds."""
    room, at = Evening(rule_of("mentions")), 0.0
    room.hear(comment("known", "m0", "Ana", "hello", -60), post("m0", "Echo", f"@mochi {text}"))
    for n in range(most):
        if room.turns[f"m{n}"].state.value != "due":
            return room, n
        room.say(f"m{n}", at + 1)
        at += 1 + seconds
        room.hear(comment(f"m{n + 1}", "m0", f"Echo{n % names}", f"@mochi {text}", at, reply_to=f"re-m{n}"))
    return room, most


@pytest.mark.parametrize("names", [2, 5, 100])
@pytest.mark.parametrize(("seconds", "text"), [(0.0, "ok"), (0.3, "and you?"), (2.0, "so it is " * 9)])
def test_a_program_that_changes_its_name_ends_too(names: int, seconds: float, text: str) -> None:
    room, answered = crowd(names, seconds, text)
    assert answered <= 12
    at = 40 * (1 + seconds)
    later = comment("b", "m0", "Ana", "@mochi and me?", at), post("p", "Ben", "@mochi and here?", at)
    room.hear(*later, comment("n", "m0", "Echo-new", "@mochi and I?", at + 9))
    assert [room.story()[one][0] for one in "bpn"] == ["due", "due", "silent"]
    room.hear(comment("o", "m0", "Echo-new", "@mochi and now?", 3700 + at))
    assert room.story()["o"][0] == "due"


@given(st.integers(2, 30), st.floats(10, 600), st.integers(1, 8))
def test_people_who_take_turns_are_never_taken_for_one(names: int, seconds: float, words: int) -> None:
    assert crowd(names, seconds, "word " * words, most=15)[1] == 15


# --- threads on our words, and copies ------------------------------------------------------------


def talk_in_timeline() -> Evening:
    room = Evening(rule_of("mentions", conversation_minutes=10))
    room.hear(line("a", "Ana", "@mochi what is rye?"))
    room.say("a", 5)
    return room


@pytest.mark.parametrize("root", ["re-a", "part", "a"])
@pytest.mark.parametrize("restarts", [False, True])
def test_a_thread_started_on_our_reply_goes_on(root: str, restarts: bool) -> None:
    room = talk_in_timeline()
    room.hear(said_in(room.turns["a"].thread, "part", US, "and more", 5))
    if restarts:
        room.restart()
    room.hear(comment("b", root, "Ana", "and wheat, is that wetter?", 60))
    assert room.story()["b"] == ("due", "continued")
    room.say("b", 70)
    room.hear(comment("c", root, "Ana", "so which one is for beginners?", 120))
    assert room.story()["c"] == ("due", "continued")


@pytest.mark.parametrize(
    ("message"),
    [
        comment("b", "re-a", "Ben", "and wheat, is that wetter?", 60),
        comment("b", "other", "Ana", "and wheat, is that wetter?", 60),
        comment("b", "re-a", "Ana", "and wheat, is that wetter?", 606),
        comment("b", "re-a", "Ana", "Ben, is that wetter?", 60, mentions=("id-ben",)),
    ],
)
def test_nobody_else_and_nowhere_else_and_not_later(message: Any) -> None:
    room = talk_in_timeline()
    room.hear(message)
    assert room.story()["b"] == ("silent", "join_mentions")


def test_somebody_elses_word_in_the_thread_ends_it() -> None:
    room = talk_in_timeline()
    room.hear(comment("b", "re-a", "Ben", "rye is sour", 50), comment("c", "re-a", "Ana", "is it?", 60))
    assert room.story()["c"] == ("silent", "join_mentions")


def copy(text: str, seconds: float = 1, who: str = "Luna") -> Any:
    return line("copy", who, text, seconds, relayed=True)


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("@mochi why wet?", "@mochi why wet?"),
        ("L: @mochi why wet?", "@mochi why wet?"),
        ("@mochi 为什么湿", "@mochi 为什么湿"),
    ],
)
@pytest.mark.parametrize("deleted", ["before", "after"])
def test_an_original_and_its_copy_get_one_answer(original: str, text: str, deleted: str) -> None:
    room = Evening(rule_of("mentions"))
    room.hear(line("a", "Ana", original))
    if deleted == "before":
        room.delete("a")
    room.hear(copy(text))
    if deleted == "after":
        room.delete("a")
    due = [trigger for trigger, (state, _) in room.story().items() if state == "due"]
    assert due == ["copy"]


@pytest.mark.parametrize("sent", [False, True])
def test_a_copy_of_what_is_answered_already_gets_none(sent: bool) -> None:
    room = Evening(rule_of("mentions"))
    room.hear(line("a", "Ana", "@mochi why wet?"))
    room.say("a", 0.5) if sent else room.move("a", State.SENDING)
    room.hear(copy("@mochi why wet?"))
    assert room.story()["copy"] == ("silent", "merged")
    assert room.floor.state.relays.has_copy("a")


def test_two_people_who_say_the_same_get_an_answer_each() -> None:
    room = Evening(rule_of("mentions"))
    room.hear(line("a", "Ana", "@mochi why wet?"), line("b", "Ben", "@mochi why wet?", 1))
    assert room.story() == {"a": ("due", "addressed"), "b": ("due", "addressed")}
