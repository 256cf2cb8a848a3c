"""The keys of a room's rule: meaning, allowed values, and error messages."""

import shutil
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.__main__ import main
from bot.config.room_rule import RoomRule
from bot.config.rules import hints
from bot.config.settings import Settings
from tests.config.test_settings import here, problem, problems, settings  # noqa: F401 - `here` is a fixture


def rule(text: str) -> RoomRule:
    return settings(f"rooms: [{{match: '*', {text}}}]").rooms[0]


pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("persona: pip", "hold", "auto"),
        ("hold: auto", "hold", "auto"),
        ("hold: 45", "hold", 45.0),
        ("hold_minutes: 45", "hold", 45.0),
        ("hold_minutes: 45", "hold_minutes", 45.0),
        ("hold: 0", "hold", 0.0),
        ("quiet_hours: 22:00-07:30", "quiet_hours", (time(22), time(7, 30))),
        ('quiet_hours: "22:00 – 07:30"', "quiet_hours", (time(22), time(7, 30))),
        ("time_zone: Asia/Shanghai", "time_zone", ZoneInfo("Asia/Shanghai")),
        ("economy: ollama", "economy", "ollama"),
        ("judge: builtin", "judge", "builtin"),
        ("posts: all", "posts", "all"),
        ("coverage: 0.5", "coverage", 0.5),
        ("conversation_minutes: 0", "conversation_minutes", 0.0),
    ],
)
def test_what_is_written_is_what_is_meant(
    text: str, name: str, value: ZoneInfo | float | str | tuple[time, time]
) -> None:
    assert getattr(rule(text), name) == value


def test_the_rooms_time_zone_goes_before_the_files() -> None:
    found = settings("time_zone: Europe/Berlin\nrooms: [{match: a, time_zone: UTC}, {match: b}]")
    assert [found.zone_of(one).key for one in found.rooms] == ["UTC", "Europe/Berlin"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hold: soon", "rooms.0.hold: is neither auto nor a number of minutes; write auto, or one such as 45 instead"),
        ("hold: -1", "rooms.0.hold: is no hold; write auto, or minutes from 0 to 10080 instead"),
        ("hold: true", "rooms.0.hold: is neither auto nor a number"),
        ("hold_minutes: -1", "rooms.0.hold_minutes: is no hold; write auto, or minutes from 0 to 10080 instead"),
        ("hold_minutes: ''", "rooms.0.hold_minutes: is neither auto nor a number of minutes"),
        ("hold: 5, hold_minutes: 5", "hold_minutes: is the older name of hold, which is also given; write one"),
        ("hold_minuts: 5", "rooms.0.hold_minuts: is not a key that is known here; write hold_minutes instead"),
        ("hold_floor_minutes: 9, hold_ceiling_minutes: 8", "hold_floor_minutes is 9, hold_ceiling_minutes is 8;"),
        ("hold_floor_minutes: 800", "hold_floor_minutes: leaves no hold: hold_floor_minutes is 800,"),
        ("hold_ceiling_minutes: 0", "hold_floor_minutes is 1, hold_ceiling_minutes is 0; write 1 or more"),
        ("displacement_risk: 0", "rooms.0.displacement_risk: is too small; write 0.01 or more instead"),
        ("displacement_risk: 25", "rooms.0.displacement_risk: is a share from 0 to 1, not per cent; write 0.25"),
        ("displacement_risk: 99", "rooms.0.displacement_risk: is too large; write 0.9 or less instead"),
        ("displacement_risk: 0.95", "rooms.0.displacement_risk: is too large; write 0.9 or less instead"),
        ("coverage: 50", "rooms.0.coverage: is a share from 0 to 1, not per cent; write 0.5 instead"),
        ("coverage: 50 %", "rooms.0.coverage: is a share from 0 to 1, not per cent; write 0.5 instead"),
        ("share_of_voice: 12.5%", "rooms.0.share_of_voice: is a share from 0 to 1, not per cent; write 0.125 instead"),
        ("coverage: 500", "rooms.0.coverage: is too large; write 1 or less instead"),
        ("coverage: half", "rooms.0.coverage: is not a number; write one, without quotes instead"),
        ("hold_floor_minutes: 50%", "rooms.0.hold_floor_minutes: is not a number"),
        (f"hold: {'9' * 40}", "rooms.0.hold: is no hold; write auto, or minutes from 0 to 10080 instead"),
        (f"hold_floor_minutes: {'9' * 40}", "rooms.0.hold_floor_minutes: is too large; write 10080 or less"),
        ("posts: some", "rooms.0.posts: is none of the words that are known here; write one of inviting, all instead"),
        ("conversation_minutes: 2000", "rooms.0.conversation_minutes: is too large; write 1440 or less"),
        ("quiet_hours: 22:00", 'quiet_hours: is not a span of hours; write one in quotes, such as "22:00-07:30"'),
        ("quiet_hours: 22", "rooms.0.quiet_hours: is not a span of hours"),
        ("quiet_hours: 25:00-07:00", "rooms.0.quiet_hours: is not a span of hours"),
        ("quiet_hours: 07:00-07:00", "rooms.0.quiet_hours: is not a span of hours"),
        ("quiet_hours: [22, 7]", "rooms.0.quiet_hours: is not a span of hours"),
        ("time_zone: Europe/Belin", "time_zone: is not a time zone that is known here; write Europe/Berlin instead"),
        ("time_zone: shanghai", "write Asia/Shanghai instead"),
        ("time_zone: GMT+8", "write the place whose clocks it goes by, such as Europe/Berlin, Asia/Shanghai or UTC,"),
        ("time_zone: 8", "write the place whose clocks it goes by"),
        ("economy: olama", "rooms.0.economy: model 'olama' is defined nowhere under models; write ollama instead"),
        ("judge: zzz", "rooms.0.judge: model 'zzz' is defined nowhere under models; write one of kimi, openai,"),
        ("judge: ''", "rooms.0.judge: is empty"),
        ("judge: [a]", "rooms.0.judge: is not a text"),
        ("ignore: '*'", "rooms.0.ignore: is not a list"),
        ("ignore: ['*']", "rooms.0.ignore: names everybody, or nobody; write ids or names, such as"),
        ("bots: ['']", "rooms.0.bots: names everybody, or nobody"),
        ("people: [1]", "rooms.0.people.0: is not a text"),
        ("bots: [a, b], people: [b]", "rooms.0.bots.1: is named under people, too; write it in one of the two lists"),
        ("place: here", "rooms.0.place: is none of the words that are known here; write one of inline, thread"),
        ("answer_to_name: no", "rooms.0.answer_to_name: is not a key that is known here; write answers_to_name"),
        ("emoji_instead: maybe", "rooms.0.emoji_instead: is neither true nor false"),
    ],
)  # fmt: skip
def test_a_problem_says_where_and_what_to_write_instead(text: str, expected: str) -> None:
    told = problems(f"rooms:\n  - match: a\n  - {{match: '*', {text}}}".replace("  - match: a\n", ""))
    assert any(expected in line for line in told), told
    assert all(line.startswith("cameo.yaml: line 2: ") for line in told)


