"""The policy snapshot: its lookups, and what its version depends on."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.config.model_settings import ModelSettings
from bot.config.policy import RULES_KEPT, Policy
from bot.config.room_rule import RoomRule
from bot.config.settings import ConsoleSettings, Limits, ModerationSettings, Settings
from bot.types import Room
from bot.write.persona import Persona
from tests.fakes.shipped import personas
from tests.fakes.talk import FEED

RULES = (RoomRule(match="*/feed", persona="pip", join="every_post", time_zone=ZoneInfo("Asia/Shanghai")),)


def policy(**settings: Any) -> Policy[Persona]:
    return Policy(Settings(rooms=RULES, **settings), personas())


def test_a_room_is_asked_for_by_its_names_of_now() -> None:
    found = policy()
    assert found.rule(FEED) is found.rule(FEED) and found.rule(FEED).persona == "pip"
    assert found.rule(Room("local", "home", "feed", "renamed", "home")).persona == "pip", "it fits by its id, too"
    assert found.rule(Room("local", "home", "x", "feed")).persona == "pip"
    assert found.rule(Room("local", "home", "x", "den")).persona == "mochi"


def test_the_terms_of_a_room_hold_all_that_its_decisions_depend_on() -> None:
    found = policy(catch_up_minutes=3).terms(FEED)
    assert found.rule == RULES[0] and found.names[:2] == ("cameo", "Pip")
    assert (found.zone.key, found.catch_up.total_seconds()) == ("Asia/Shanghai", 180)


def test_rules_of_many_rooms_take_no_more_and_more_memory() -> None:
    found = policy()
    for number in range(3 * RULES_KEPT):
        found.rule(Room("local", "home", f"r{number}"))
    assert len(found._rooms) <= RULES_KEPT + 1


def test_a_persona_whose_file_is_gone_is_spoken_for_by_the_rooms_own() -> None:
    assert policy().persona("gone", FEED).name == "Pip"
    assert policy().persona("mochi", FEED).name == "Mochi"


MATTERS = {
    "keep_days": 3,  # prompts say for how long messages are kept
    "rooms": (RoomRule(match="*"),),
    "limits": Limits(usd_per_day=1),
    "time_zone": ZoneInfo("Europe/Berlin"),
    "catch_up_minutes": 1.0,
    "contact": "ana@example.org",
    "privacy_url": "https://example.org/privacy",
    "country": "DE",
    "moderation": ModerationSettings(model="m"),
    "writer": ("builtin",),
    "models": {"m": ModelSettings(name="m", base_url="http://127.0.0.1:1/v1")},
}
MATTERS_NOT = {
    "database": "elsewhere.db",
    "console": ConsoleSettings(port=1),
    "source": "other.yaml",
    "is_bare": False,
    "chosen": "kimi",  # that it is first in `writer` matters
    "personas": "elsewhere",
    "managers": {"local": ("ana",)},  # who may ask for what, and who is told
    "manager_rooms": {"local/*": "kitchen"},
    "keep_after_removal_days": 3,  # nothing is decided any more where Cameo was removed
}


@pytest.mark.parametrize("key", MATTERS)
def test_what_decides_changes_the_version(key: str) -> None:
    before, after = policy(), policy()
    changed = Policy(after.settings.model_copy(update={key: MATTERS[key]}), personas())
    assert before.version == after.version != changed.version


@pytest.mark.parametrize("key", MATTERS_NOT)
def test_what_decides_nothing_leaves_the_version(key: str) -> None:
    before = policy()
    assert Policy(before.settings.model_copy(update={key: MATTERS_NOT[key]}), personas()).version == before.version


def test_every_setting_is_one_or_the_other() -> None:
    assert {*MATTERS, *MATTERS_NOT, "platforms"} == set(Settings.model_fields)


def test_a_personas_text_changes_the_version_and_a_secret_does_not_show() -> None:
    before = policy()
    pip = personas()["pip"].model_copy(update={"voice": "Grand."})
    assert Policy(before.settings, {**personas(), "pip": pip}).version != before.version
    keyed = [ModelSettings(name="m", base_url="http://127.0.0.1:1/v1", key=key) for key in ("one", "two")]
    settings = [before.settings.model_copy(update={"models": {"m": model}}) for model in keyed]
    assert len({Policy(each, personas()).version for each in settings}) == 1
