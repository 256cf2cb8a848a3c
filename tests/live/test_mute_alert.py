"""What the manager is told while callers get no model's answer, by the turns that end so."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.config.settings import Limits
from bot.decide.budget import Budget
from bot.live.limit_alerts import LimitAlerts
from bot.live.mute import MUTE_WINDOW, MuteAlert
from bot.types import Decision, Room, State, Thread, Turn, Verdict
from bot.write.models.model_state import ModelStatus
from tests.fakes.clock import VirtualClock
from tests.fakes.shipped import shipped_words

WORDS = shipped_words()
KIMI = ModelStatus("kimi", False, "no_key", "MOONSHOT_API_KEY is not set", False, True)


def turn(**more: Any) -> Turn:
    because = more.pop("because", "")
    facts = {"pointer": {"score": None, "least": 0.6, "because": because}} if because else {}
    sent = Turn(
        "t", Thread(Room("local", "home", "kitchen")), "m1", "id-ana", "mochi",
        Decision(Verdict.SPEAK, "addressed", facts=facts), State.SENT, datetime(2026, 3, 1, tzinfo=UTC),
        addressed=True, text="...", model="pointer" if because else "kimi",
    )  # fmt: skip
    return replace(sent, **more)


APOLOGY = turn(error="models_failed", model="kimi")
ANSWER = turn()
POINTS, FILLS_IN = turn(because="no_model"), turn(because="models_failed")


@pytest.mark.parametrize(
    ("turns", "level", "told"),
    [
        ([APOLOGY], "failing", "told.mute"),
        ([turn(error="no_model", model="")], "failing", "told.mute"),
        ([POINTS], "near", "told.points"),
        ([FILLS_IN], "failing", "told.points_failing"),
        ([POINTS, FILLS_IN], "failing", "told.points_failing"),
        ([POINTS, APOLOGY], "failing", "told.mute"),
        ([FILLS_IN, POINTS], "failing", "told.points_failing"),
        ([APOLOGY, FILLS_IN], "failing", "told.mute"),
        ([APOLOGY, ANSWER], "", ""),
        ([FILLS_IN, ANSWER], "", ""),
        ([POINTS, ANSWER], "", ""),
        ([turn(because="budget")], "", ""),
        ([replace(POINTS, addressed=False)], "", ""),
    ],
)
def test_the_alert_says_the_truth(turns: list[Turn], level: str, told: str) -> None:
    alert = MuteAlert(lambda: [KIMI], WORDS, VirtualClock())
    for one in turns:
        alert.look(one)
    [*found] = [(each.level, each.text) for each in alert.current()]
    assert found == ([(level, WORDS.say(told, models="kimi: no_key"))] if level else [])


async def test_it_ends_by_itself_when_nobody_has_called_for_a_while() -> None:
    clock = VirtualClock()
    alert = MuteAlert(lambda: [KIMI], WORDS, clock)
    alert.look(FILLS_IN)
    await clock.advance(MUTE_WINDOW.total_seconds())
    assert alert.current() == []


@pytest.mark.parametrize(
    ("of", "levels"), [(turn(because="budget"), ["over"]), (POINTS, []), (turn(error="budget"), ["over"])]
)
def test_a_pointer_in_place_of_an_answer_that_was_too_dear_tells_that_the_money_is_used_up(
    of: Turn, levels: list[str]
) -> None:
    alerts = LimitAlerts(Budget(Limits(usd_per_day=1.0)), WORDS, VirtualClock())
    alerts.look(of)
    assert [each.level for each in alerts.current()] == levels
