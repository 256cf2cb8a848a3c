"""What is in force, where it comes from, and which choice decided, in words; who chose it for those who may know."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.choices import CHOOSABLE, MUTE, Chosen, InRoom, Scope, values_in_force
from bot.config.policy import Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.decide.chosen import with_choices
from bot.decide.reasons import Reason
from bot.explain.chain import chain
from bot.explain.chosen import because, said, source, unfit_line
from bot.explain.member_steps import member_steps
from bot.explain.room_table import room_rows
from bot.explain.words import LANGUAGES, load_words
from bot.types import Decision, Room, State, Thread, Turn, Verdict
from tests.fakes.shipped import personas

AT = datetime(2026, 5, 3, 23, 30, tzinfo=UTC)
FEED = Room("local", "home", "feed", "feed", "home")
COMMUNITY, ROOM = Scope("local", "home"), Scope("local", "home", "feed")
WORDS = load_words()


def chosen(key: str, value: Any, scope: Scope = ROOM, until: datetime | None = None) -> Chosen:
    return Chosen(scope, key, value, "id-ana", AT, until, 3)


def policy(*choices: Chosen, **rule: Any) -> Policy[Any]:
    rules = (RoomRule(match="local/*", **{"chat_settings": "all", **rule}),)
    return Policy(Settings(rooms=rules), personas(), choices)


def in_force(key: str, here: InRoom, language: str = "en", **more: Any) -> tuple[str, str]:
    value = next(one for one in values_in_force(here) if one.key == key)
    return said(key, value.value, WORDS, language), source(value, here, WORDS, language, **more)


def test_each_value_says_where_it_comes_from() -> None:
    here = policy(chosen("share_of_voice", 0.1), chosen("place", "thread", COMMUNITY), join="watch").in_room(FEED)
    assert in_force("share_of_voice", here) == ("share of voice: 0.1", "chosen for this room on 3 May")
    assert in_force("place", here, name="Ana")[1] == "chosen for the whole community by Ana on 3 May"
    assert in_force("join", here) == ("joining in: watch", "rooms.0 of config.yaml (local/*)")
    assert in_force("judge", here) == ("judge: none", "the default")
    assert in_force("share_of_voice", here, "zh", name="Ana") == ("发言份额：0.1", "由 Ana 于5月3日为这个房间选定")


def test_dates_are_those_of_the_rooms_clocks() -> None:
    here = policy(chosen(MUTE, True, until=AT)).in_room(FEED)
    told = in_force(MUTE, here, zone=ZoneInfo("Asia/Shanghai"))
    assert told == ("mute", "chosen for this room on 4 May, until 2026-05-04 07:30 CST")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_key_every_source_and_every_month_has_words(language: str) -> None:
    for month in range(1, 13):
        values = [chosen(key, None, scope) for key in (*CHOOSABLE, MUTE) for scope in (ROOM, COMMUNITY)]
        for one in values:
            fact = with_choices(Decision(Verdict.SILENT, Reason.MUTED), RoomRule(match="*"), {MUTE: one}).facts
            told = {**fact["chosen"][MUTE], "at": AT.replace(month=month, day=1).isoformat()}
            (line,) = because({one.key: told}, WORDS, language)
            assert "{" not in line and "choice." not in line


def test_what_is_out_of_force_says_why() -> None:
    (gone,) = policy(chosen("persona", "gone")).in_room(FEED).unfit
    line = unfit_line(gone, WORDS, name="Ana")
    assert line.startswith("persona: gone, chosen for this room by Ana on 3 May: not in force. persona: there is no ")
    (closed,) = policy(chosen("join", "watch"), chat_settings="none").in_room(FEED).unfit
    assert unfit_line(closed, WORDS).endswith("keeps the settings of this room to themselves.")


def turn(by: str = "") -> Turn:
    choices = {"share_of_voice": chosen("share_of_voice", 0.1)}
    one = with_choices(Decision(Verdict.SILENT, Reason.SHARE_OF_VOICE), RoomRule(match="*"), choices)
    fact = {"share_of_voice": {**one.facts["chosen"]["share_of_voice"], **({"by": by} if by else {})}}
    decision = replace(one, facts={"chosen": fact})
    return Turn("t", Thread(FEED), "m", "id-eve", "mochi", decision, State.STOPPED, AT)


def test_why_names_the_choice_that_decided_and_who_made_it_to_managers_only() -> None:
    nameless, named = ([line.text for line in chain(turn(by), WORDS)] for by in ("", "Ana"))
    assert "share of voice: 0.1, chosen for this room on 3 May" in nameless
    assert "share of voice: 0.1, chosen for this room by Ana on 3 May" in named
    for by in ("", "Ana"):
        told = [step.text for step in member_steps(turn(by), "m", WORDS)]
        assert "share of voice: 0.1, chosen for this room on 3 May" in told


@pytest.mark.parametrize("broken", [{"x": 1}, {"share_of_voice": {"value": 0.1}}, ["x"], {"share_of_voice": None}])
def test_a_fact_of_another_version_is_shown_raw_or_left_out(broken: Any) -> None:
    odd = turn()
    odd = replace(odd, decision=replace(odd.decision, facts={"chosen": broken}))
    assert any("chosen" in line.text for line in chain(odd, WORDS))
    assert all("chosen" not in step.text for step in member_steps(odd, "m", WORDS))


def test_the_table_of_check_names_what_was_chosen() -> None:
    choices = (chosen("join", "watch"), chosen("persona", "gone"), chosen(MUTE, True, COMMUNITY, AT))
    row = next(iter(room_rows(policy(*choices), [FEED])))
    assert row.join == "watch" and row.why == (
        "rooms.0 (local/*); chosen in chat: join; chosen, but out of force: persona; muted until 2026-05-03 23:30 UTC"
    )
