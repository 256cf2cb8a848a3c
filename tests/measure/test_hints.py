"""A replay that says less than it could says what to change."""

import json
import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.measure.unmatched import WOULD_SPEAK, unmatched
from bot.types import Room
from tests.measure.community import community, row, truth_of, write
from tests.measure.conftest import ROOT, Play

ROOMS = [Room("replay", "-", "r1", "kitchen"), Room("replay", "-", "garden")]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ((), "no rule matches replay/-/kitchen and another room"),
        ((RoomRule(match="discord/*"),), "no rule matches replay/-/kitchen and another room"),
        ((RoomRule(match="*"),), 'the rules that fit are "*" (mentions)'),
        (
            (RoomRule(match="replay/-/garden", join="off"), RoomRule(match="*")),
            '"*" (mentions), "replay/-/garden" (off)',
        ),
    ],
)
def test_rules_that_let_it_say_nothing_are_told_with_one_that_would_speak(
    rules: tuple[RoomRule, ...], told: str
) -> None:
    hint = unmatched(Settings(rooms=rules), ROOMS)
    assert hint and told in hint and hint.endswith(WOULD_SPEAK)


@pytest.mark.parametrize("join", ["unanswered", "every_post", "watch"])
def test_where_one_rule_speaks_nothing_is_told(join: str) -> None:
    rules = (RoomRule.model_validate({"match": "replay/*/garden", "join": join}),)
    assert unmatched(Settings(rooms=rules), ROOMS) is None
    assert unmatched(Settings(), []) is None


@pytest.fixture
def replays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Replays":
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAMEO_CONFIG", "")
    write(tmp_path / "h.jsonl", community(1, 200))
    return Replays(tmp_path, capsys)


class Replays:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]):
        self._folder, self._capsys = folder, capsys

    def __call__(self, rooms: str, *more: str) -> tuple[int, str]:
        (self._folder / "config.yaml").write_text(f"{rooms}personas: {ROOT / 'personas'}\n")
        code = main(["replay", "h.jsonl", "--config", "config.yaml", "--summary", "s.json", *more])
        return code, self._capsys.readouterr().out


def test_the_command_tells_and_its_exit_code_too_if_no_rule_fits(replays: Replays, tmp_path: Path) -> None:
    code, out = replays("rooms: [{match: 'discord/*'}]\n")
    assert code == 2 and "0 spoken uncalled: no rule matches" in out and (tmp_path / "s.json").exists()
    code, out = replays("rooms: [{match: '*'}]\n")
    assert code == 0 and "0 spoken uncalled: replay/-/" in out
    write(tmp_path / "h.jsonl", [row("a")])
    code, out = replays("")
    assert code == 0 and "0 spoken: no rule matches" in out


def test_the_rule_that_is_told_does_speak(replays: Replays) -> None:
    _, out = replays("rooms: [{match: '*'}]\n")
    rule = next(line for line in out.splitlines() if line.startswith("  - "))
    _, out = replays(f"rooms:\n{rule}\n  - {{match: '*'}}\n")
    assert "0 spoken" not in out and not re.search(r"\b0 spoken", out)


def test_other_settings_whose_rules_say_nothing_are_told_by_their_own_name(replays: Replays, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(f"rooms: [{{match: 'discord/*'}}]\npersonas: {ROOT / 'personas'}\n")
    _, out = replays("rooms: [{match: '*', join: unanswered}]\n", "--against", "other.yaml")
    assert next(line for line in out.splitlines() if "0 spoken uncalled" in line).startswith(
        "against: 0 spoken uncalled"
    )
    assert WOULD_SPEAK in out


@pytest.mark.parametrize(
    ("strange", "told"), [(0, ""), (1, "1 of 201 annotated ids is not"), (3, "3 of 203 annotated ids are not")]
)
def test_annotated_ids_that_are_not_in_the_file_are_told(
    replays: Replays, tmp_path: Path, strange: int, told: str
) -> None:
    rows = community(1, 200)
    write(tmp_path / "truth.jsonl", truth_of(rows) + truth_of([row(f"strange{n}") for n in range(strange)]))
    _, out = replays("rooms: [{match: '*', join: unanswered}]\n", "--truth", "truth.jsonl")
    assert (f"{told} in h.jsonl" in out) if told else ("annotated ids" not in out)


def test_what_is_counted_once_is_told_so(replays: Replays, tmp_path: Path) -> None:
    (tmp_path / "h.jsonl").write_text(json.dumps(row("a")) + "\nnonsense\n")
    _, out = replays("rooms: [{match: '*', join: unanswered}]\n")
    assert "1 message, 1 turn considered" in out and "1 broken line skipped" in out


def test_a_horizon_that_judges_nothing_is_told_with_one_that_fits(replays: Replays, tmp_path: Path) -> None:
    rows = [row(f"q{n}", "ana", "does it rise?", 3600.0 * n, thread=f"q{n}") for n in range(8)]
    rows += [row(f"a{n}", "ben", "yes", 3600.0 * n + 500, thread=f"q{n}") for n in range(4)]
    write(tmp_path / "h.jsonl", sorted(rows, key=lambda one: str(one["at"])))
    write(tmp_path / "truth.jsonl", truth_of(rows))
    rooms = "rooms: [{match: '*', join: unanswered}]\n"
    code, out = replays(rooms, "--truth", "truth.jsonl")
    assert code == 0 and "within 0.25 h" in out and "--horizon-hours 0.25 judges 7" in out
    assert json.loads((tmp_path / "s.json").read_text())["eligible"] == 0
    _, out = replays(rooms, "--truth", "truth.jsonl", "--horizon-hours", "0.25")
    assert "your annotated answers" not in out
    assert json.loads((tmp_path / "s.json").read_text())["eligible"] == 7


def test_a_horizon_that_fits_is_not_talked_about(played: Play) -> None:
    assert played(community(3, 300), with_truth=True, horizon=3600.0, join="unanswered").study.hints == []
