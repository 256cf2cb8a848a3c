"""A policy played over a variant of recorded talk, and what became of its replies, window by window."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.config.room_rule import RoomRule
from bot.config.settings import Limits, Settings
from bot.decide.reference import Reference
from bot.language.danger import load_dangers
from bot.language.packs import load_packs
from bot.measure.outcomes import Figures, Outcomes, Truth
from bot.measure.study import ReplayRequest, study
from bot.types import Message
from bot.write.persona import load_personas
from tests.bench.rules import Speech
from tests.bench.variants import Variant
from tests.fakes.cameo import ROOT

Weights = Mapping[str, float]
FREE = Limits(**{name: 3600 for name in Limits.model_fields if name.startswith("replies_")})  # limits that never apply


@dataclass(frozen=True)
class Said:
    """A turn of a replay's output; `moment` is in seconds since 1970."""

    trigger: Message
    spoke: bool
    reason: str
    moment: float


class Player:
    """Plays room rules over variants, with its files in a folder. `weights` judge who answers whom; None for the
    shipped ones."""

    def __init__(self, folder: Path, weights: Weights | None = None):
        self._folder = folder
        self._reference = None if weights is None else Reference(load_packs(), weights, load_dangers())
        self._personas = load_personas(ROOT / "personas")

    def play(self, variant: Variant, rule: dict[str, Any], until: datetime | None = None) -> list[Said]:
        history, turns = self._folder / "history.jsonl", self._folder / "turns.jsonl"
        settings = Settings(rooms=(RoomRule(match="*", **rule),), writer=("builtin",), limits=FREE)
        study(
            ReplayRequest(variant.write(history, until), turns, None),
            [(settings, self._personas)],
            None,
            self._reference,
        )
        by_id = {message.id: message for message in variant.messages}
        with turns.open(encoding="utf-8") as lines:
            return [_said(json.loads(line), by_id) for line in lines]


def _said(turn: dict[str, Any], by_id: dict[str, Message]) -> Said:
    moment = datetime.fromisoformat(turn["at"]).timestamp()
    return Said(by_id[turn["trigger"]], turn["decision"] == "speak", turn["reason"], moment)


Judged = dict[str, dict[str, Figures]]
"""By window, then by group: all, questions, clean_questions."""


def judge(variant: Variant, truth: Truth, speeches: Iterable[Speech]) -> Judged:
    """Outcomes in the terms of `bot.measure.outcomes`. Events at the moment of a reply come before it."""
    outcomes = Outcomes(variant.horizon, truth)
    waiting = sorted(speeches, key=lambda speech: speech[0], reverse=True)
    for message in variant.messages:
        while waiting and waiting[-1][0] < message.at.timestamp():
            _take_reply(outcomes, waiting.pop())
        outcomes.hear(message)
    while waiting:
        _take_reply(outcomes, waiting.pop())
    outcomes.finish()
    return {window: place.figures for window, place in outcomes.places.items()}


def _take_reply(outcomes: Outcomes, speech: Speech) -> None:
    outcomes.spoke(speech[1], speech[0])


def spoken(turns: Sequence[Said]) -> list[Speech]:
    return [(turn.moment, turn.trigger) for turn in turns if turn.spoke]


def pooled(parts: Iterable[Figures]) -> dict[str, Any]:
    every = Figures()
    for part in parts:
        every.include(part)
    return every.as_dict() | {"said": every.useful + every.late + every.displaced}


def of_group(judged: Judged, group: str) -> dict[str, Any]:
    return pooled(figures[group] for figures in judged.values())


def halves(judged: Judged, group: str) -> dict[str, dict[str, Any]]:
    """The windows in halves: by time, and every other one."""
    figures = [each[group] for each in judged.values()]
    middle = len(figures) // 2
    parts = {"first": figures[:middle], "second": figures[middle:], "even": figures[::2], "odd": figures[1::2]}
    return {name: pooled(part) for name, part in parts.items()}
