"""Replays of a few lines: `played(rows, join="unanswered")` returns turns and summary."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits, Settings
from bot.measure.study import ReplayRequest, Study, study
from bot.write.persona import Persona
from tests.fakes import shipped
from tests.measure.community import truth_of, write

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Played:
    turns: list[dict[str, Any]]
    summary: dict[str, Any]
    study: Study

    def story(self) -> dict[str, tuple[str, str]]:
        return {turn["trigger"]: (turn["decision"], turn["reason"]) for turn in self.turns}

    def spoken(self) -> list[str]:
        return [turn["trigger"] for turn in self.turns if turn["decision"] == "speak"]


Play = Callable[..., Played]


@pytest.fixture(scope="session")
def personas() -> dict[str, Persona]:
    return shipped.personas()


def settings_for(
    limits: Limits | None = None, catch_up_minutes: float = 15.0, hold: Literal["auto"] | float = 60, **rule: Any
) -> Settings:
    """Settings with an hour's hold unless another is given, because a learnt hold can't be computed by hand."""
    rules = (RoomRule(match="*", hold=hold, **rule),)
    return Settings(rooms=rules, limits=limits or Limits(usd_per_day=1000.0), catch_up_minutes=catch_up_minutes)


@pytest.fixture
def played(tmp_path: Path, personas: dict[str, Persona]) -> Play:
    def play(
        rows: list[dict[str, Any]],
        *,
        horizon: float = 3600.0,
        with_truth: bool = False,
        html: Path | None = None,
        **given: Any,
    ) -> Played:
        file = write(tmp_path / "history.jsonl", rows)
        truth = write(tmp_path / "truth.jsonl", truth_of(rows)) if with_truth else None
        asked = ReplayRequest(
            file, tmp_path / "turns.jsonl", tmp_path / "summary.json", truth, html, horizon_hours=horizon / 3600
        )
        done = study(asked, [(settings_for(**given), personas)], None)
        turns = [json.loads(line) for line in (tmp_path / "turns.jsonl").read_text().splitlines()]
        return Played(turns, json.loads((tmp_path / "summary.json").read_text()), done)

    return play
