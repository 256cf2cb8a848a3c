"""The floor over recorded history: when it would have spoken, and that it never knows more than live."""

import random
from datetime import datetime
from typing import Any, Literal

import pytest

from bot.config.room_rule import Join, RoomRule
from bot.config.settings import Limits, Settings
from bot.measure.replay import rule_for
from bot.types import Room
from tests.measure.community import BEGIN, community, row
from tests.measure.conftest import Play, Played


def at(turn: dict[str, Any]) -> float:
    """A time, `seconds` after noon."""
    return (datetime.fromisoformat(turn["at"]) - BEGIN).total_seconds()


def at_of(played: Played, trigger: str) -> float:
    return next(at(turn) for turn in played.turns if turn["trigger"] == trigger)


# --- one conversation at a time ------------------------------------------------------------------


def test_nobody_answers_so_it_speaks_when_the_hold_is_over(played: Play) -> None:
    done = played([row("p", thread="p"), row("later", "ben", "hm", 9000, thread="x")], join="unanswered")
    assert done.story()["p"] == ("speak", "unanswered")
    assert at_of(done, "p") == 3600
    assert done.summary["messages"] == 2 and done.summary["considered"] == 2 and done.summary["spoken"] == 1


def test_a_persons_answer_ends_the_wait_at_that_moment(played: Play) -> None:
    done = played([row("p", thread="p"), row("a", "ben", "it does", 600, thread="p")], join="unanswered")
    assert done.story()["p"] == ("silent", "someone_answered")
    assert at_of(done, "p") == 600


def test_an_answer_in_the_very_moment_of_the_hold_comes_first(played: Play) -> None:
    done = played([row("p", thread="p"), row("a", "ben", "it does", 3600, thread="p")], join="unanswered")
    assert done.story()["p"] == ("silent", "someone_answered")


def test_room_and_thread_are_those_of_the_file(played: Play) -> None:
    done = played([row("p", thread="p", room="Küche/1"), row("q", room="Küche/1", seconds=1)], join="mentions")
    assert [(turn["room"], turn["thread"]) for turn in done.turns] == [("Küche/1", "p"), ("Küche/1", None)]


def test_at_the_end_the_clock_runs_on_until_nothing_waits(played: Play) -> None:
    done = played([row("p", thread="p")], join="unanswered", hold=600)
    assert done.story() == {"p": ("speak", "unanswered")}
    assert at_of(done, "p") == 36_000


def test_who_calls_us_is_answered_by_mention_and_by_name(played: Play) -> None:
    rows = [row("a", mentions=["cameo"], text="hey"), row("b", "ben", "@mochi hey", 60), row("c", "eve", "hey", 120)]
    done = played(rows, join="mentions")
    assert done.spoken() == ["a", "b"]
    assert at_of(done, "a") == 2  # when the burst is over, as live


def test_a_burst_is_answered_once_by_a_reply_to_its_last_message(played: Play) -> None:
    done = played([row("a", mentions=["cameo"]), row("b", mentions=["cameo"], seconds=1.5)], join="mentions")
    assert done.story() == {"a": ("silent", "merged"), "b": ("speak", "addressed")}
    assert at_of(done, "a") == 1.5 and at_of(done, "b") == 3.5


def test_what_it_would_have_said_counts_for_the_caps(played: Play) -> None:
    rows = [row("p", thread=None), row("q", "ben", seconds=3700), row("z", "eve", "hm", 20_000)]
    done = played(rows, join="unanswered")
    assert done.story()["p"] == ("speak", "unanswered")
    assert done.story()["q"] == ("silent", "share_of_voice")  # one of three messages was ours, and the cap is a fifth
    assert played(rows, join="unanswered", share_of_voice=0.9).story()["q"] == ("speak", "unanswered")


def test_two_in_a_row_it_never_says(played: Play) -> None:
    posts = [row("p", thread=None), row("q", "ben", seconds=1800, reply_to=None, thread="q")]
    done = played([*posts, row("r", "eve", "who has a jar?", 3000)], join="unanswered", share_of_voice=1.0)
    assert done.story()["p"] == ("speak", "unanswered")
    assert done.story()["r"] == ("silent", "two_in_a_row")


def test_bots_are_not_answered_and_off_is_off(played: Play) -> None:
    assert played([row("b", bot=True, mentions=["cameo"])], join="every_post").story() == {"b": ("silent", "from_bot")}
    off = played([row("p", mentions=["cameo"])], join="off")
    assert off.turns == [] and off.summary["messages"] == 1


def test_a_line_behind_a_later_one_is_heard_in_its_turn(played: Play) -> None:
    done = played([row("p", seconds=1000), row("q", "ben", seconds=990, mentions=["cameo"])], join="mentions")
    assert at_of(done, "q") >= 1000
    assert done.summary["late_lines"] == 1


def test_over_a_limit_it_gives_a_sign_and_then_only_an_emoji(played: Play) -> None:
    rows = [row(f"a{n}", mentions=["cameo"], seconds=60 * n) for n in range(4)]
    done = played(rows, join="mentions", limits=Limits(replies_per_member_hour=1))
    assert [turn["reason"] for turn in done.turns] == ["addressed", *["member_limit"] * 3]


