"""The floor of a room, as conversations: what is heard and when, and what becomes of each turn."""

from math import sqrt
from typing import Any

import pytest

from bot.config.room_rule import Join
from bot.config.settings import Limits
from bot.decide.open_turns import turn_id
from bot.types import Author, State, Verdict
from tests.fakes.floors import Evening, rule_of
from tests.fakes.present import present
from tests.fakes.talk import BOT, US, at, comment, line, post

LIMITS = Limits()


def evening(join: Join, limits: Limits = LIMITS, **keys: Any) -> Evening:
    return Evening(rule_of(join, **keys), limits)


# --- who calls us --------------------------------------------------------------------------------


@pytest.mark.parametrize("join", ["mentions", "unanswered", "every_post"])
def test_a_mention_is_answered_in_every_room(join: Join) -> None:
    room = evening(join)
    room.hear(post("p", "Ana", "@mochi what rises faster?"), line("l", "Ben", "@cameo and you?", 1))
    assert room.story() == {"p": ("due", "addressed"), "l": ("due", "addressed")}
    assert room.due("p") == 0


def test_where_we_join_when_called_all_else_is_silence() -> None:
    room = evening("mentions")
    room.hear(post("p", "Ana", "does it rise?"), comment("c", "p", "Ben", "yes"))
    assert room.story() == {"p": ("silent", "join_mentions"), "c": ("silent", "join_mentions")}


def test_a_reply_to_us_calls_us() -> None:
    room = evening("mentions")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.say("p", 1)
    room.hear(comment("c", "p", "Ben", "is that so?", 2, reply_to="re-p"))
    assert room.story()["c"] == ("due", "addressed")


def test_our_own_words_and_history_make_no_turn() -> None:
    room = evening("every_post")
    room.hear(post("p", US, "@mochi hello"), post("h", "Ana", "@mochi old", 1, history=True))
    assert room.story() == {}


def test_what_called_us_while_we_were_away_too_long_is_only_recorded() -> None:
    room = evening("mentions")
    room.hear(post("old", "Ana", "@mochi hi", 1000, sent=at(0)), post("new", "Ana", "@mochi hi", 1001, sent=at(200)))
    assert room.story() == {"old": ("silent", "too_old"), "new": ("due", "addressed")}


def test_a_burst_is_answered_once_by_a_reply_to_its_last() -> None:
    room = evening("mentions")
    room.hear(
        post("p", "Ana", "@mochi hi", 0),
        comment("a", "p", "Ana", "@mochi about rye", 1.5),
        comment("b", "p", "Ana", "@mochi it sinks", 3),
        comment("x", "p", "Ben", "@mochi me too", 3),
        comment("c", "p", "Ana", "@mochi still there?", 6),
    )
    assert room.story() == {
        "p": ("merged", "merged"),
        "a": ("merged", "merged"),
        "b": ("due", "addressed"),
        "x": ("due", "addressed"),
        "c": ("due", "addressed"),
    }
    assert room.due("b") == 5  # the burst may go on for two more seconds
    assert room.due("c") == 6


def test_what_goes_on_with_us_is_a_burst_too() -> None:
    room = evening("mentions")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.say("p", 5)
    room.hear(comment("a", "p", "Ana", "so tell me", 20), comment("b", "p", "Ana", "what rises faster?", 21))
    assert room.story()["a"] == ("merged", "merged")
    assert room.story()["b"] == ("due", "continued")


def test_what_is_being_sent_is_not_merged() -> None:
    room = evening("mentions")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.move("p", State.SENDING)
    room.hear(comment("a", "p", "Ana", "@mochi more", 1))
    assert room.story() == {"p": ("sending", "addressed"), "a": ("due", "addressed")}


# --- people first --------------------------------------------------------------------------------


def test_people_go_first_and_a_persons_answer_ends_the_wait() -> None:
    room = evening("unanswered", hold=1)
    room.hear(post("p", "Ana", "does it rise?"))
    assert room.story() == {"p": ("waiting", "holding")}
    assert room.due("p") == 60
    room.hear(comment("own", "p", "Ana", "anybody?", 10))  # her own second message answers nothing
    assert room.turns["p"].state is State.WAITING
    room.hear(comment("bot", "p", BOT, "sunny", 15))  # nor does a bot's
    assert room.turns["p"].state is State.WAITING
    room.hear(comment("c", "p", "Ben", "mine does", 20))
    assert room.story()["p"] == ("stopped", "someone_answered")
    assert room.turns["p"].decision.verdict is Verdict.SILENT
    assert room.turns["p"].decision.facts["ended_by"] == "c"
    room.tick("p", 60)
    assert room.story()["p"] == ("stopped", "someone_answered")


