"""What we know of a room: who talks with us, who is meant, who is new, and what a restart restores."""

from typing import Any

import pytest

from bot.config.room_rule import Join
from bot.decide.message_facts import MessageFacts
from bot.decide.room import KNOWN_AFTER, MEMBERS, RECENT, ROOTS, Past
from bot.types import Author, Message, Turn
from tests.fakes.floors import Evening, floor_of, rule_of
from tests.fakes.talk import BOT, US, at, comment, line, person, post

MINUTE = 60


def talking(place: str, join: Join = "mentions", **keys: Any) -> Evening:
    """Ana has called us, in a thread or in the timeline, and got her answer after 10 seconds."""
    evening = Evening(rule_of(join, **keys))
    evening.hear(line("ben", "Ben", "what a storm", -MINUTE))
    evening.hear(_say(place, "p", "Ana", "@mochi what rises faster?", 0))
    evening.say("p", 10)
    return evening


def _say(place: str, id: str, who: Author | str, text: str, when: float, **more: Any) -> Message:
    if place == "timeline":
        return line(id, who, text, when, **more)
    return post(id, who, text, when, **more) if id == "p" else comment(id, "p", who, text, when, **more)


PLACES = pytest.mark.parametrize("place", ["thread", "timeline"])
JOINS = pytest.mark.parametrize("join", ["mentions", "unanswered", "every_post"])


@PLACES
@JOINS
def test_whom_we_answered_goes_on_with_us_without_calling(place: str, join: Join) -> None:
    room = talking(place, join)
    room.hear(_say(place, "a", "Ana", "and what about rye?", 30))
    assert room.story()["a"] == ("due", "continued")
    assert room.turns["a"].addressed
    room.say("a", 40)
    room.hear(_say(place, "b", "Ana", "it sinks, though", 60))
    assert room.story()["b"] == ("due", "continued")


@PLACES
@JOINS
@pytest.mark.parametrize(
    ("who", "text", "more"),
    [
        pytest.param("Ben", "mine does not", {}, id="somebody joins"),
        pytest.param(BOT, "sunny", {}, id="a bot joins"),
        pytest.param("Ana", "Ben: and yours?", {}, id="they call somebody by name"),
        pytest.param("Ana", "and yours?", {"mentions": ("id-ben",)}, id="they mention somebody"),
    ],
)
def test_it_is_over_when_others_have_a_part_in_it(
    place: str, join: Join, who: Author | str, text: str, more: dict[str, tuple[str]]
) -> None:
    room = talking(place, join)
    room.hear(_say(place, "x", who, text, 20, **more), _say(place, "a", "Ana", "and what about rye?", 30))
    assert not room.turns["x"].addressed
    assert room.story()["a"][1] != "continued"
    assert not room.turns["a"].addressed


@PLACES
@pytest.mark.parametrize(
    ("minutes", "after", "goes_on"),
    [(10, 9.9, True), (10, 10.1, False), (1, 0.9, True), (1, 1.1, False), (0, 0.01, False), (0, 0.0, False)],
)
def test_it_may_pause_so_long(place: str, minutes: int, after: float, goes_on: bool) -> None:
    room = talking(place, conversation_minutes=minutes)
    room.hear(_say(place, "a", "Ana", "and what about rye?", 10 + after * MINUTE))
    assert (room.story()["a"] == ("due", "continued")) == goes_on


@PLACES
def test_each_word_of_theirs_and_ours_lets_it_go_on(place: str) -> None:
    room = talking(place)
    for number in range(1, 6):
        room.hear(_say(place, f"a{number}", "Ana", "and what about rye?", number * 9 * MINUTE))
        assert room.story()[f"a{number}"] == ("due", "continued")


@PLACES
@pytest.mark.parametrize("text", ["thanks!", "haha", "谢谢！", "https://example.org/loaf"])
def test_thanks_end_it_silently(place: str, text: str) -> None:
    room = talking(place)
    room.hear(_say(place, "a", "Ana", text, 30))
    assert room.story()["a"] == ("silent", "thanks")


@PLACES
def test_who_calls_us_to_say_thanks_is_answered(place: str) -> None:
    room = talking(place)
    room.hear(_say(place, "a", "Ana", "@mochi thanks!", 30))
    assert room.story()["a"] == ("due", "addressed")


@PLACES
def test_our_own_name_calls_nobody_else(place: str) -> None:
    room = talking(place)
    room.hear(_say(place, "a", "Ana", "Mochi: and what about rye?", 30))
    assert room.story()["a"] == ("due", "addressed")


def test_elsewhere_nothing_goes_on() -> None:
    room = talking("thread")
    room.hear(post("q", "Ana", "and what about rye?", 20), line("l", "Ana", "and here?", 25))
    assert {room.turns[each].addressed for each in ("q", "l")} == {False}
    room.hear(comment("a", "p", "Ana", "and in here?", 30))
    assert room.story()["a"] == ("due", "continued"), "for what is said elsewhere has no part in it"


