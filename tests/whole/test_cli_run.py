"""`cameo run` at a terminal: how it starts or says why not, and what the terminal and the log keep to themselves."""

import json
import socket
import sqlite3
import stat
from pathlib import Path

from tests.fakes.cameo import ROOT, TOKEN, Cameo, cameo, scripted
from tests.fakes.scripted_model import Fail, Say, ScriptedModel, Step
from tests.whole.terminal import NAME, WORD, command, written


async def test_a_second_cameo_on_the_same_database_names_the_first(tmp_path: Path) -> None:
    async with ScriptedModel() as model, cameo(tmp_path, scripted(model.url)) as running:
        assert running.process is not None and running.http is not None
        second = await command(tmp_path, "run", "--config", str(running.path), CAMEO_TOKEN=TOKEN)
        assert second.code == 4
        assert f"another Cameo is using this database (process {running.process.pid})" in second.err
        assert (await running.http.get("healthz")).status_code == 200


async def test_a_taken_address_says_what_to_change(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        written(tmp_path, f"personas: {ROOT / 'personas'}\nconsole: {{port: {port}}}\nmodels: {{b: {BUILTIN}}}\n")
        ended = await command(tmp_path, "run")
    assert ended.code == 5
    said = next(line for line in ended.err.splitlines() if line.startswith("cameo: "))
    assert f"127.0.0.1:{port}" in said and "console.port" in said


BUILTIN = "{builtin: smollm2-135m}"


async def test_the_token_is_made_once_and_kept_for_oneself(tmp_path: Path) -> None:
    kept = tmp_path / "data" / "token"
    async with ScriptedModel() as model:
        running = await Cameo(tmp_path, scripted(model.url), {"CAMEO_TOKEN": ""}).start()
        token = kept.read_text().strip()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert len(token) >= 32 and running.printed[-1].strip().endswith(f"?token={token}")
        assert await running.stop() == 0
        await running.start()
        assert running.printed[-1].strip().endswith(f"?token={token}") and kept.read_text().strip() == token
        assert await running.stop() == 0


async def test_the_terminal_has_a_few_short_lines_and_the_log_the_rest(tmp_path: Path) -> None:
    async with ScriptedModel([Say("one"), Say("two"), *[Fail(401)] * 3]) as model:
        running = await Cameo(tmp_path, scripted(model.url)).start()
        for _ in range(2):
            await running.until_turn((await running.post("workshop", NAME, f"@mochi about {WORD}"))["id"], "sent")
        assert running.terminal.read_text() == "", "replies need nobody's attention"
        await running.until_turn((await running.post("workshop", NAME, "@mochi again"))["id"], "sent", "silent")
        assert await running.stop() == 0
        lines = running.terminal.read_text().splitlines()
        assert [line.split(":")[0] for line in lines] == [
            "Model scripted refused us",
            "No model could write a reply",
            "Mute",
            "Stopping; what is being said may take up to 6.0 s.",
        ]
        assert max(map(len, lines)) <= 200
        assert {"models", "turn", "model_refused", "stopping"} <= {entry["event"] for entry in running.logged()}


async def test_verbose_shows_the_entries_themselves(tmp_path: Path) -> None:
    async with ScriptedModel() as model:
        running = await Cameo(tmp_path, scripted(model.url), words=("--verbose",)).start()
        assert await running.stop() == 0
        shown = [json.loads(line) for line in running.terminal.read_text().splitlines()]
        assert shown == running.logged() and shown[-1]["event"] == "stopping"


async def test_the_log_says_what_was_decided_and_never_what_was_said(tmp_path: Path) -> None:
    script: list[Step] = [Say(f"no {WORD} here"), *[Fail(500, message=f"can't read {WORD}")] * 9]
    async with ScriptedModel(script) as model:
        config = scripted(model.url)
        config["models"]["scripted"] |= {"key_env": "A_KEY", "price": {"input": 1, "output": 1}}
        async with cameo(tmp_path, config, {"A_KEY": "sk-very-secret"}) as running:
            posts = [await running.post("workshop", f"{NAME} {n}", f"@mochi about {WORD}") for n in range(2)]
            posts.append(await running.post("workshop", NAME, f"just {WORD}"))
            turns = [await running.until_turn(post["id"], "sent", "silent") for post in posts]
            stored = sqlite3.connect(f"file:{running.config['database']}?mode=ro", uri=True)
            assert stored.execute("select count(*) from messages where text like ?", (f"%{WORD}%",)).fetchone()[0] == 4
            stored.close()
        lines = running.log.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines]  # every line is JSON
        lines += running.terminal.read_text().splitlines()
        for secret in (WORD, NAME, "sk-very-secret", TOKEN):
            assert not [line for line in lines if secret in line]
        for turn in turns:
            told = [entry for entry in entries if entry["event"] == "turn" and entry["turn"] == turn["id"]]
            if turn["state"] == "silent":
                assert told == []
                continue
            last = told[-1]
            assert (last["verdict"], last["reason"], last["state"]) == (turn["verdict"], turn["reason"], turn["state"])
            assert last["room"] == turn["room"] and last["level"] == "info" and last["timestamp"]
        assert {entry["level"] for entry in entries} >= {"info", "warning"}, "the failing model is told"
