"""How well the configured model writes: every scene with every persona, scored by rule.

Uses config.yaml and .env as `./cameo run` finds them, so it may cost money, and runs only if it is asked for:

    make bench ARGS="--only writer"
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from adapters import shapes
from bot.config.file import load
from bot.types import SettingsError
from bot.write.models.failover import Models
from bot.write.models.model_state import ModelStatus
from bot.write.persona import Persona, load_personas
from tests.bench.report import Report, share, table
from tests.fakes.clock import RealClock
from tests.scenes.play import Played, play
from tests.scenes.scenes import SCENES, Scene
from tests.scenes.scores import RULES, scores

KEPT = Path("prompts")
QUICK_SCENES, QUICK_PERSONAS = ("called", "unanswered", "image-unseen", "chinese"), 2
ONLY_A_TOY = (
    "ONLY THE BUILT-IN TOY WRITES HERE: these figures say nothing about prompts or personas. Set OPENAI_API_KEY or "
    "MOONSHOT_API_KEY, or name a model of your own in config.yaml, and run this again."
)


@dataclass(frozen=True)
class Result:
    scene: Scene
    persona: str
    played: Played
    kept: Mapping[str, bool]


class SharedModels(Models):
    """Models that outlive the stages which use them: a scene's end does not close them."""

    async def close(self) -> None: ...

    async def end(self) -> None:
        await super().close()


async def measure(report: Report) -> None:
    try:
        settings = load(None, os.environ, shapes())
        personas = load_personas(settings.personas)
    except SettingsError as error:
        report.skip("all of it: " + "; ".join(error.problems))
        return
    models = SharedModels(settings.models, settings.writer, RealClock())
    await models.open()
    try:
        speaker = models.speaker("local")
        if speaker is None:
            report.skip("all of it: no model can be reached; ./cameo check shows which ones are configured")
            return
        if speaker.is_builtin:
            report.warn(ONLY_A_TOY)
        eyes = getattr(settings.models[speaker.name], "vision", False)
        results = await _played(report, models, personas, has_eyes=bool(eyes))
    finally:
        await models.end()
    _tell(report, speaker, results)


async def _played(report: Report, models: Models, personas: Mapping[str, Persona], *, has_eyes: bool) -> list[Result]:
    scenes = [one for one in SCENES if not report.quick or one.name in QUICK_SCENES]
    keys = list(personas)[: report.rounds(len(personas), QUICK_PERSONAS)]
    results: list[Result] = []
    for scene in (replace(one, sees=one.sees and has_eyes) for one in scenes):
        for key in keys:
            report.progress(f"{len(results) + 1} of {len(scenes) * len(keys)}: {scene.name}, {key}")
            played = await play(scene, key, report.folder / f"{scene.name}.{key}", lambda _: models)
            kept = scores(scene, scene.said(), played.turn, played.text, personas[key])
            results.append(Result(scene, key, played, kept))
    return results


def _tell(report: Report, speaker: ModelStatus, results: Sequence[Result]) -> None:
    name = f"{speaker.name} ({speaker.model})"
    personas = list(dict.fromkeys(one.persona for one in results))
    by_rule = [[rule, *(_share(results, rule, key) for key in personas), _share(results, rule)] for rule in RULES]
    by_scene = [
        [scene.name, *(_failed(results, scene, key) for key in personas)]
        for scene in dict.fromkeys(one.scene for one in results)
    ]
    report.table([f"kept, {name}", *personas, "all"], by_rule)
    report.table(["broken, by scene", *personas], by_scene)
    usd = sum(one.played.turn.usage.cost_usd for one in results)
    report.figure("rules kept", f"{share(_kept(results))} of {sum(len(one.kept) for one in results)}")
    report.figure("seconds a reply", f"{sum(one.played.seconds for one in results) / len(results):.1f}")
    report.figure("cost", f"{usd:.4f} USD")
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"writer.{re.sub(r'[^A-Za-z0-9.-]+', '-', name).strip('-')}.md"
    heads = (table(["kept", *personas, "all"], by_rule), table(["broken", *personas], by_scene))
    path.write_text(kept_as_text(name, heads, results), encoding="utf-8")
    report.say(f"   kept with every text: {path}")


def _share(results: Sequence[Result], rule: str, persona: str | None = None) -> str:
    judged = [one.kept[rule] for one in results if rule in one.kept and persona in (None, one.persona)]
    return share(sum(judged) / len(judged)) if judged else "-"


def _kept(results: Sequence[Result]) -> float:
    judged = [kept for one in results for kept in one.kept.values()]
    return sum(judged) / len(judged)


def _failed(results: Sequence[Result], scene: Scene, persona: str) -> str:
    kept = next(one.kept for one in results if (one.scene, one.persona) == (scene, persona))
    return ", ".join(rule for rule, is_kept in kept.items() if not is_kept) or "."


def kept_as_text(name: str, tables: Sequence[Sequence[str]], results: Sequence[Result]) -> str:
    """The tables and every text, as Markdown."""
    parts = [f"# The writer's bench: {name}", *("\n".join(["```", *lines, "```"]) for lines in tables)]
    for one in results:
        broken = _failed(results, one.scene, one.persona)
        quoted = "\n".join(f"> {line}" for line in (one.played.text or f"({one.played.turn.state})").split("\n"))
        parts.append(f"## {one.scene.title} | {one.persona}\n\n{quoted}\n\nbroken: {broken}")
    return "\n\n".join(parts) + "\n"