def test_nobody_answered_so_we_do_once() -> None:
    room = evening("unanswered", hold=1, conversation_minutes=0)
    room.hear(post("p", "Ana", "does it rise?"))
    room.tick("p")
    assert room.story()["p"] == ("due", "unanswered")
    room.say("p", 61)
    room.hear(comment("more", "p", "Ana", "really?", 70))
    assert room.story()["more"] == ("silent", "not_a_post")


def test_a_persons_answer_stops_us_while_we_write_but_not_while_we_send() -> None:
    room = evening("unanswered", hold=1, share_of_voice=1.0)
    room.hear(post("p", "Ana", "does it rise?"), post("q", "Eve", "and rye?", 1))
    for trigger in ("p", "q"):
        room.tick(trigger, 61)
        room.move(trigger, State.WRITING)
    room.move("q", State.SENDING)
    room.hear(comment("c", "p", "Ben", "mine does", 62), comment("d", "q", "Ben", "rye too", 63))
    assert room.story()["p"] == ("stopped", "someone_answered")
    assert room.turns["q"].state is State.SENDING


def test_in_a_timeline_a_word_to_somebody_else_ends_no_wait_and_an_answer_does() -> None:
    room = evening("unanswered", hold=10)
    room.hear(line("e", "Eve", "what a storm", -500), line("b", "Ben", "Eve: and the tram was late", -490))
    room.hear(line("l", "Ana", "does anyone know how to proof dough in winter?"))
    room.hear(line("m", "Ben", "Eve: more to come tonight", 20))
    assert room.story()["l"] == ("waiting", "holding")
    room.hear(line("a", "Eve", "Ana: in the oven, with only the light on", 40))
    room.hear(line("t", "Ana", "Eve: thank you, that is warm enough", 60))
    if room.turns["l"].state is State.WAITING:
        room.tick("l")
    assert room.story()["l"] == ("stopped", "someone_answered")


def two_asked() -> Evening:
    """Our reply to Ana is there, and nobody has written since Ben asked."""
    room = evening("unanswered", hold=1, share_of_voice=1.0, conversation_minutes=0)
    room.hear(line("l", "Ana", "does anyone know how to proof dough in winter?"))
    room.hear(line("m", "Ben", "which oven should I buy for a small kitchen?", 30))
    room.tick("l")
    room.say("l", 61)
    room.tick("m")
    return room


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("other", ["Cleo", BOT])
def test_in_a_timeline_the_next_post_waits_for_somebody_elses_word(other: Author | str, restarts: bool) -> None:
    room = two_asked()
    assert room.story() == {"l": ("sent", "unanswered"), "m": ("waiting", "two_in_a_row")}
    if restarts:
        room.restart()
    room.hear(line("o", other, "what a storm that was", 4000), line("o2", other, "and the tram", 4001))
    assert room.due("m") == 4002  # they may write more, but we do not wait forever
    room.tick("m")
    assert room.story()["m"] == ("due", "unanswered")


def test_who_waits_for_somebody_elses_word_may_get_an_answer_by_it() -> None:
    room = two_asked()
    room.hear(line("a", "Cleo", "Ben: a small one with a stone in it", 4000))
    room.tick("m")
    assert room.story()["m"] == ("stopped", "someone_answered")


def test_after_a_day_it_waits_for_nobodys_word_any_more() -> None:
    room = two_asked()
    room.tick("m", room.due("m") - 1)
    assert room.story()["m"] == ("waiting", "two_in_a_row")
    room.tick("m")
    assert (room.story()["m"], room.turns["m"].at) == (("stopped", "two_in_a_row"), at(30))


def test_when_talk_has_moved_on_nobody_can_tell() -> None:
    room = evening("unanswered", hold=10)
    room.hear(line("l", "Ana", "does it rise?"))
    room.hear(*(line(f"x{n}", BOT, "tick", 1 + n) for n in range(203)), line("z", "Ana", "so it is", 300))
    room.tick("l")
    assert room.story()["l"] == ("stopped", "moved_on")


def test_a_painful_post_is_left_to_people_also_when_it_became_so() -> None:
    room = evening("every_post")
    room.hear(post("p", "Ana", "my dog died last night"), post("q", "Ben", "my dog", 1))
    assert room.story() == {"p": ("silent", "meant_for_others"), "q": ("waiting", "settling")}
    room.edit("q", "my dog died last night", 2)
    room.tick("q", 9)
    assert room.story()["q"] == ("stopped", "meant_for_others")


