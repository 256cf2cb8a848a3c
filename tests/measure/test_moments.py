"""Moments: replies in their context, chosen alike from rooms, times and outcomes."""

from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import Settings
from bot.explain.words import LANGUAGES
from bot.measure.followed import COUNTS_AS_ANSWERED, PostFollowed, SpokenReply
from bot.measure.lines import Shape
from bot.measure.moment_html import cards, wait_of
from bot.measure.moments import AFTER, BEFORE, MISTAKES, MOST_MOMENTS, chosen, moments
from bot.measure.open_questions import QuestionsHeard
from bot.measure.replay import Considered
from bot.measure.shown import LONGEST_SHOWN, shown
from bot.measure.trial_play import RiskRun
from bot.measure.trial_results import Became
from bot.measure.trial_rules import TrialRules
from bot.types import Decision, Message, State, Turn, Verdict
from bot.write.persona import Persona
from tests.fakes.shipped import reference, shipped_words
from tests.measure.community import BEGIN, row
from tests.measure.conftest import Play

SHAPE = Shape()
NAMES = {"mochi": "Mochi"}
KINDS: tuple[Became, ...] = ("helped", "pre_empted", "late", "unknown")


def message(
    id: str, minutes: float, room: str = "feed", text: str = "does it rise?", thread: str | None = None
) -> Message:
    return SHAPE.message(row(id, f"u{len(id)}", text, minutes * 60, room=room, thread=thread))


def reply(post: Message, became: Became = "helped", after: float = 10.0, answer: str | None = None) -> SpokenReply:
    at = post.heard + timedelta(minutes=after)
    decision = Decision(Verdict.SPEAK, "unanswered")
    turn = Turn(f"t{post.id}", post.thread, post.id, post.author.id, "mochi", decision, State.SENT, at)
    return SpokenReply(Considered(turn, True, at, post), PostFollowed(post, answer=answer), False, became)


def span(replies: list[SpokenReply]) -> tuple[datetime, datetime]:
    times = [one.post.heard for one in replies] or [BEGIN]
    return min(times), max(times) + timedelta(hours=1)


REPLIES = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 10_000), st.sampled_from(KINDS)), max_size=120).map(
    lambda rows: [reply(message(f"m{n}", at, f"room{room}"), kind) for n, (room, at, kind) in enumerate(rows)]
)


@given(REPLIES)
def test_the_choice_is_bounded_the_same_each_time_and_holds_mistakes(replies: list[SpokenReply]) -> None:
    found = chosen(replies, *span(replies))
    assert len(found) == min(MOST_MOMENTS, len(replies)) == len({one.post.id for one in found})
    assert [one.post.id for one in found] == [one.post.id for one in chosen(replies[::-1], *span(replies))]
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    for kind, least in MISTAKES.items():
        assert sum(one.became == kind for one in found) >= min(least, sum(one.became == kind for one in replies))


def test_mistakes_are_shown_however_many_moments_were_good() -> None:
    replies = [reply(message(f"m{n}", n)) for n in range(500)]
    replies += [reply(message(f"{kind}{n}", n), kind) for kind in MISTAKES for n in range(9)]
    found = [one.became for one in chosen(replies, *span(replies))]
    assert {kind: found.count(kind) for kind in MISTAKES} == MISTAKES


@given(REPLIES)
def test_every_room_is_there_if_there_is_room(replies: list[SpokenReply]) -> None:
    helped = [one for one in replies if one.became == "helped"]
    found = chosen(helped, *span(helped))
    assert {one.post.room.id for one in found} == {one.post.room.id for one in helped}


def test_what_is_chosen_at_one_step_of_the_dial_mostly_stays_at_the_next() -> None:
    replies = [reply(message(f"m{n}", n * 37 % 5000, f"room{n % 4}")) for n in range(400)]
    before = {one.post.id for one in chosen(replies, *span(replies))}
    after = {
        one.post.id
        for one in chosen(replies + [reply(message(f"x{n}", n * 91 % 5000)) for n in range(60)], *span(replies))
    }
    assert len(before & after) > MOST_MOMENTS / 2


def test_a_moment_holds_what_was_said_around_it_and_the_answer_wherever_it_is() -> None:
    history = [message(f"m{n}", n, text=f"line {n}") for n in range(40)]
    history.insert(11, message("elsewhere", 10.5, room="kitchen"))
    (found,) = moments([reply(history[10], "pre_empted", answer="m30")], history, NAMES)
    assert [one.id for one in found.before] == [f"m{n}" for n in range(10 - BEFORE, 10)]
    assert [one.id for one in found.after] == [*(f"m{n}" for n in range(11, 11 + AFTER)), "m30"]
    assert (found.post.id, found.waited, found.became, found.answer) == ("m10", 600.0, "pre_empted", "m30")


def test_of_a_thread_only_its_own_messages_are_shown() -> None:
    history = [
        message("p", 0, thread="p"),
        message("q", 1, thread="q"),
        message("a", 2, thread="p"),
        message("b", 3, thread="q"),
    ]
    (found,) = moments([reply(history[0])], history, NAMES)
    assert [one.id for one in found.after] == ["a"]


