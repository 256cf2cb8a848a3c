"""A watched room takes the moments that it would take if it spoke, and says nothing."""

from pathlib import Path
from typing import Any

import pytest

from bot.config.settings import Limits
from bot.measure.report import page
from bot.measure.study import summary_lines
from tests.fakes.shipped import shipped_words
from tests.measure.community import community, row
from tests.measure.conftest import Play

PLENTY = Limits(
    replies_per_member_hour=3600, replies_per_room_hour=3600, replies_per_community_hour=3600, usd_per_day=1000.0
)


@pytest.mark.parametrize("threaded", [True, False], ids=["threads", "timeline"])
@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"hold": "auto", "displacement_risk": 0.5},
        {"hold": 5, "posts": "all", "share_of_voice": 0.1, "coverage": 0.7},
        {"hold": 1, "posts": "all", "share_of_voice": 1.0, "quiet_hours": "14:00-16:30", "emoji_instead": True},
    ],
    ids=["usual", "learnt", "quiet-voiced", "loud"],
)
def test_it_takes_the_same_moments(played: Play, rule: dict[str, Any], threaded: bool) -> None:
    rows = community(7, 250, threaded=threaded)
    spoken = played(rows, join="unanswered", limits=PLENTY, **rule).turns
    watched = played(rows, join="watch", limits=PLENTY, **rule)
    moments = [(turn["trigger"], turn["at"]) for turn in spoken if turn["decision"] == "speak"]
    assert moments == [(turn["trigger"], turn["at"]) for turn in watched.turns if turn["reason"] == "watching"]
    said_for = [turn["reason"] for turn in spoken if turn["decision"] == "speak"]
    withheld = [turn for turn in watched.turns if turn["reason"] == "watching"]
    assert said_for == [turn["would"]["reason"] for turn in withheld]
    assert all("would" not in turn for turn in watched.turns if turn["reason"] != "watching")
    assert len(moments) > 15 and watched.summary["spoken"] == watched.summary["estimated_cost_usd"] == 0
    assert f"; in watched rooms, {len(moments):,} would have been spoken" in summary_lines(watched.study)[0]
    assert watched.summary["watched"] == len(moments)
    others = [{**turn, "decision": ""} for turn in spoken if turn["decision"] != "speak"]
    assert others == [{**turn, "decision": ""} for turn in watched.turns if turn["reason"] != "watching"]


def test_it_uses_up_no_limit_of_the_rooms_in_which_it_speaks(played: Play) -> None:
    rows = [row(f"p{n}", "ana", "does it rise?", 5000.0 * n, thread=f"p{n}") for n in range(3)]
    done = played(rows, join="watch", limits=Limits(replies_per_room_hour=0, replies_per_member_hour=1))
    assert set(done.story().values()) <= {("silent", "watching"), ("silent", "room_limit")}
    calls = [row(f"c{n}", "ana", "@cameo hm?", 60.0 * n, mentions=["cameo"]) for n in range(4)]
    done = played(calls, join="watch", limits=Limits(replies_per_room_hour=1, replies_per_member_hour=1))
    assert set(done.story().values()) == {("silent", "watching")}


@pytest.mark.parametrize("threaded", [True, False], ids=["threads", "timeline"])
def test_its_report_shows_what_it_would_have_said(played: Play, tmp_path: Path, threaded: bool) -> None:
    rows, html = community(7, 250, threaded=threaded), tmp_path / "report.html"
    spoken = played(rows, join="unanswered", limits=PLENTY, hold=5, html=html)
    watched = played(rows, join="watch", limits=PLENTY, hold=5, html=html)
    assert watched.study.moments == spoken.study.moments and len(watched.study.moments[0]) == 20
    once_said = {"spoken", "watched", "seconds", "estimated_cost_usd"}
    assert _without(watched.summary, once_said) == _without(spoken.summary, once_said)
    assert watched.summary["watched"] == spoken.summary["spoken"] and spoken.summary["watched"] == 0
    pairs = zip(watched.study.runs[0].tally.rooms.values(), spoken.study.runs[0].tally.rooms.values(), strict=True)
    for here, there in pairs:
        assert (list(here.over_time), list(here.voice)) == (list(there.over_time), list(there.voice))
        assert here.silences == there.silences and here.share_of_voice == there.share_of_voice > 0
    text = page(watched.study, shipped_words())
    assert f"<dt>Would have spoken</dt><dd>{watched.summary['watched']:,}</dd>" in text
    assert "would have been ours" in text and "rooms that it only watches" in text
    assert "rooms that it only watches" not in page(spoken.study, shipped_words())


def _without(summary: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key not in keys}