# --- every post ----------------------------------------------------------------------------------


def test_every_post_gets_its_comment_whatever_people_say() -> None:
    room = evening("every_post")
    room.hear(post("p", "Ana", "my first loaf"), comment("c", "p", "Ben", "lovely", 1))
    assert room.story() == {"p": ("waiting", "settling"), "c": ("silent", "not_a_post")}
    assert room.due("p") == 2
    room.tick("p")
    assert room.story()["p"] == ("due", "every_post")


@pytest.mark.parametrize(
    ("gaps", "said_at"),
    [
        pytest.param([], 2, id="one message"),
        pytest.param([1.5], 3.5, id="two"),
        pytest.param([1.5, 1.5], 5, id="three"),
        pytest.param([1.9] * 9, 8, id="who does not stop waits no longer"),
    ],
)
@pytest.mark.parametrize("place", ["thread", "timeline"])
def test_one_comment_for_a_burst_at_the_moment_that_it_is_over(gaps: list[float], said_at: float, place: str) -> None:
    room, moment = evening("every_post"), 0.0
    in_thread = place == "thread"
    room.hear((post if in_thread else line)("p", "Ana", "my first loaf"))
    for number, gap in enumerate(gaps):
        while room.due("p") < moment + gap and room.turns["p"].state is State.WAITING:
            room.tick("p")
        moment += gap
        more = f"a{number}", "Ana", "and another", moment
        room.hear(comment(more[0], "p", *more[1:]) if in_thread else line(*more))
    while room.turns["p"].state is State.WAITING:
        room.tick("p")
    assert room.story()["p"] == ("due", "every_post")
    assert room.due("p") == said_at
    others = {story for trigger, story in room.story().items() if trigger != "p"}
    assert others <= {("silent", "not_a_post")}


def test_two_posts_of_one_author_are_two_bursts_when_somebody_speaks_in_between() -> None:
    room = evening("every_post")
    room.hear(line("p", "Ana", "my first loaf"), line("b", "Ben", "mine", 0.5), line("a", "Ana", "and another", 1))
    assert set(room.story().values()) == {("waiting", "settling")}


# --- coverage ------------------------------------------------------------------------------------


@pytest.mark.parametrize("coverage", [0.0, 0.2, 0.75, 1.0])
def test_so_many_posts_are_left_out_by_lot(coverage: float) -> None:
    """As many as a fair lot leaves out of 4,000, within two standard errors; all or none at the extremes."""
    posts, room = 4000, evening("every_post", coverage=coverage)
    room.hear(*(post(f"id-{number}", "Ana", "a loaf", 10 * number) for number in range(posts)))
    left_out = sum(reason == "left_out" for _, reason in room.story().values())
    assert left_out == pytest.approx((1 - coverage) * posts, abs=2 * sqrt(coverage * (1 - coverage) * posts))
    again = evening("every_post", coverage=coverage)
    again.hear(*(post(f"id-{number}", "Ben", "other words", 10 * number) for number in reversed(range(posts))))
    assert again.story() == room.story(), "the lot is the message's own"


def test_more_coverage_leaves_out_fewer_and_no_others() -> None:
    left_out = []
    for coverage in (0.3, 0.6):
        room = evening("unanswered", coverage=coverage, posts="all")
        room.hear(*(post(f"id-{number}", "Ana", "a loaf", 10 * number) for number in range(100)))
        left_out.append({trigger for trigger, (_, reason) in room.story().items() if reason == "left_out"})
    assert left_out[1] < left_out[0]


def test_who_calls_us_is_not_left_out() -> None:
    room = evening("unanswered", coverage=0)
    room.hear(post("p", "Ana", "@mochi hi"), post("q", "Ana", "does it rise?", 9))
    assert room.story() == {"p": ("due", "addressed"), "q": ("silent", "left_out")}


# --- what changes --------------------------------------------------------------------------------


def test_deleted_and_edited() -> None:
    room = evening("unanswered", hold=1, share_of_voice=1.0)
    room.hear(post("p", "Ana", "@mochi hi"), post("q", "Ben", "does it rise?", 1), post("r", "Eve", "and rye?", 2))
    room.delete("q")
    assert room.story()["q"] == ("stopped", "deleted")
    room.move("p", State.WRITING)
    room.edit("p", "@mochi bye", 3)
    assert room.story()["p"] == ("due", "addressed")  # starts again with the new text
    assert present(room.floor.wanted(room.turns["p"].id)).message.text == "@mochi bye"
    room.tick("r", 62)
    room.edit("r", "never mind", 63)
    assert room.story()["r"] == ("stopped", "edited")