@PLACES
def test_a_reply_to_somebody_else_is_not_for_us(place: str) -> None:
    room = talking(place)
    room.hear(_say(place, "a", "Ana", "it was", 30, reply_to="ben"))
    assert room.story()["a"][0] == "silent"


def test_nobody_goes_on_with_what_we_said_to_a_bot() -> None:
    room = Evening(rule_of("mentions"))
    room.hear(post("p", BOT, "rain?"), comment("o", "p", US, "so it seems", 1, reply_to="p"))
    room.hear(comment("a", "p", BOT, "sure", 2), comment("b", "p", "Ana", "hm", 3))
    assert set(room.story().values()) == {("silent", "from_bot"), ("silent", "join_mentions")}


@PLACES
def test_who_answers_our_unasked_words_goes_on_with_us(place: str) -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0))
    room.hear(_say(place, "p", "Ana", "does it rise?", 0))
    room.tick("p")
    room.say("p", 70)
    room.hear(_say(place, "a", "Ana", "and what about rye?", 90))
    assert room.story()["a"] == ("due", "continued")


# --- who is meant --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mentions", "called"),
    [
        ("Ben: yours?", (), {"id-ben"}),
        ("ben, yours?", (), {"id-ben"}),
        ("@Ben：yours?", (), {"id-ben"}),
        ("Eve Adams: yours?", (), {"id-eve adams"}),
        ("Ana: note to myself", (), set()),
        ("Dan: yours?", (), set()),
        ("edit: mine does", (), set()),
        ("is it yours, Ben: or his?", (), set()),
        ("yours?", ("id-ben", "id-dan"), {"id-ben", "id-dan"}),
        ("yours?", ("id-ana",), set()),
        ("Ben: yours?", ("id-dan",), {"id-ben", "id-dan"}),
        ("Mochi: yours?", (), set()),
    ],
)
def test_whom_a_message_calls(text: str, mentions: tuple[str, ...], called: set[str]) -> None:
    state = floor_of(rule_of()).state
    for who in ("Ben", "Eve Adams", "Ana", US):
        state.fold(line(f"of {who}", who, "hm"))
    assert state.called_by(line("m", "Ana", text, mentions=mentions)) == called


def test_of_two_with_one_name_both_are_meant_and_who_is_renamed_no_more() -> None:
    state = floor_of(rule_of()).state
    for number, (who, name) in enumerate([("1", "Ben"), ("2", "Ben"), ("1", "Al")]):
        state.fold(line(f"m{number}", Author(who, name)))
    assert state.called_by(line("m", "Ana", "Al: yours?")) == {"1"}
    assert state.called_by(line("m", "Ana", "Ben: yours?")) == {"2"}


def test_so_many_members_are_known() -> None:
    state = floor_of(rule_of("mentions")).state
    for number in range(MEMBERS + 1):
        state.fold(line(f"m{number}", f"Member{number}"))
    assert state.called_by(line("m", "Ana", "Member0: yours?")) == set()
    assert state.called_by(line("m", "Ana", "Member1: yours?")) == {"id-member1"}


# --- who is new, and who spoke last --------------------------------------------------------------


def test_in_a_room_that_is_known_whoever_speaks_first_is_new() -> None:
    state = floor_of(rule_of()).state
    assert not any(state.fold(line(f"m{n}", f"Member{n}", "hm", n)).is_new for n in range(KNOWN_AFTER))
    assert state.fold(line("a", "Ana", "hm", 200)).is_new
    assert not state.fold(line("b", "Ana", "hm", 201)).is_new
    assert not state.fold(line("c", "Member0", "hm", 202)).is_new
    assert not state.fold(line("d", BOT, "hm", 203)).is_new


def test_ours_was_last_in_a_thread_or_in_the_timeline() -> None:
    state = floor_of(rule_of()).state
    state.fold(line("a", "Ana", "does it rise?"))
    state.fold(line("o", US, "it does", 1, reply_to="a"))
    state.fold(comment("c", "p", "Ben", "hm", 2))
    assert state.ours_was_last(None)
    assert not state.ours_was_last("p")
    state.fold(line("b", BOT, "sunny", 3))
    assert not state.ours_was_last(None)


def test_ours_was_last_however_much_was_said_elsewhere() -> None:
    state = floor_of(rule_of()).state
    state.fold(line("a", "Ana", "does it rise?"))
    state.fold(line("o", US, "it does", 1, reply_to="a"))
    for number in range(RECENT + 1):
        state.fold(comment(f"c{number}", "p", "Ben", "hm", 2 + number))
    assert state.ours_was_last(None)


