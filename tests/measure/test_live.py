"""Live equals replay: the decisions of a running Cameo are those of a replay of its own database."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config.room_rule import RoomRule
from bot.config.settings import Settings
from bot.measure.study import ReplayRequest, study
from bot.types import Author, Deletion, Message, Room, Thread, Turn
from bot.write.persona import Persona
from tests.fakes.clock import VirtualClock
from tests.fakes.stage import Stage, stage
from tests.fakes.waiting import PATIENCE

FEED = Room("local", "home", "feed", "feed", "home")


def said(id: str, who: str, text: str, root: str | None, now: datetime, *, calls: bool = False) -> Message:
    author = Author(who, who.title(), is_bot=who == "bot")
    return Message(id, Thread(FEED, root), author, text, now, now, addressed=calls, starts_thread=root == id)


# (seconds since the previous line, id, author, text, thread, calls us)
EVENING = [
    (0, "p1", "ana", "does it rise?", "p1", False),
    (30, "a1", "ben", "@mochi do you know?", "p1", False),
    (1, "a2", "ben", "and why?", "p1", True),
    (200, "p2", "eve", "who has a jar?", "p2", False),
    (20, "c2", "ben", "I do", "p2", False),
    (100, "p3", "ana", "anybody here?", None, False),
    (10, "b3", "bot", "sunny", None, False),
    (400, "t4", "ben", "hm", None, False),
    (5, "p5", "eve", "what is that?", None, False),
    (700, "t6", "ana", "good night", None, False),
    (5, "p7", "eve", "see you?", "p7", False),
    (900, "t8", "ana", "still here", None, False),
]


async def pass_time(on: Stage, seconds: float) -> None:
    """Advances minute by minute, each time giving the store the time to keep up."""
    until = on.clock.now() + timedelta(seconds=seconds)
    while (left := (until - on.clock.now()).total_seconds()) > 0:
        await on.clock.advance(min(60.0, left))
        async with asyncio.timeout(PATIENCE):
            while seconds > 2 and any(_is_busy(on, turn) for turn in await on.store.open_turns()):
                await asyncio.sleep(0.005)  # the store works in its own thread
                await on.clock.advance(0.1)


def _is_busy(on: Stage, turn: Turn) -> bool:
    """Whether a message is being decided, written or sent right now."""
    return turn.state != "waiting" or turn.decision.due is None or turn.decision.due <= on.clock.now()


async def live(folder: Path, **rule: Any) -> dict[str, tuple[str, str]]:
    """What became of each turn, with a writer that takes no time and a platform that never fails."""
    async with stage(folder, clock=VirtualClock(), **rule) as on:
        for seconds, id, who, text, root, calls in EVENING:
            await pass_time(on, seconds)
            await on.hear([said(id, who, text, root, on.clock.now(), calls=calls)])
        await pass_time(on, 3600 * 3)
        turns = await on.store.turns(1000)
        assert not await on.store.open_turns() and len(turns) == len(EVENING)
    return {turn.trigger: ("speak" if turn.state == "sent" else "silent", str(turn.decision.reason)) for turn in turns}


@pytest.mark.parametrize(
    "rule",
    [
        {"join": "mentions"},
        {"join": "unanswered", "hold_minutes": 5, "share_of_voice": 0.5},
        {"join": "unanswered", "hold_minutes": 1, "share_of_voice": 1.0},
        {"join": "every_post"},
        {"join": "watch", "hold_minutes": 1, "share_of_voice": 1.0},
    ],
    ids=lambda rule: "-".join(map(str, rule.values())),
)
async def test_what_was_decided_live_is_what_a_replay_of_its_database_says(
    tmp_path: Path, personas: dict[str, Persona], rule: dict[str, Any]
) -> None:
    decided = await live(tmp_path, **rule)
    rules = (RoomRule(match="*/kitchen", join="off"), RoomRule(match="*", **rule))
    asked = ReplayRequest(tmp_path / "cameo.db", tmp_path / "turns.jsonl", None)
    study(asked, [(Settings(rooms=rules), personas)], None)
    turns = [json.loads(line) for line in (tmp_path / "turns.jsonl").read_text().splitlines()]
    assert {turn["trigger"]: (turn["decision"], turn["reason"]) for turn in turns} == decided
    assert ("silent", "watching") in decided.values() or "speak" in {decision for decision, _ in decided.values()}


async def test_what_was_deleted_is_not_replayed(tmp_path: Path, personas: dict[str, Persona]) -> None:
    async with stage(tmp_path, clock=VirtualClock()) as on:
        await on.hear([said("p", "ana", "secret", None, on.clock.now()), said("q", "ana", "hm", None, on.clock.now())])
        await on.hear([Deletion(FEED, "p", on.clock.now())])
    done = study(ReplayRequest(tmp_path / "cameo.db", None, None), [(Settings(), personas)], None)
    assert done.summary["messages"] == 1
