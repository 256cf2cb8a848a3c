"""What managers choose is laid over the rules of config.yaml: in which order, what fits, and what `check` would say."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import shapes
from bot.config.choices import (
    CAN_BE_NONE,
    CHOOSABLE,
    MUTE,
    Chosen,
    Scope,
    as_written,
    described,
    may_choose,
    problems,
    scopes_of,
    shown,
    values_in_force,
)
from bot.config.file import load
from bot.config.policy import InForce, Policy
from bot.config.room_rule import Join, RoomRule
from bot.config.settings import Settings
from bot.types import Room, SettingsError
from tests.fakes.shipped import personas

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEED = Room("local", "home", "feed", "feed", "home")
DEN = Room("local", "home", "den", "den", "home")
COMMUNITY, ROOM = scopes_of(FEED)
MODELS = Settings().models


def chosen(key: str, value: Any, scope: Scope = ROOM, until: datetime | None = None, change: int = 1) -> Chosen:
    return Chosen(scope, key, value, "id-ana", NOON, until, change)


def policy(*choices: Chosen, **rule: Any) -> Policy[Any]:
    rule = {"chat_settings": "all", **rule}
    return Policy(Settings(rooms=(RoomRule(match="local/*", **rule),)), personas(), choices)


# --- precedence ------------------------------------------------------------------------------------

GIVEN: Mapping[str, tuple[Any, Any, Any, Any]] = {  # by the rule, for the community, for the room, for an hour there
    "join": ("unanswered", "every_post", "watch", "mentions"),
    "persona": ("pip", "mochi", "xiaoman", "pip"),
    "displacement_risk": (0.1, 0.2, 0.3, 0.4),
    "hold": (10.0, "auto", 30.0, 40.0),
    "share_of_voice": (0.1, 0.3, 0.4, 0.5),
    "quiet_hours": ("22:00-07:30", "21:00-07:30", None, "20:00-07:30"),
    "judge": ("kimi", "openai", None, "ollama"),
    "economy": ("kimi", "openai", None, "ollama"),
    "about": ("bread", "cake", None, "tarts"),
    "place": ("inline", "thread", "inline", "thread"),
}


def test_the_table_has_every_key() -> None:
    assert GIVEN.keys() == set(CHOOSABLE)


@pytest.mark.parametrize(("key", "levels"), list(product(CHOOSABLE, range(16))))
def test_the_highest_level_that_says_something_decides(key: str, levels: int) -> None:
    """Each of the four levels is there or not; what is there is in force by the highest."""
    in_rule, community, room, an_hour = GIVEN[key]
    rule = {key: in_rule} if levels & 1 else {}
    choices = [
        *([chosen(key, community, COMMUNITY)] if levels & 2 else []),
        *([chosen(key, room)] if levels & 4 else []),
        *([chosen(key, an_hour, until=NOON + HOUR)] if levels & 8 else []),
    ]
    found = policy(*choices, **rule)
    expected = [RoomRule(match="*").model_dump()[key], in_rule, community, room, an_hour][levels.bit_length()]
    assert getattr(found.rule(FEED), key) == getattr(RoomRule(match="*", **{key: expected}), key)
    value = next(one for one in values_in_force(found.in_room(FEED)) if one.key == key)
    assert value.value == getattr(found.rule(FEED), key)
    assert value.chosen == (choices[-1] if choices else None)
    assert value.rule == (0 if levels == 1 else None)
    other = found.rule(DEN)
    assert getattr(other, key) == getattr(policy(*choices[: bool(levels & 2)], **rule).rule(DEN), key)


def test_a_choice_is_for_its_own_place_only() -> None:
    found = policy(chosen("join", "off"))
    elsewhere = [Room("discord", "home", "feed"), Room("local", "other", "feed"), DEN]
    assert [found.rule(room).join for room in (FEED, *elsewhere)] == ["off", *["mentions"] * 3]


def test_the_default_that_depends_on_another_key_follows_a_choice() -> None:
    """With `every_post` one comment a post is half of the voices: also if that was chosen in chat, or chosen away."""
    assert policy(chosen("join", "every_post")).rule(FEED).share_of_voice == 0.5
    assert policy(chosen("join", "unanswered"), join="every_post").rule(FEED).share_of_voice == 0.2
    assert policy(chosen("join", "unanswered"), join="every_post", share_of_voice=0.4).rule(FEED).share_of_voice == 0.4


def test_who_turns_a_room_off_may_turn_it_on_again() -> None:
    """What managers may choose is told by the rule of config.yaml, not by what they have chosen."""
    here = policy(chosen("join", "off"), chat_settings="rooms").in_room(FEED)
    assert here.rule.join == "off" and here.base.chat_settings == here.rule.chat_settings == "rooms"


def test_of_several_mutes_the_one_that_ends_last_decides() -> None:
    hour, day = chosen(MUTE, True, COMMUNITY, NOON + HOUR), chosen(MUTE, True, ROOM, NOON + 24 * HOUR)
    for_good = chosen(MUTE, True, COMMUNITY)
    assert policy(hour, day).mute(FEED) == day and policy(hour).mute(DEN) == hour
    assert policy(for_good, day).mute(FEED) == for_good
    assert policy().mute(FEED) is None
    assert values_in_force(policy(day).in_room(FEED))[-1] == (MUTE, True, day, None)


def test_a_version_changes_with_the_choices_but_not_with_who_made_them() -> None:
    one = chosen("join", "off")
    versions = [policy().version, policy(one).version, policy(chosen("join", "watch")).version]
    versions.append(policy(chosen("join", "off", until=NOON)).version)
    assert len(set(versions)) == 4
    assert policy(Chosen(ROOM, "join", "off", "", NOON, None, 1)).version == policy(one).version


# --- time ------------------------------------------------------------------------------------------


class Time:
    def __init__(self) -> None:
        self.now = NOON


def test_a_choice_ends_at_its_moment_whether_or_not_a_task_gets_to_it() -> None:
    time = Time()
    force = InForce(policy(), lambda: time.now)
    lasting, passing = chosen("join", "watch"), chosen("join", "off", until=NOON + HOUR)
    force.choose([lasting, passing])
    assert force.current.rule(FEED).join == "off" and force.current.ends == NOON + HOUR
    time.now = NOON + HOUR - timedelta.resolution
    assert force.current.rule(FEED).join == "off"
    time.now = NOON + HOUR
    assert force.current.rule(FEED).join == "watch" and force.current.ends is None
    time.now = NOON
    assert force.current.rule(FEED).join == "watch", "what is over does not come back"


def test_new_files_leave_the_choices() -> None:
    force = InForce(policy(), lambda: NOON)
    force.choose([chosen("join", "watch")])
    force.renew(policy(join="every_post", share_of_voice=0.3))
    assert force.current.rule(FEED).join == "watch" and force.current.rule(FEED).share_of_voice == 0.3
    assert force.current.rule(DEN).join == "every_post"


# --- what fits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "rule", "says"),
    [
        (chosen("persona", "gone"), {}, "there is no persona 'gone'"),
        (chosen("judge", "gone"), {}, "model 'gone' is defined nowhere under models"),
        (chosen("economy", "gone"), {}, "model 'gone' is defined nowhere under models"),
        (chosen("persona", "pip"), {"chat_settings": "rooms"}, "persona"),
        (chosen("join", "off", COMMUNITY), {"chat_settings": "rooms"}, "community"),
        (chosen("join", "watch"), {"chat_settings": "none"}, "none"),
        (chosen(MUTE, True), {"chat_settings": "none"}, "none"),
    ],
)
def test_what_does_not_fit_any_more_is_out_of_force_and_kept(choice: Chosen, rule: dict[str, Any], says: str) -> None:
    """What would be in force without it is: the choice for the community, or the rule."""
    found = policy(choice, **rule)
    here = found.in_room(FEED)
    assert here.rule == policy(**rule).rule(FEED) and not here.chosen
    (unfit,) = here.unfit
    assert unfit.chosen == choice and says in (unfit.refused or present_what(unfit.problem))
    beneath = chosen(choice.key, GIVEN.get(choice.key, (True, True))[1], COMMUNITY, change=2)
    if rule == {}:
        assert policy(beneath, choice).in_room(FEED).chosen[choice.key] == beneath


def present_what(problem: Any) -> str:
    return str(problem.what)


MAY: list[tuple[str, str, Scope, str]] = [
    *((allowed, key, ROOM, "none") for allowed, key in product(["none"], [*CHOOSABLE, MUTE])),
    *(("none", key, COMMUNITY, "none") for key in (*CHOOSABLE, MUTE)),
    *(("rooms", key, ROOM, "persona" if key == "persona" else "") for key in (*CHOOSABLE, MUTE)),
    *(("rooms", key, COMMUNITY, "" if key == MUTE else "community") for key in (*CHOOSABLE, MUTE)),
    *(("all", key, scope, "") for key in (*CHOOSABLE, MUTE) for scope in (ROOM, COMMUNITY)),
    *((allowed, key, Scope("discord", "-"), "direct") for allowed in ("rooms", "all") for key in ("join", MUTE)),
    ("rooms", "join", Scope("discord", "-", "dm"), ""),
]


@pytest.mark.parametrize(("allowed", "key", "scope", "why"), MAY)
def test_what_managers_may_choose(allowed: Any, key: str, scope: Scope, why: str) -> None:
    assert may_choose(allowed, key, scope) == why


def test_managers_may_choose_for_their_rooms_but_not_open_what_the_operator_has_closed() -> None:
    joins: tuple[Join, ...] = ("mentions", "watch", "off")
    rules = [RoomRule(match="*", join=join).chat_settings for join in joins]
    assert rules == ["rooms", "rooms", "none"]
    assert RoomRule(match="*", join="off", chat_settings="rooms").chat_settings == "rooms"


def test_no_limit_is_a_key() -> None:
    limits = ("replies_per_member_hour", "replies_per_room_hour", "replies_per_community_hour", "usd_per_day")
    for key in (*limits, "chat_settings", "match", "ignore", "people", "bots"):
        (problem,) = problems(key, 5, MODELS, personas())
        assert problem.what == "is not a key that is known here"


# --- what somebody types -------------------------------------------------------------------------

TYPED = [
    ("share_of_voice", "0.1", 0.1),
    ("displacement_risk", " 0.4 ", 0.4),
    ("hold", "45", 45.0),
    ("hold", "auto", "auto"),
    ("quiet_hours", "22:00-07:30", "22:00-07:30"),
    ("quiet_hours", "none", None),
    ("judge", "None", None),
    ("economy", "off", None),
    ("about", "-", None),
    ("about", "none of your business", "none of your business"),
    ("join", "Every_Post", "every_post"),
    ("join", "off", "off"),
    ("place", "Thread", "thread"),
    ("persona", " pip ", "pip"),
]


@pytest.mark.parametrize(("key", "typed", "value"), TYPED)
def test_what_is_typed_is_taken_for_what_config_yaml_would_hold(key: str, typed: str, value: Any) -> None:
    assert as_written(key, typed) == value
    assert list(problems(key, value, MODELS, personas())) == []


WRONG: list[tuple[str, str]] = [
    ("join", "sometimes"),
    ("join", "none"),
    ("displacement_risk", "25"),
    ("displacement_risk", "25%"),
    ("displacement_risk", "0"),
    ("displacement_risk", "nan"),
    ("hold", "1e400"),
    ("share_of_voice", "-1"),
    ("share_of_voice", "loud"),
    ("hold", "soon"),
    ("hold", "1e9"),
    ("quiet_hours", "22:00"),
    ("quiet_hours", "25:00-07:00"),
    ("judge", "kimmi"),
    ("economy", "gpt"),
    ("about", "x" * 601),
    ("place", "upstairs"),
    ("persona", "mocchi"),
]


@pytest.mark.parametrize(("key", "typed"), WRONG)
def test_what_is_wrong_is_told_as_check_tells_it(key: str, typed: str, tmp_path: Path) -> None:
    value = as_written(key, typed)
    (problem,) = problems(key, value, MODELS, personas())
    file = tmp_path / "config.yaml"
    file.write_text(f"rooms:\n  - match: '*'\n    {key}: {repr(value) if isinstance(value, str) else value}\n")
    with pytest.raises(SettingsError) as refused:
        load(file, {"CAMEO_ENV_FILE": ""}, shapes())
    (line,) = refused.value.problems
    assert line.endswith(described(problem)) and "; write " in line


@given(st.sampled_from(CHOOSABLE), st.text(max_size=30))
def test_any_text_is_either_a_value_that_holds_or_a_problem_in_words(key: str, typed: str) -> None:
    value = as_written(key, typed)
    found = list(problems(key, value, MODELS, personas()))
    here = policy(chosen(key, value)).in_room(FEED)
    if found:
        assert here.unfit and described(found[0]).startswith(f"{key}: ") and "\n" not in described(found[0])
    else:
        assert not here.unfit and here.chosen[key].value == value


@pytest.mark.parametrize("key", CAN_BE_NONE)
def test_none_is_a_choice_too(key: str) -> None:
    given = {key: GIVEN[key][0]}
    assert getattr(policy(chosen(key, None), **given).rule(FEED), key) is None


def test_values_are_shown_as_config_yaml_would_hold_them() -> None:
    rule = RoomRule(match="*", quiet_hours="22:00-07:30", hold=45, share_of_voice=0.1)  # type: ignore[arg-type]
    found = [shown(getattr(rule, key)) for key in ("quiet_hours", "hold", "share_of_voice", "judge", "join")]
    assert found == ["22:00-07:30", "45", "0.1", "", "mentions"]