def test_the_line_is_the_one_where_the_key_stands_under_either_name() -> None:
    for key in ("hold", "hold_minutes"):
        told = problem(f"rooms:\n  - match: a\n  - match: b\n    join: unanswered\n    {key}: never")
        assert told.startswith(f"cameo.yaml: line 5: rooms.1.{key}: is neither auto nor")


def test_the_time_zone_of_the_file_is_looked_at_too() -> None:
    assert "line 1: time_zone: is not a time zone that is known here; write America/New_York" in problem(
        "time_zone: America/NewYork"
    )
    assert settings("time_zone: Asia/Shanghai").time_zone == ZoneInfo("Asia/Shanghai")
    assert settings("time_zone:").time_zone == ZoneInfo("UTC")


def test_a_small_model_must_be_among_those_of_the_file() -> None:
    models = "models: {big: {base_url: 'http://a/v1'}, small: {base_url: 'http://a/v1'}}\nwriter: [big]\n"
    assert settings(models + "rooms: [{match: a, economy: small, judge: small}]").rooms[0].judge == "small"
    assert "write one of big, small instead" in problem(models + "rooms: [{match: a, judge: kimi}]")


# --- hints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coverage: 0.5", ["coverage does nothing with join: mentions; it is for unanswered and every_post"]),
        ("join: every_post, hold: 5", ["hold does nothing with join: every_post; it is for unanswered"]),
        ("join: every_post, hold_minutes: 5", ["hold does nothing with join: every_post; it is for unanswered"]),
        ("judge: ollama", ["judge does nothing with join: mentions; it is for unanswered and every_post"]),
        (
            "join: 'off', economy: ollama",
            ["economy does nothing with join: off; it is for mentions, unanswered and every_post"],
        ),
        (
            "join: unanswered, hold: 5, displacement_risk: 0.1",
            ["displacement_risk does nothing with a fixed hold of 5 minutes; it is for hold: auto"],
        ),
        ("join: unanswered, posts: all, coverage: 0.5, judge: ollama, share_of_voice: 0.1, displacement_risk: 0.1", []),
        (
            "join: 'off', ignore: [a]",
            ["ignore does nothing with join: off; it is for mentions, unanswered and every_post"],
        ),
        ("join: every_post, coverage: 0.5, quiet_hours: 22:00-07:00", []),
        ("persona: pip, conversation_minutes: 0, economy: ollama, time_zone: UTC", []),
    ],
)
def test_what_does_nothing_is_hinted_at_and_no_problem(text: str, expected: list[str]) -> None:
    found = settings(f"rooms: [{{match: '*', {text}}}]")
    assert list(hints(found)) == [f"rooms.0 (*): {line}" for line in expected]


def test_check_prints_hints_after_saying_that_all_is_fine(
    here: Path,  # noqa: F811 - the fixture
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CAMEO_ENV_FILE", "")
    for name in ("mochi.yaml", "pip.yaml"):
        shutil.copy(Path(__file__).parents[2] / "personas" / name, here / "personas" / name)
    Path("cameo.yaml").write_text("rooms: [{match: '*', posts: all}]")
    assert main(["check", "--config", "cameo.yaml"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("cameo.yaml: fine; 2 personas")
    assert told[-1:] == ["hint: rooms.0 (*): posts does nothing with join: mentions; it is for unanswered"]


def test_neither_the_defaults_nor_the_shipped_file_are_a_reason_for_hints() -> None:
    assert list(hints(Settings())) == []
    shipped = settings((Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8"))
    assert list(hints(shipped)) == []


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("local/*/kitchne", "local has no such room; write kitchen after local/*/"),
        ("local/home/ feed", "local has no such room; write feed after local/*/"),
        ("LOCAL/*/cellar", "local has no such room; write kitchen or workshop or feed after local/*/"),
        ("local/*/Kitchen", None), ("local/Home/*", None), ("local/*", None), ("*/kitchne", None),
        ("discord/*/kitchne", None), ("loc*/kitchne", None),
    ],
)  # fmt: skip
def test_a_room_that_a_platform_with_known_rooms_has_not(match: str, expected: str | None) -> None:
    found = [line for line in hints(settings(f"rooms: [{{match: '{match}'}}]")) if "no such room" in line]
    assert found == ([f"rooms.0 ({match}): {expected}"] if expected else [])
