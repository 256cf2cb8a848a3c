"""Every `./cameo` command of the README does what it says, in a folder with what a fresh clone has."""

import asyncio
import re
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from bot.config.settings import Settings
from bot.write.models.failover import usual_usd
from tests.fakes.cameo import ROOT, Cameo
from tests.fakes.environment import clean_environment
from tests.fakes.waiting import PATIENCE

pytestmark = pytest.mark.asyncio(loop_scope="module")
README = (ROOT / "README.md").read_text(encoding="utf-8")
WRITTEN = re.findall(r"^ {4}(\./cameo [^#\n]+?) *(?:#.*)?$", README, re.MULTILINE)
TICKED = re.findall(r"`(\./cameo [^`\n]+)`|(\./cameo \w+):", README)
COMMANDS = sorted({*WRITTEN, *(one or other for one, other in TICKED)} - {"./cameo run"})
COUNTS = {
    "./cameo turns": "sent",
    "./cameo why MESSAGE_ID": "called",
    "./cameo check": "a hundred answers cost",
    "./cameo discord invite": "client_id=123456789012345678&",
}
MADE_UP = "MTIzNDU2Nzg5MDEyMzQ1Njc4.made-up"  # begins with an application's id, as Discord's tokens do


class Place(NamedTuple):
    """A folder like a clone, after a first talk; `message` is the id of one that called Cameo."""

    folder: Path
    message: str


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "personas", folder / "personas")
    for name in ("config.yaml", "other.yaml"):
        shutil.copy(ROOT / "config.yaml", folder / name)
    rows = re.search(r"^ {4}(\{\"id\": .*?\})$", README, re.MULTILINE | re.DOTALL)
    assert rows
    (folder / "FILE").write_text(" ".join(rows[1].split()) + "\n", encoding="utf-8")
    running = await Cameo(folder / "run", {"database": str(folder / "data" / "cameo.db")}).start()
    posted = await running.post("workshop", "Ana", "@mochi my espresso is sour since yesterday. What changed?")
    await running.until_turn(str(posted["id"]), "sent")
    await running.stop()
    yield Place(folder, str(posted["id"]))


async def test_the_readme_has_the_commands_that_a_newcomer_needs() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"--help", "check", "why", "turns", "replay", "discord"}
    assert "./cameo run" in WRITTEN


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_works_as_it_is_written(place: Place, command: str) -> None:
    words = [place.message if word == "MESSAGE_ID" else word for word in shlex.split(command)[1:]]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "bot", *words, cwd=place.folder,
        env={**clean_environment(), "PYTHONPATH": str(ROOT), "DISCORD_TOKEN": MADE_UP}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        printed, complained = (each.decode() for each in await process.communicate())
    assert (process.returncode, complained) == (0, "")
    assert COUNTS.get(command, "") in printed
    for word in words:
        assert not word.endswith((".jsonl", ".json", ".html")) or (place.folder / word).stat().st_size


async def test_what_answers_cost_is_what_the_prices_say() -> None:
    told = re.search(r"about \$([\d.]+) with Kimi\s+K2\.6 and \$([\d.]+) with gpt-6-luna", README)
    models = Settings().models
    assert told and [f"{100 * usual_usd(models[name]):.2g}" for name in ("kimi", "openai")] == [*told.groups()]
    assert (models["kimi"].model, models["openai"].model) == ("kimi-k2.6", "gpt-6-luna")


async def test_the_pictures_are_there_and_small_enough_to_wait_for() -> None:
    shown = re.findall(r"(?:src|srcset)=\"([^\"]+)\"|!\[[^\]]+\]\(([^)]+)\)", README)
    files = [ROOT / (one or other) for one, other in shown]
    assert len(files) == 3
    assert all(0 < file.stat().st_size <= 1_500_000 for file in files)


async def test_its_prose_fits_an_editor_and_its_example_is_still_kept() -> None:
    prose = [line for line in README.splitlines() if not line.startswith(("|", "[", "!", "  <"))]
    assert max(map(len, prose)) <= 120
    weeks = re.search(r"here (\w+) weeks ago", README)
    assert weeks and ("one", "two", "three", "four").index(weeks[1]) * 7 + 7 < Settings().keep_days