def test_what_came_after_the_horizon_is_not_shown() -> None:
    history = [message("p", 0), message("late", 60 * 30)]
    (found,) = moments([reply(history[0])], history, NAMES)
    assert found.after == ()


def test_a_long_text_is_cut() -> None:
    assert len(shown(message("m", 0, text="x" * 5000)).text) == LONGEST_SHOWN


# --- as HTML -------------------------------------------------------------------------------------


class Tags(HTMLParser):
    def __init__(self, text: str):
        super().__init__()
        self.names: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_shows_post_wait_and_what_people_did_and_runs_nothing(language: str) -> None:
    evil = "<script>alert(1)</script>"
    history = [message(f"m{n}", n, room=evil, text=f"{evil} {n}") for n in range(12)]
    (found,) = moments([reply(history[6], "pre_empted", answer="m11")], history, NAMES)
    words = shipped_words()
    card = Tags(cards([found], lambda key, **values: words.say(key, language, **values), evil))
    assert "script" not in card.names and card.names.count("article") == 1
    assert f"{evil} 6" in card.words and words.say("trial.became.pre_empted", language) in card.words
    before_fold = card.words[: card.words.rindex(words.say("report.more", language, count=3))]
    assert f"{evil} 11" in before_fold, "the answer is seen without unfolding"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(5, "5 s"), (60, "1 min"), (5400, "90 min"), (7200, "2 h"), (86_400, "24 h"), (172_800, "2 days")],
)
def test_a_wait_is_told_in_its_largest_fitting_unit(seconds: float, told: str) -> None:
    assert wait_of(seconds, shipped_words().say) == told


@pytest.mark.parametrize("hold", [30, 90], ids=["said-before", "said-meanwhile"])
@pytest.mark.parametrize("thread", [None, "q"], ids=["reply", "thread"])
@pytest.mark.parametrize(("hours", "became"), [(2.9, "pre_empted"), (3.1, "helped")])
def test_an_answer_counts_within_the_horizon_only(
    played: Play, tmp_path: Path, hours: float, became: Became, thread: str | None, hold: float
) -> None:
    answer = row("a", "ben", "two days", hours * 3600, thread=thread, reply_to=None if thread else "q")
    later = [row(f"z{n}", "zoe", "loaf", (20 + n) * 3600, thread=f"z{n}" if thread else None) for n in range(2)]
    rows = [row("q", "ana", "does it rise in a day?", thread=thread), answer, *later]
    done = played(rows, horizon=3 * 3600.0, html=tmp_path / "r.html", join="unanswered", hold=hold)
    assert [one.became for one in done.study.moments[0] if one.id == "q"] == [became]
    assert done.summary["useful" if became == "helped" else "displacement"] == 1.0


@pytest.mark.parametrize(("hours", "unanswered"), [(23.9, 0), (24.1, 1), (35.0, 1)])
def test_a_question_counts_as_unanswered_if_the_answer_came_after_the_horizon(
    personas: dict[str, Persona], hours: float, unanswered: int
) -> None:
    rows = [row("q", "ana", "does anyone know where to buy rye flour?")]
    rows += [row("a", "ben", "try the mill on Kirkgate", hours * 3600, reply_to="q")]
    rows += [row("z", "zoe", "lovely weather today", 90 * 3600)]
    questions, settings = QuestionsHeard(reference()), Settings()
    run = RiskRun(0.25, TrialRules.of(settings, personas), settings, personas, reference())
    run.play([SHAPE.message(one) for one in rows], lambda done, number: None, questions)
    assert (len(questions.unanswered()), questions.asked) == (unanswered, 1)


def asked_in_a_timeline() -> list[dict[str, Any]]:
    """A plain timeline: every half hour a question, and after each third one an answer that calls its author."""
    rows = []
    for n in range(240):
        begin, asker = 1800.0 * n, f"asker{n % 9}"
        rows.append(row(f"q{n}", asker, f"does anybody know how to fix mill number {n} of mine?", begin))
        if n % 3 == 0:
            rows.append(row(f"a{n}", f"helper{n % 5}", f"{asker}: turn the screw of mill {n}", begin + 60 * (n % 20)))
        elif n % 3 == 1:
            rows.append(row(f"a{n}", f"helper{n % 5}", f"turn the screw of mill {n}, mine too", begin + 60 * (n % 20)))
    return sorted(rows, key=lambda one: str(one["at"]))


def test_a_moment_at_which_a_person_answered_shows_which_message_counted_and_how_sure_that_is(
    personas: dict[str, Persona],
) -> None:
    settings = Settings()
    history = [SHAPE.message(one) for one in asked_in_a_timeline()]
    run = RiskRun(0.5, TrialRules.of(settings, personas), settings, personas, reference())
    run.play(history, lambda done, number: None)
    answered = [one for one in run.replies if one.became in ("pre_empted", "late")]
    found = moments(answered, history, NAMES)
    assert len(found) > 10 and any(one.answer_sure < 1 for one in found)
    for one in found:
        (answer,) = [each for each in one.after if each.id == one.answer]
        assert answer.author != one.post.author and COUNTS_AS_ANSWERED <= one.answer_sure <= 1
