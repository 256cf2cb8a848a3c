"""Settings and personas edited while the real process runs: its watcher, its signals, and what its manager sees."""

import asyncio
import os
import pty
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, cast

from tests.fakes.cameo import ROOT, Cameo, cameo, eventually, scripted
from tests.fakes.present import present
from tests.fakes.scripted_model import Say, ScriptedModel
from tests.fakes.waiting import PATIENCE


def with_own_personas(folder: Path, url: str) -> dict[str, Any]:
    shutil.copytree(ROOT / "personas", folder / "mine")
    rooms = [{"match": "*", "persona": "mochi", "join": "mentions"}]
    config = scripted(url, personas=str(folder / "mine"), rooms=rooms)
    config["models"]["scripted"]["context_tokens"] = 3000  # enough for the persona's voice
    return config


async def policy(running: Cameo) -> dict[str, Any]:
    return cast(dict[str, Any], (await present(running.http).get("healthz")).json()["policy"])


async def changed(running: Cameo, version: str) -> str:
    async def other() -> str | None:
        found = (await policy(running))["version"]
        return found if found != version else None

    return await eventually(other)


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


async def answer(running: Cameo, text: str, state: str = "sent") -> dict[str, Any]:
    said = await running.post("workshop", "Noor", text)
    return await running.until_turn(said["id"], state)


async def test_an_edited_persona_and_an_edited_rule_are_used_by_the_next_turn_and_after_a_restart(
    tmp_path: Path,
) -> None:
    async with ScriptedModel(lambda _: Say("All right.")) as model:
        config = with_own_personas(tmp_path, model.url)
        async with cameo(tmp_path, config) as running:
            first = (await policy(running))["version"]
            assert (await answer(running, "@mochi hi"))["policy"] == first
            edit(tmp_path / "mine" / "mochi.yaml", "voice: >-\n", "voice: >-\n  Speaks in riddles.\n")
            second = await changed(running, first)
            assert (await answer(running, "@mochi hi"))["policy"] == second
            edit(running.path, "persona: mochi", "persona: pip")
            third = await changed(running, second)
            await answer(running, "@pip hi")
            riddles = ["riddles" in str(request.messages) for request in model.requests]
            assert riddles == [False, True, False] and "Pip" in str(model.requests[-1].messages[0])
        config["rooms"][0]["persona"] = "pip"
        async with cameo(tmp_path, config) as running:
            assert await policy(running) == {"version": third, "problems": [], "restart": []}
            assert (await answer(running, "@pip hi"))["policy"] == third
            with running.path.open("a") as file:
                file.write("limits: {replies_per_member_hour: 1}\nkeep_days: 7\n")
            fourth = await changed(running, third)
            limited = await answer(running, "@pip hi")
            assert (limited["reason"], limited["policy"]) == ("member_limit", fourth)


async def test_mistakes_are_told_as_check_tells_them_and_a_signal_reads_at_once(tmp_path: Path) -> None:
    async with (
        ScriptedModel(lambda _: Say("All right.")) as model,
        cameo(tmp_path, with_own_personas(tmp_path, model.url)) as running,
    ):
        before = await policy(running)
        good = running.path.read_text()
        running.path.write_text(good + "colour: red\nkeep_days: 0\n")
        present(running.process).send_signal(signal.SIGHUP)
        told = await told_of(running, "problems")
        check = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "check", "--config", str(running.path), cwd=ROOT, env=running._environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, err = await check.communicate()
        assert told == err.decode().splitlines() and len(told) == 2
        assert set(told) <= set(running.terminal.read_text().splitlines())
        assert (await answer(running, "@mochi hi"))["policy"] == before["version"], "the old settings stay in force"
        running.path.write_text(good.replace("port: 0", "port: 1"))
        present(running.process).send_signal(signal.SIGHUP)
        assert await told_of(running, "restart") == ["console"]
        assert (await policy(running))["problems"] == []
        assert "only a restart puts it in force: console" in running.terminal.read_text()


async def told_of(running: Cameo, what: str) -> list[str]:
    async def lines() -> list[str]:
        return cast(list[str], (await policy(running))[what])

    return await eventually(lines)


async def test_a_closed_terminal_ends_it_as_asked(tmp_path: Path) -> None:
    """Closing the terminal window stops Cameo, so that it does not run unseen; a service has no terminal."""
    config = tmp_path / "config.yaml"
    config.write_text(f"personas: {ROOT / 'personas'}\nconsole: {{port: 0}}\nwriter: [builtin]\n")
    ours, its = pty.openpty()
    running = Cameo(tmp_path / "unused", {})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", "--config", str(config), cwd=tmp_path,
        env={**running._environment, "PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.PIPE, stderr=its,
    )  # fmt: skip
    os.close(its)
    try:
        async with asyncio.timeout(PATIENCE):
            while b"http://" not in await present(process.stdout).readline():
                pass
            os.close(ours)
            process.send_signal(signal.SIGHUP)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