def test_what_is_ours_is_known_for_as_long_as_it_is_remembered() -> None:
    state = floor_of(rule_of()).state
    state.fold(line("o", US, "it does"))
    state.fold(line("a", person("Ana"), "hm", 1))
    assert (state.is_ours("o"), state.is_ours("a"), state.is_ours("x"), state.is_ours(None)) == (
        True,
        False,
        None,
        None,
    )


@pytest.mark.parametrize("said", [RECENT - 1, RECENT, RECENT + 1, 2 * RECENT])
def test_of_all_that_was_said_the_newest_messages_are_remembered(said: int) -> None:
    """Also messages of ours, and ones with replies: a reply to our newest message calls us."""
    state = floor_of(rule_of()).state
    for number in range(said):
        state.fold(line(f"m{number}", US if number % 3 else "Ben", "hm", number))
    for number in range(said):
        ours = bool(number % 3) if number >= said - RECENT else None
        assert state.is_ours(f"m{number}") is ours
    assert [each.id for each in state.latest(None)] == [f"m{n}" for n in reversed(range(max(0, said - RECENT), said))]


def test_in_a_busy_room_who_goes_on_with_us_or_replies_to_us_is_still_answered() -> None:
    room = Evening(rule_of("mentions"))
    room.hear(*(line(f"x{n}", "Ben", "hm", n - RECENT) for n in range(RECENT + 50)))
    room.hear(post("p", "Ana", "@mochi what rises faster?", 60))
    room.say("p", 61)
    room.hear(comment("a", "p", "Ana", "and rye?", 70), comment("b", "p", "Ben", "is it so?", 80, reply_to="re-p"))
    assert (room.story()["a"], room.story()["b"]) == (("due", "continued"), ("due", "addressed"))


def test_history_is_no_conversation_with_us() -> None:
    room = talking("thread")
    room.hear(comment("a", "p", "Ana", "and what about rye?", 30, history=True, sent=at(-5)))
    assert "a" not in room.turns


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("text", "decided"),
    [
        ("does anybody know how to keep a starter alive in winter?", "already_spoke"),
        ("Hi all, how do I keep my starter alive in winter, please? It smells of nail polish", "already_spoke"),
        ("anybody?", "already_spoke"),
        ("and for rye?", "already_spoke"),
        ("how do I clean a cast iron pan without soap?", "holding"),
        ("请问铸铁锅怎么清洗才不会生锈？", "holding"),
        ("有人吗？", "already_spoke"),
    ],
)
def test_in_a_timeline_we_have_one_word_for_a_person_about_one_thing(text: str, decided: str, restarts: bool) -> None:
    room = Evening(rule_of(hold=1, share_of_voice=1.0, conversation_minutes=0))
    room.hear(line("p", "Ana", "does anybody know how to keep a starter alive in winter?"))
    room.tick("p")
    room.say("p", 70)
    room.hear(*(line(f"b{n}", "Ben", "what a storm", 90 + n) for n in range(20)))
    if restarts:
        room.restart()
    room.hear(line("q", "Ana", text, 400))
    assert room.story()["q"][1] == decided


@pytest.mark.parametrize(("others", "decided"), [(98, "already_spoke"), (99, "holding")])
def test_our_one_word_for_a_person_is_forgotten_after_a_hundred_messages(others: int, decided: str) -> None:
    """Our own message and the new one are among the hundred."""
    room = Evening(rule_of(hold=1, share_of_voice=1.0, conversation_minutes=0))
    room.hear(line("p", "Ana", "does anybody know how to keep a starter alive in winter?"))
    room.tick("p")
    room.say("p", 70)
    room.hear(*(line(f"b{n}", "Ben", "what a storm", 90 + n) for n in range(others)))
    room.hear(line("q", "Ana", "how do I keep my starter alive in winter?", 400))
    assert room.story()["q"][1] == decided


def test_what_a_bot_writes_is_not_looked_at_for_it_writes_by_editing() -> None:
    """After a restart only its newest text is known."""

    def heard(text: str) -> tuple[MessageFacts, Turn]:
        evening = Evening(rule_of("unanswered"))
        evening.hear(line("q", "Ana", "how long does rye rise?", 0), line("x", BOT, text, 5))
        evening.hear(line("c", "Cleo", "does rye rise at all, and for how long?", 10))
        return evening.floor.state.timeline[1], evening.turns["c"]

    assert heard("…") == heard("Ana: for how long does your rye rise? Mine rises for as long as it takes to double")


def test_of_a_thousand_threads_the_oldest_is_forgotten_and_begins_anew() -> None:
    state = floor_of(rule_of()).state
    state.restore(Past(roots=[f"r{number}" for number in range(ROOTS + 1)]))
    assert [state.fold(comment(f"in-{root}", root, "Ana")).is_first for root in ("r1", "r0")] == [False, True]
