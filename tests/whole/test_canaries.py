"""No byte of what was deleted, edited away or purged is left in any file, whenever the process is killed."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.remember.members import DATA_FILES
from bot.remember.sweep import PAUSE_SECONDS
from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.model_steps import Request
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.fakes.waiting import PATIENCE

NAME, WORD, NUMBER = "Zwxqana", "zqxjkvbw", "9183746"  # in no file of Cameo's own
SAID = f"@mochi my {WORD} is on line {NUMBER}, who can help?"
UNTIL_CLEAN = PAUSE_SECONDS + PATIENCE  # the index may have been rewritten just before, which earns it a pause
ROOMS: list[dict[str, Any]] = [
    {"match": "*/workshop", "join": "unanswered", "hold": 720},
    {"match": "*", "join": "mentions", "delete_with_question": False},  # about platforms whose messages are not ours
]


def echo(request: Request) -> Say:
    """A model that repeats what it was told, names and all."""
    return Say(f"Oh {NAME}! Your {WORD}, on line {NUMBER}? Let me think about that for a while.")


def traces(running: Cameo, *canaries: str) -> dict[str, list[str]]:
    """Which canaries are in which file of the data folder."""
    found = {}
    for path in sorted(Path(running.config["database"]).parent.iterdir()):
        content = path.read_bytes().lower()
        if inside := [canary for canary in canaries if canary.lower().encode() in content]:
            found[path.name] = inside
    return found


async def spoken(running: Cameo) -> list[dict[str, Any]]:
    """A member calls us and is answered, says something else, and somebody else is told about it by us, too."""
    called = await running.post("kitchen", NAME, SAID)
    await running.until_turn(called["id"], "sent")
    silent = await running.post("workshop", NAME, f"the {WORD} came, does anybody know {NUMBER}?")
    await running.until_turn(silent["id"], "waiting")
    other = await running.post("kitchen", "Ben", "@mochi what did she say?", thread=called["thread"])
    await running.until_turn(other["id"], "sent")
    return [called, silent]


async def deleted(running: Cameo, said: list[dict[str, Any]]) -> None:
    assert running.http is not None
    for message in said:
        assert (await running.http.delete(f"api/local/messages/{message['id']}")).status_code == 204


async def edited(running: Cameo, said: list[dict[str, Any]]) -> None:
    assert running.http is not None
    for message in said:
        answer = await running.http.patch(f"api/local/messages/{message['id']}", json={"text": "never mind"})
        assert answer.status_code == 200


Change = Callable[[Cameo, list[dict[str, Any]]], Awaitable[None]]
KILLS = ("at once", "a moment later", "not at all")


@pytest.mark.parametrize("kill", KILLS)
@pytest.mark.parametrize(("change", "canaries"), [(deleted, (WORD, NUMBER, NAME)), (edited, (WORD, NUMBER))])
async def test_nothing_is_left_of_what_was_taken_back(
    tmp_path: Path, change: Change, canaries: tuple[str, ...], kill: str
) -> None:
    async with ScriptedModel(echo) as model, cameo(tmp_path, scripted(model.url, rooms=ROOMS)) as running:
        said = await spoken(running)
        assert set(canaries) == {canary for found in traces(running, *canaries).values() for canary in found}
        await change(running, said)
        if kill != "not at all":
            await asyncio.sleep(0.02 if kill == "a moment later" else 0)
            await running.kill()
            await running.start()

        async def is_clean() -> bool:
            return not traces(running, *canaries)

        assert await eventually(is_clean, UNTIL_CLEAN), "while it runs"
        await running.stop()
        assert traces(running, *canaries) == {}


async def test_nothing_is_left_of_what_is_older_than_the_days_to_keep(tmp_path: Path) -> None:
    async with ScriptedModel(echo) as model, cameo(tmp_path, scripted(model.url, rooms=ROOMS, keep_days=3)) as running:
        said = await spoken(running)
        await running.kill()
        _age(running, days=4)
        before = traces(running, WORD, NAME, said[0]["id"])
        assert before
        await running.start()

        async def is_clean() -> bool:
            return not traces(running, WORD, NUMBER, NAME, said[0]["id"])

        assert await eventually(is_clean, UNTIL_CLEAN)


def _age(running: Cameo, days: int) -> None:
    """Makes everything that is stored and logged that much older, as if the process had been down."""
    with sqlite3.connect(running.config["database"]) as connection:
        connection.execute("PRAGMA secure_delete = ON")  # as Cameo's connection has: an update, too, may free pages
        micros, seconds = days * 86_400_000_000, days * 86_400
        for table, columns in {"messages": ("at", "heard"), "reactions": ("at",), "turns": ("at", "due")}.items():
            for column in columns:
                connection.execute(f"UPDATE {table} SET {column} = {column} - {micros}")
        connection.execute(f"UPDATE posts SET at = at - {seconds}")
        connection.execute(
            "UPDATE adapter_state SET value = json_set(value, '$.at', '2026-01-01T00:00:00+00:00') "
            "WHERE key LIKE 'message/%'"
        )
    connection.close()
    text = running.log.read_text("utf-8")
    running.log.write_text(re.sub(r'"timestamp": "[^"]*"', '"timestamp": "2026-01-01T00:00:00Z"', text), "utf-8")


async def test_every_file_that_a_running_cameo_makes_is_registered_and_for_its_owner_only(tmp_path: Path) -> None:
    async with ScriptedModel(echo) as model, cameo(tmp_path, scripted(model.url), {"CAMEO_TOKEN": ""}) as running:
        assert running.http is not None
        data = Path(running.config["database"]).parent
        found = {path.name: path.stat().st_mode & 0o777 for path in data.iterdir()}
        assert found == dict.fromkeys(DATA_FILES, 0o600)
        assert data.stat().st_mode & 0o777 == 0o700


async def test_the_log_of_a_busy_hour_names_no_member_and_no_message(tmp_path: Path) -> None:
    async with ScriptedModel(echo) as model, cameo(tmp_path, scripted(model.url, rooms=ROOMS)) as running:
        said = await spoken(running)
        logged = running.log.read_text("utf-8") + running.terminal.read_text("utf-8")
        author = said[0].get("author_id", "member-")
        for canary in (NAME, WORD, NUMBER, author, *(message["id"] for message in said)):
            assert canary not in logged
        assert '"state": "sent"' in logged


async def test_an_env_file_that_everybody_can_read_is_told_at_the_start(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.env"
    secrets.write_text("X=1\n")
    for mode, is_told in ((0o644, True), (0o600, False)):
        secrets.chmod(mode)
        async with cameo(tmp_path / oct(mode), {}, {"CAMEO_ENV_FILE": str(secrets)}) as running:
            assert (f"chmod 600 {secrets}" in running.terminal.read_text("utf-8")) == is_told
