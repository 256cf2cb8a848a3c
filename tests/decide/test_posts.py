"""The posts of a room: what answers one, and what is learnt from it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.room_rule import Join
from bot.decide.answer_times import STEPS
from bot.decide.posts import POSTS_KEPT
from bot.decide.times import DAY
from bot.types import Author, Message, Thread
from tests.fakes.floors import Evening, rule_of
from tests.fakes.talk import BOT, FEED, NOON, US, comment, line, person, post, said_in

ASKED, ASKED_IN_TIMELINE = post("p", "Ana", "does it rise?"), line("p", "Ana", "does it rise?")
ASKED_IN_NAMED = said_in(Thread(FEED, "t"), "p", "Ana", "does it rise?", starts_thread=True)


def room(*messages: Message, **keys: Any) -> Evening:
    """A room in which people are known and have talked, before they say `messages`."""
    evening = Evening(rule_of(**keys))
    evening.hear(line("b", "Ben", "what a storm", -900), line("e", "Eve", "the tram was late", -800))
    evening.hear(*messages)
    return evening


@pytest.mark.parametrize("restarts", ["never", "before the answer", "after it"])
@pytest.mark.parametrize(
    ("asked", "said", "answered"),
    [
        pytest.param(ASKED, comment("a", "p", "Ben", "yes", 9), True, id="a word in its thread"),
        pytest.param(ASKED, comment("a", "p", "Ana", "hm", 9), False, id="its author's own"),
        pytest.param(ASKED, comment("a", "p", BOT, "yes", 9), False, id="a bot's"),
        pytest.param(ASKED, comment("a", "p", US, "yes", 9), False, id="ours"),
        pytest.param(ASKED, comment("a", "q", "Ben", "yes", 9), False, id="a word in another thread"),
        pytest.param(ASKED, line("a", "Ben", "yes", 9, reply_to="p"), True, id="a reply from the timeline"),
        pytest.param(ASKED, line("a", "Ben", "yes", 9, reply_to="q"), False, id="a reply to something else"),
        pytest.param(ASKED, comment("a", "q", "Ben", "yes", 9, reply_to="p"), True, id="a reply from another thread"),
        pytest.param(ASKED_IN_TIMELINE, line("a", "Ben", "yes", 9, reply_to="p"), True, id="a reply in the timeline"),
        pytest.param(ASKED_IN_TIMELINE, comment("a", "p", "Ben", "yes", 9), True, id="the thread that it is opened in"),
        pytest.param(ASKED_IN_TIMELINE, line("a", "Ben", "Ana: yes, mine does", 9), True, id="by name"),
        pytest.param(ASKED_IN_TIMELINE, line("a", "Ben", "Eve: what a storm", 9), False, id="somebody else by name"),
        pytest.param(ASKED_IN_TIMELINE, line("a", BOT, "Ana: yes", 9), False, id="a bot by name"),
        pytest.param(ASKED_IN_TIMELINE, line("a", "Ana", "mine does not", 9), False, id="its author's own line"),
        pytest.param(
            ASKED_IN_NAMED, comment("a", "t", "Ben", "yes", 9), True, id="a word where the thread has its own id"
        ),
        pytest.param(ASKED_IN_NAMED, comment("a", "t", "Ana", "hm", 9), False, id="its author's own word there"),
        pytest.param(
            ASKED_IN_NAMED, comment("a", "q", "Ben", "yes", 9), False, id="a word in another thread than that"
        ),
    ],
)
def test_what_answers_a_post(asked: Message, said: Message, answered: bool, restarts: str) -> None:
    evening = room(asked)
    if restarts == "before the answer":
        evening.restart()
    evening.hear(said)
    if restarts == "after it":
        evening.restart()
    assert evening.floor.state.posts.answered_by("p") == ("a" if answered else None)
    assert evening.story()["p"] == (("stopped", "someone_answered") if answered else ("waiting", "holding"))


def test_in_a_thread_with_an_id_of_its_own_the_latest_post_is_answered() -> None:
    later = said_in(ASKED_IN_NAMED.thread, "q", "Eve", "and rye?", 5, starts_thread=True)
    evening = room(ASKED_IN_NAMED, later)
    evening.hear(comment("a", "t", "Ben", "both do", 9))
    posts = evening.floor.state.posts
    assert (posts.answered_by("q"), posts.answered_by("p")) == ("a", "q"), "Eve's post was a word in Ana's thread"


PEOPLE = ("Ana", "Ben", "Eve")
WORDS = (
    "does it rise?",
    "and rye?",
    "mine too",
    "in the oven, with only the light on",
    "Ana: yes, mine does",
    "hm",
    "so it is",
)
TALK = st.lists(
    st.tuples(st.sampled_from((*PEOPLE, BOT)), st.sampled_from(WORDS), st.sampled_from((1, 30, 700))), min_size=2
)


@given(TALK, st.data())
def test_after_a_restart_the_posts_of_a_timeline_stand_where_they_stood(
    talk: list[tuple[str | Author, str, int]], data: st.DataObject
) -> None:
    """Whether each was answered and how likely that is, at any accepted doubt; also for posts after the restart."""
    through, restarted = room(ASKED_IN_TIMELINE), room(ASKED_IN_TIMELINE)
    cut, now = data.draw(st.integers(0, len(talk))), 0.0
    for number, (who, text, gap) in enumerate(talk):
        if number == cut:
            restarted.restart()
        now += gap
        for evening in (through, restarted):
            evening.hear(line(f"m{number}", who, text, now))
    if cut == len(talk):
        restarted.restart()
    assert "p" in through.kept.posts
    for each in through.kept.posts:
        one, other = (_standing(evening, each) for evening in (through, restarted))
        assert one == other


def _standing(evening: Evening, post: str) -> tuple[float | None, bool, list[tuple[str | None, bool]]]:
    posts = evening.floor.state.posts
    answers = [(posts.answered_by(post, risk), posts.opens(post, risk)) for risk in (0.1, 0.25, 0.4)]
    return posts.likelihood(post), posts.is_lost(post, in_timeline=True), answers


def test_the_first_answer_stays_the_answer() -> None:
    evening = room(ASKED, comment("a", "p", "Ben", "yes", 9), comment("c", "p", "Eve", "no", 99))
    assert evening.floor.state.posts.answered_by("p") == "a"
    assert evening.kept.posts["p"].waited == pytest.approx(9)


def test_one_message_may_answer_two_posts() -> None:
    asked = post("q", "Eve", "and rye?", 1)
    evening = room(ASKED, asked, comment("a", "q", "Ben", "both do", 9, reply_to="p"))
    assert [evening.floor.state.posts.answered_by(each) for each in ("p", "q")] == ["a", "a"]


def test_only_what_may_want_an_answer_is_a_post() -> None:
    evening = room(
        ASKED,
        post("called", "Ana", "@mochi does it rise?", 1),
        post("bot", BOT, "does it rise?", 2),
        post("painful", "Ana", "my dog died last night, what now?", 3),
        post("nothing", "Ana", "good morning", 4),
        post("old", "Ana", "does rye rise?", 5, history=True),
    )
    assert set(evening.kept.posts) == {"p", "old"}


@pytest.mark.parametrize("join", ["mentions", "every_post"])
def test_where_nobody_waits_nothing_is_learnt(join: Join) -> None:
    assert room(ASKED, comment("a", "p", "Ben", "yes", 9), join=join).kept.posts == {}


def test_what_changed_is_told_once_to_the_store() -> None:
    posts = room(ASKED).floor.state.posts
    assert posts.changes() == []
    evening = room(ASKED, comment("a", "p", "Ben", "yes", 9))
    found = evening.kept.posts["p"]
    assert (found.author, found.root, found.answered_by, found.is_sure) == ("id-ana", "p", "a", True)
    assert evening.floor.state.posts.changes() == []


@pytest.mark.parametrize(("waited", "counts"), [(100.0, True), (20_000.0, True), (2 * DAY, False)])
def test_an_answer_teaches_the_room_and_its_community_within_a_day(waited: float, counts: bool) -> None:
    evening = room(ASKED, comment("a", "p", "Ben", "yes", waited))
    for times in (evening.floor.state.posts.here, evening.community):
        assert len(times) == 1
        still = times.curve(
            NOON.timestamp() + 9 * DAY, lambda begins, end: [end - begin for begin in begins], [1e-9] * (STEPS + 1)
        )[-1]
        assert (still < 0.5) == counts
    assert evening.floor.state.posts.answered_by("p") == "a", "it was answered all the same"


def test_a_deleted_post_teaches_nothing() -> None:
    evening = room(ASKED, post("q", "Eve", "and rye?", 1), comment("a", "p", "Ben", "yes", 9))
    evening.delete("p")
    evening.hear(line("x", "Ben", "good night", 99))
    assert set(evening.kept.posts) == {"q"}
    assert len(evening.floor.state.posts.here) == len(evening.community) == 1


def test_in_a_timeline_a_post_is_lost_when_talk_has_moved_on() -> None:
    evening = room(ASKED_IN_TIMELINE)
    posts = evening.floor.state.posts
    evening.hear(*(line(f"x{n}", BOT, "tick", 10 + n) for n in range(200)))
    assert not posts.is_lost("p", in_timeline=True)
    evening.hear(*(line(f"y{n}", BOT, "tick", 300 + n) for n in range(2)))
    evening.hear(line("z", "Ben", "good night", 400))
    assert posts.is_lost("p", in_timeline=True)
    assert not posts.is_lost("p", in_timeline=False)
    evening.restart()
    assert evening.floor.state.posts.is_lost("p", in_timeline=True)


@pytest.mark.parametrize(("risk", "end"), [(0.1, "stopped"), (0.25, "stopped"), (0.4, "due"), (0.9, "due")])
def test_who_accepts_more_risk_accepts_more_doubt_whether_it_was_answered(risk: float, end: str) -> None:
    """Somebody has said something that may have been an answer."""
    evening = Evening(rule_of(hold=10, displacement_risk=risk))
    evening.hear(*(line(f"x{n}", f"Guest{n % 5}", "lovely weather, is it not", -900 + 60 * n) for n in range(10)))
    evening.hear(ASKED_IN_TIMELINE, line("a", "Guest1", "mine too", 30))
    likelihood = evening.floor.state.posts.likelihood("p")
    assert likelihood is not None and 0.3 < likelihood < 0.5
    evening.tick("p", 600)
    assert evening.story()["p"] == (end, "unanswered" if end == "due" else "someone_answered")


@given(st.floats(0.01, 0.9), st.floats(0.01, 0.9))
def test_less_risk_never_speaks_where_more_does_not(one: float, other: float) -> None:
    posts = room(ASKED_IN_TIMELINE, line("a", "Ben", "mine too", 30)).floor.state.posts
    low, high = sorted((one, other))
    assert posts.answered_by("p", low) is not None or posts.answered_by("p", high) is None


def test_so_many_posts_are_remembered() -> None:
    evening = room(ASKED)
    for number in range(POSTS_KEPT):
        evening.hear(post(f"p{number}", person(f"Member{number}"), "does it rise?", 10.0 + number))
    posts = evening.floor.state.posts
    assert posts.is_lost("p", in_timeline=False)
    assert not posts.is_lost("p0", in_timeline=False)
    evening.hear(comment("a", "p", "Ben", "yes", 9999))
    assert posts.answered_by("p") is None