def test_the_days_money_ends_what_nobody_called_for(played: Play) -> None:
    rows = [row(f"p{n}", f"u{n}", thread=f"p{n}", seconds=n) for n in range(40)]
    rich = played(rows, join="every_post", share_of_voice=1.0, limits=Limits(replies_per_room_hour=60))
    assert rich.summary["spoken"] == 40 and rich.summary["estimated_cost_usd"] > 0.01
    limits = Limits(replies_per_room_hour=60, usd_per_day=rich.summary["estimated_cost_usd"] / 4)
    poor = played(rows, join="every_post", share_of_voice=1.0, limits=limits)
    assert poor.summary["estimated_cost_usd"] <= limits.usd_per_day
    assert "budget" in {turn["reason"] for turn in poor.turns}


# --- our own recorded words ----------------------------------------------------------------------


def ours(id: str, seconds: float, reply_to: str | None, **more: Any) -> dict[str, Any]:
    return row(id, "cameo", "ours", seconds, reply_to=reply_to, bot=True, **{"self": True}, **more)


def test_our_recorded_words_stand_in_for_what_it_would_have_said(played: Play) -> None:
    rows = [row("p", thread="p"), ours("o", 3604, "p", thread="p"), row("q", "ben", "@cameo why?", 3700, thread="p")]
    done = played([*rows, ours("o2", 3709, "q", thread="p")], join="unanswered")
    assert done.story() == {"p": ("speak", "unanswered"), "q": ("speak", "addressed")}
    assert (at_of(done, "p"), at_of(done, "q")) == (3604, 3709)
    assert done.summary["share_of_voice"]["feed"] == 0.5


def test_our_recorded_words_at_the_moment_they_were_due_came_after(played: Play) -> None:
    rows = [row("p", thread="p"), ours("o", 3600, "p", thread="p")]
    assert played(rows, join="unanswered").story() == {"p": ("speak", "unanswered")}


def test_our_recorded_words_before_the_hold_is_over_are_those_of_another_policy(played: Play) -> None:
    rows = [row("p", thread="p"), ours("o", 600, "p", thread="p")]
    assert played(rows, join="unanswered").story() == {"p": ("silent", "already_spoke")}


def test_a_reply_to_our_recorded_words_calls_us_however_long_ago_they_were_said(played: Play) -> None:
    talk = [row(f"t{n}", "ben", "hm", 10 + n) for n in range(300)]
    rows = [ours("o", 1, None), *talk, row("late", "eve", "and then?", 400, reply_to="o"), ours("o2", 405, "late")]
    assert played(rows, join="mentions").story()["late"] == ("speak", "addressed")


def test_a_person_who_answers_while_we_wrote_ends_the_turn_there_too(played: Play) -> None:
    rows = [row("p", thread="p"), row("a", "ben", "it does", 3601, thread="p"), ours("o", 9000, None)]
    assert played(rows, join="unanswered").story()["p"] == ("silent", "someone_answered")


# --- whole communities ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("join", "hold"), [("mentions", 20), ("unanswered", 20), ("unanswered", "auto"), ("every_post", 20)]
)
@pytest.mark.parametrize("threaded", [True, False])
def test_a_replay_never_sees_the_future(
    played: Play, join: Join, hold: Literal["auto"] | float, threaded: bool
) -> None:
    rows = community(3, threaded=threaded)
    whole = {(turn["trigger"], turn["decision"], turn["at"]) for turn in played(rows, join=join, hold=hold).turns}
    for cut in random.Random(1).sample(range(50, len(rows)), 6):
        until = rows[cut]["at"]
        begun = played([one for one in rows if one["at"] < until], join=join, hold=hold).turns
        seen = {(turn["trigger"], turn["decision"], turn["at"]) for turn in begun}
        moment = datetime.fromisoformat(until)
        earlier = {one for one in whole if datetime.fromisoformat(one[2]) < moment}
        assert earlier == {one for one in seen if datetime.fromisoformat(one[2]) < moment} != set()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("join", ["unanswered", "every_post"])
def test_promises_hold_on_made_up_communities(played: Play, seed: int, join: Join) -> None:
    rows = community(seed)
    by_id = {one["id"]: one for one in rows}
    done = played(rows, join=join, hold=10, share_of_voice=0.2)
    assert sorted(turn["trigger"] for turn in done.turns) == sorted(by_id)  # each message is considered once
    assert [turn["at"] for turn in done.turns] == sorted(turn["at"] for turn in done.turns)  # written as they end
    assert all(turn["at"] >= by_id[turn["trigger"]]["at"].replace("Z", "+00:00") for turn in done.turns)
    assert not any(by_id[trigger]["bot"] for trigger in done.spoken())
    unprompted = [by_id[id]["thread"] for id in done.spoken() if "cameo" not in by_id[id]["mentions"]]
    assert unprompted and len(unprompted) == len(set(unprompted))  # once in a thread is enough
    for room, tally in done.study.runs[0].tally.rooms.items():
        assert tally.loudest <= 1.0 and done.summary["share_of_voice"][room] <= 0.5
        assert room in done.summary["share_of_voice"]


def test_the_same_history_gives_the_same_turns(played: Play) -> None:
    rows = community(9)
    assert played(rows, join="unanswered").turns == played(rows, join="unanswered").turns


def test_a_rule_is_found_by_the_place_of_replays_and_by_the_real_one() -> None:
    rules = (
        RoomRule(match="replay/-/feed", join="off"),
        RoomRule(match="discord/*/feed", join="every_post"),
        RoomRule(match="discord/*", join="unanswered"),
    )
    settings = Settings(rooms=rules)
    assert rule_for(settings, Room("discord", "1", "9", "feed")) is rules[0]
    assert rule_for(settings, Room("discord", "1", "9", "talk")) is rules[2]
    assert rule_for(settings, Room("replay", "-", "feed")) is rules[0]
    assert rule_for(settings, Room("matrix", "-", "x")).join == "mentions"
