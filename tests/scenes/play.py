"""Plays a scene through the real core: store, floor, course and writer, up to the model."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.config.model_settings import ModelSettings
from bot.types import Capabilities, Clock, Message, State, Turn
from bot.write.models.failover import Models
from bot.write.persona import Persona
from tests.fakes.clock import VirtualClock
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.fakes.stage import FakePlatform, Stage, stage
from tests.scenes.picture import loaf
from tests.scenes.scenes import ABOUT, NOTES, Scene

PLAIN_ANSWER = "A week, in the cold."  # nothing in it to hold back, so each scene asks once
LONGEST_TURN_SECONDS = 240.0  # of a slow local model that is asked twice
STEP_SECONDS = 30.0  # of the scene's clock, until the turn is due
UNDER_WAY = (State.DUE, State.WRITING, State.SENDING)  # half an hour now would make the answer of any model too late
LATER_SECONDS = 0.04  # while the model writes: four times as fast as the real clock, so that bursts end


@dataclass(frozen=True)
class Played:
    """What became of a scene: the turn as stored, and what was posted (empty if nothing was)."""

    turn: Turn
    text: str
    seconds: float


async def play(scene: Scene, persona: str, folder: Path, models: Callable[[Clock], Models]) -> Played:
    """Plays a scene with the persona of that file name, in an empty folder."""
    clock = VirtualClock(patience=LONGEST_TURN_SECONDS)
    rule: dict[str, Any] = {"persona": persona, "about": ABOUT, **scene.rule}
    async with stage(folder, clock, models=models, **rule) as on:
        _furnish(on.platform, scene)
        messages = [_named(one, on.policy.current.personas[persona]) for one in scene.said()]
        moved = timedelta(seconds=-min(0.0, *((one.at - clock.now()).total_seconds() for one in messages)))
        *before, last = (replace_times(one, moved) for one in messages)
        clock.set(moved.total_seconds())
        begun = time.monotonic()
        await on.hear([*(replace(one, history=True) for one in before)])
        await on.hear([last])
        turn = await _ended(on, last, scene.wait)
        said = dict(on.platform.said())
        return Played(turn, said.get(last.id, ""), time.monotonic() - begun)


def _furnish(platform: FakePlatform, scene: Scene) -> None:
    platform.room_notes = NOTES
    if scene.image:
        platform.capabilities = Capabilities(images_in=True)
        platform.files[scene.image] = loaf()


def _named(message: Message, persona: Persona) -> Message:
    return replace(message, text=message.text.replace("{name}", persona.name))


def replace_times(message: Message, by: timedelta) -> Message:
    return replace(message, at=message.at + by, heard=message.heard + by)


async def _ended(on: Stage, last: Message, wait: float) -> Turn:
    """Moves the clock until the turn is due, then waits for the model, however slow it is."""
    async with asyncio.timeout(LONGEST_TURN_SECONDS):
        while True:
            turn = await on.store.turn(last.room.platform, last.id)
            if turn is not None and not turn.state.is_open:
                return turn
            is_under_way = turn is not None and turn.state in UNDER_WAY
            step = LATER_SECONDS if wait <= 0 or is_under_way else min(wait, STEP_SECONDS)
            await on.clock.advance(step)
            wait -= step
            await asyncio.sleep(0.01)


def settings_of(server: ScriptedModel, scene: Scene) -> ModelSettings:
    """A model of today's usual size, with eyes if the scene needs them and models can have them."""
    eyes: dict[str, Any] = {"vision": scene.sees} if "vision" in ModelSettings.model_fields else {}
    return ModelSettings(name="scripted", base_url=server.url, model="scripted", context_tokens=16_000, **eyes)


async def prompt_of(scene: Scene, persona: str, folder: Path) -> tuple[Request | None, Played]:
    """The first request that a scene makes, if it makes one."""
    async with ScriptedModel(lambda request: Say(PLAIN_ANSWER)) as server:
        settings = settings_of(server, scene)
        played = await play(scene, persona, folder, lambda clock: Models({"scripted": settings}, ["scripted"], clock))
        return (server.requests[0] if server.requests else None), played
