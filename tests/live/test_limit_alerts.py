"""The manager gets one alert per limit and window when it is nearly used up, and one when it is used up."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.live.limit_alerts import LimitAlerts
from bot.types import Room, State, Turn
from tests.decide.test_budget import ANA, BEN, KITCHEN, turn
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import shipped_words
from tests.fakes.stage import stage
from tests.fakes.talk import FEED, NOON, post

WORDS = shipped_words()
WIDE = {"replies_per_member_hour": 3600, "replies_per_room_hour": 3600, "replies_per_community_hour": 3600}


class Desk:
    """A budget and the alerts that a manager reads in the log."""

    def __init__(self, **limits: Any):
        self.clock, self.limits, self.count = VirtualClock(), Limits(**{**WIDE, "usd_per_day": 1000.0, **limits}), 0
        self.turns: list[Turn] = []  # in the store
        self.restart()

    def restart(self) -> None:
        self.budget = Budget(self.limits)
        self.budget.restart(self.turns)
        self.alerts = LimitAlerts(self.budget, WORDS, self.clock)
        with capture_logs() as lines:
            self.alerts.recall(self.turns)
        assert lines == []

    def replies(self, count: int = 1, **more: Any) -> list[tuple[str, str]]:
        """Makes so many replies; returns the alerts about them."""
        with capture_logs() as lines:
            for _ in range(count):
                self.count += 1
                more.setdefault("state", State.SENT)
                said = turn(f"t{self.count}", (self.clock.now() - NOON).total_seconds(), **more)
                self.turns.append(said)
                self.budget.fold(said)
                self.alerts.look(said)
        assert all(line["log_level"] == "warning" and line["event"] == "limit" for line in lines)
        return [(line["limit"], line["level"]) for line in lines]


@pytest.mark.parametrize(
    ("key", "limit"),
    [
        ("replies_per_member_hour", "member_limit"),
        ("replies_per_room_hour", "room_limit"),
        ("replies_per_community_hour", "community_limit"),
    ],
)
async def test_each_limit_is_told_of_once_at_four_fifths_and_once_when_it_is_used_up(key: str, limit: str) -> None:
    desk = Desk(**{key: 10})
    told = [desk.replies() for _ in range(14)]
    assert told[7] == [(limit, "near")] and told[9] == [(limit, "over")]
    assert [line for lines in told for line in lines] == [(limit, "near"), (limit, "over")]
    await desk.clock.advance(3600)
    assert desk.replies(10) == [(limit, "near"), (limit, "over")], "the next hour is another window"


async def test_the_days_money_is_told_of_once_a_day() -> None:
    desk = Desk(usd_per_day=1.0)
    assert desk.replies(7, usd=0.1) == []
    assert desk.replies(5, usd=0.1) == [("budget", "near"), ("budget", "over")]
    await desk.clock.advance(12 * 3600 - 1)
    assert desk.replies(usd=0.1) == []
    await desk.clock.advance(1)
    assert desk.replies(9, usd=0.1) == [("budget", "near")]


def test_money_that_does_not_cover_one_more_reply_is_used_up() -> None:
    desk = Desk(usd_per_day=1.0)
    assert desk.replies(usd=0.5) == []
    assert desk.replies(error="budget", state=State.FAILED) == [("budget", "over")]


async def test_who_was_told_that_it_is_used_up_is_not_told_that_it_nearly_is() -> None:
    desk = Desk(replies_per_room_hour=10)
    assert desk.replies(7) == []
    await desk.clock.advance(600)
    assert desk.replies(3) == [("room_limit", "near"), ("room_limit", "over")]
    await desk.clock.advance(3000)  # the first seven leave the hour
    assert desk.replies(5) == []


@pytest.mark.parametrize("level", ["near", "over"])
async def test_after_a_restart_it_is_not_told_again_in_the_same_window_and_told_in_the_next(level: str) -> None:
    desk = Desk(replies_per_room_hour=10, usd_per_day=1.0)
    told = desk.replies(8 if level == "near" else 10, usd=0.1)
    assert {line for line in told if line[1] == level} == {("room_limit", level), ("budget", level)}
    before = desk.alerts.current()
    await desk.clock.advance(1800)
    desk.restart()
    assert sorted(map(str, desk.alerts.current())) == sorted(map(str, before)), "who asks is told the same"
    assert desk.replies() == [], "known already"
    await desk.clock.advance(1800)
    assert desk.replies(8) == [("room_limit", "near")]
    await desk.clock.advance(12 * 3600)
    assert desk.replies(8, usd=0.1) == [("room_limit", "near"), ("budget", "near")]


def test_after_a_restart_what_was_not_told_yet_is_told() -> None:
    desk = Desk(replies_per_room_hour=10)
    assert desk.replies(7) == []
    desk.restart()
    assert desk.replies(1) == [("room_limit", "near")]
    desk.restart()
    assert desk.replies(2) == [("room_limit", "over")]


async def test_a_running_cameo_tells_of_a_limit_once_though_it_is_started_anew(tmp_path: Path) -> None:
    clock, limits = VirtualClock(), Limits(replies_per_room_hour=1)
    with capture_logs() as lines:
        async with stage(tmp_path, clock, limits) as on:
            await on.hear([post("p", "Ana", "@mochi hi")])
            await clock.advance(3)
            await on.until_told("p", "sent")
        async with stage(tmp_path, clock, limits) as on:
            assert [notice.limit for notice in on.alerts.current()] == ["room_limit"]
            await on.hear([post("q", "Ben", "@mochi and you?", 4)])
            await clock.advance(5)
            await on.until_told("q", "sent")
    assert [(line["limit"], line["level"]) for line in lines if line["event"] == "limit"] == [("room_limit", "over")]


def test_members_and_rooms_are_told_of_apart() -> None:
    desk = Desk(replies_per_member_hour=1)
    told = [desk.replies(member=member) for member in (ANA, ANA, BEN)]
    assert told == [[("member_limit", "over")], [], [("member_limit", "over")]]
    desk = Desk(replies_per_room_hour=1)
    assert [desk.replies(room=room) for room in (FEED, FEED, KITCHEN)] == [
        [("room_limit", "over")],
        [],
        [("room_limit", "over")],
    ]


def test_a_limit_of_none_is_what_the_manager_wants_and_no_news() -> None:
    desk = Desk(replies_per_room_hour=0, usd_per_day=0)
    assert desk.replies(usd=0.1) == []


def test_silence_uses_nothing_and_is_not_looked_at() -> None:
    desk = Desk(replies_per_room_hour=1)
    desk.replies()
    quiet = turn("quiet", 1, room=Room("local", "home", "other"), state=State.SILENT, verdict="silent")
    with capture_logs() as lines:
        desk.alerts.look(quiet)
    assert lines == []


async def test_what_holds_now_can_be_asked_for_and_names_nobody() -> None:
    desk = Desk(replies_per_member_hour=10, usd_per_day=1.0)
    desk.replies(9, usd=0.1)
    [money, member] = sorted(desk.alerts.current(), key=lambda notice: notice.limit)
    assert (money.limit, money.level, money.until) == ("budget", "near", NOON + timedelta(hours=12))
    assert (member.limit, member.level, member.until) == ("member_limit", "near", NOON + timedelta(hours=1))
    assert "0.8 of today's 1 US dollars" in money.text and "8 of the 10 replies" in member.text
    assert ANA not in str(desk.alerts.current()) and "feed" not in str(desk.alerts.current())
    await desk.clock.advance(3600)
    assert [notice.limit for notice in desk.alerts.current()] == ["budget"]


@pytest.mark.parametrize("limit", ["member_limit", "room_limit", "community_limit", "budget"])
@pytest.mark.parametrize("level", ["near", "over"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_there_is_a_sentence_for_each_in_both_languages(limit: str, level: str, language: str) -> None:
    text = WORDS.say(f"told.{limit}_{level}", language, used="8", limit="10")
    assert "10" in text and "limits." in text and json.dumps(text)


FLOOD = [post(f"r{n}", name, "free nitro, claim it at https://gift.example/x", n) for n, name in enumerate("abc")]


async def test_a_raid_is_told_of_once_an_hour_in_each_room_and_not_again_after_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock()
    with capture_logs() as lines:
        async with stage(tmp_path, clock, join="unanswered") as scene:
            await scene.hear(FLOOD)
            await scene.hear([post("later", "Ana", "does it rise?", 4)])
            assert (await scene.story())["later"] == ("silent", "raid")
            [alert] = scene.alerts.current()
            assert (alert.limit, alert.until) == ("raid", scene.clock.now() + timedelta(hours=1))
            assert "feed" not in alert.text
        async with stage(tmp_path, clock, join="unanswered") as again:
            assert [each.limit for each in again.alerts.current()] == ["raid"]
            await again.hear([post("last", "Ana", "does it rise in the cold?", 5)])
            assert (await again.story())["last"] == ("silent", "raid")
    assert [line["told"] for line in lines if line["event"] == "raid"] == [alert.text]
