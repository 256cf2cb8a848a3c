"""The writer's bench counts what was kept, says what only a toy shows, and keeps every text."""

import re
from pathlib import Path

import pytest

from bot.config.model_settings import ModelSettings
from tests.bench import writer
from tests.bench.report import Report
from tests.bench.writer import SharedModels
from tests.fakes.clock import RealClock
from tests.fakes.present import present
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.fakes.shipped import personas


async def played(
    folder: Path, text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[str, str]:
    """What the bench prints and keeps for a model that always says the text."""
    monkeypatch.chdir(folder)
    report = Report(True, None, folder / "first")
    report.section("writer", "a test")
    async with ScriptedModel(lambda request: Say(text)) as server:
        settings = ModelSettings(name="m", base_url=server.url, model="m", context_tokens=16_000)
        models = SharedModels({"m": settings}, ["m"], RealClock())
        await models.open()
        try:
            speaker = present(models.speaker("local"))
            results = await writer._played(report, models, {"mochi": personas()["mochi"]}, has_eyes=False)
        finally:
            await models.end()
    writer._tell(report, speaker, results)
    (kept,) = (folder / "prompts").iterdir()
    return capsys.readouterr().out, kept.read_text(encoding="utf-8")


async def test_what_is_kept_and_broken_is_counted_and_every_text_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, kept = await played(tmp_path, "Two days is fine, if it goes in young.", monkeypatch, capsys)
    rows = {row[0]: row[1:] for row in (re.split(r"\s{2,}", line.strip()) for line in out.splitlines())}
    assert rows["language"] == ["75.0%", "75.0%"], "the scene in Chinese was answered in English"
    assert rows["no assistant voice"] == ["100.0%", "100.0%"]
    assert (rows["chinese"], rows["called"]) == (["language"], ["."])
    assert kept.count("> Two days is fine") == 4 and "broken: language" in kept
    assert "> Two days" in kept.split("## Called in a thread | mochi")[1]