def test_what_is_edited_while_it_waits_is_read_again_when_its_time_comes() -> None:
    room = evening("unanswered", hold=1)
    room.hear(post("p", "Ana", "does it rise?"), line("b", "Ben", "hm", 1))
    [waiting] = room.edit("p", "Ben: does it rise?", 2)
    assert (waiting.state, waiting.member, waiting.decision.facts) == (State.WAITING, "id-ana", {})
    room.tick("p")
    assert room.story()["p"] == ("stopped", "meant_for_others")


def test_what_is_being_sent_is_beyond_recall() -> None:
    room = evening("unanswered", hold=1)
    room.hear(post("p", "Ana", "does it rise?"))
    room.tick("p")
    for state in (State.WRITING, State.SENDING):
        room.move("p", state)
    assert room.edit("p", "never mind", 70) == room.delete("p") == []
    assert room.turns["p"].state is State.SENDING


def test_a_known_id_is_heard_once() -> None:
    room = evening("mentions")
    message = post("p", "Ana", "@mochi hi")
    room.hear(message)
    assert room.hear(message) == []
    room.delete("p")
    assert room.hear(message) == []


def test_one_turn_for_a_message_for_ever() -> None:
    one, other = post("p", "Ana", "hi"), post("p", "Ben", "bye", 9)
    assert turn_id(one) == turn_id(other) != turn_id(post("q", "Ana", "hi"))
    # stored with turns and sent as a key, so a release must not change it
    assert turn_id(one) == "d91a49c101e20d28f971"


# --- limits --------------------------------------------------------------------------------------


def test_over_a_members_limit_one_honest_line_and_then_an_emoji() -> None:
    room = evening("mentions", Limits(replies_per_member_hour=1))
    room.hear(post("p", "Ana", "@mochi one", 0))
    room.say("p", 1)
    room.hear(post("q", "Ana", "@mochi two", 10), post("r", "Ana", "@mochi three", 20), post("s", "Ben", "@mochi", 21))
    assert room.story()["q"] == ("due", "member_limit")
    assert (room.turns["q"].sign, room.turns["r"].sign) == ("", "⏳")
    assert room.story()["s"] == ("due", "addressed")
    room.hear(post("t", "Ana", "@mochi an hour later", 3602))
    assert room.story()["t"] == ("due", "addressed")


def test_over_the_rooms_limit_nothing_unprompted() -> None:
    room = evening("every_post", Limits(replies_per_room_hour=1))
    room.hear(post("p", "Ana", "@mochi one", 0))
    room.say("p", 1)
    room.hear(post("q", "Ben", "a loaf", 10), post("r", "Ben", "@mochi two", 20))
    room.tick("q")
    assert room.story()["q"] == ("stopped", "room_limit")
    assert room.story()["r"] == ("due", "room_limit")


def test_once_the_days_money_is_spent_nothing_unprompted() -> None:
    room = evening("every_post", Limits(usd_per_day=0.5))
    room.hear(post("p", "Ana", "a loaf"))
    assert room.budget.reserve("another turn", 0.5, at(1))
    room.tick("p")
    assert room.story() == {"p": ("stopped", "budget")}


def test_our_share_of_the_voices_holds() -> None:
    room = evening("every_post", share_of_voice=0.2)
    for number in range(20):
        room.hear(post(f"p{number}", f"Member{number}", "a loaf", number * 10))
        room.tick(f"p{number}")
        if room.turns[f"p{number}"].state is State.DUE:
            room.say(f"p{number}", number * 10 + 3)
        ours, everything = room.floor.state.voice.last()
        assert ours <= max(1, 0.2 * everything)
    assert sum(turn.state is State.SENT for turn in room.turns.values()) == 5  # of 25 messages


# --- bots ----------------------------------------------------------------------------------------


def test_bots_are_never_answered_and_people_between_them_always() -> None:
    room = evening("unanswered")
    room.hear(post("p", "Ana", "@mochi hi"))
    room.say("p", 1)
    for number in range(5):
        room.hear(comment(f"b{number}", "p", BOT, "@mochi indeed", 2 + number, reply_to="re-p"))
    room.hear(comment("c", "p", "Ben", "@mochi and you?", 9), comment("d", "p", BOT, "@mochi hm", 10, reply_to="c"))
    assert room.story() == {
        "p": ("sent", "addressed"),
        **{f"b{number}": ("silent", "from_bot") for number in range(5)},
        "c": ("due", "addressed"),
        "d": ("silent", "from_bot"),
    }
