"""A wrong key, in the real process: the manager learns it at once, and a changed key is used at once."""

from pathlib import Path
from typing import Any, cast

from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.present import present
from tests.fakes.scripted_model import ScriptedModel

KEY = "TEST_MODEL_KEY"


async def health(running: Cameo) -> dict[str, Any]:
    return cast(dict[str, Any], (await present(running.http).get("healthz")).json())


async def test_a_wrong_key_is_told_and_a_changed_one_is_used_at_once(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets.env"
    secrets.write_text(f"{KEY}=wrong-key-1\n")
    async with ScriptedModel(key="right-key-2") as model:
        config = scripted(model.url)
        config["models"]["scripted"]["key_env"] = KEY
        config["models"]["scripted"]["price"] = {"input": 0.1, "output": 0.2}
        async with cameo(tmp_path, config, {"CAMEO_ENV_FILE": str(secrets)}) as running:
            assert (await health(running))["status"] == "ok"
            said = await running.post("workshop", "Noor", "@mochi why does rye sink?")
            assert (await running.until_turn(said["id"], "sent"))["error"]
            told = await health(running)
            assert told["status"] == "failing"
            assert [notice["level"] for notice in told["notices"]] == ["failing", "near"]
            assert "HTTP 401" in told["notices"][1]["text"]
            assert [entry["event"] for entry in running.logged()].count("mute") == 1
            assert "wrong-key-1" not in str(told) + running.log.read_text() + running.terminal.read_text()

            secrets.write_text(f"{KEY}=right-key-2\n")

            async def is_well() -> bool:
                return bool((await health(running))["status"] == "ok")

            await eventually(is_well)
            asked = len(model.requests)
            again = await running.post("workshop", "Noor", "@mochi and now?")
            assert not (await running.until_turn(again["id"], "sent"))["error"]
            assert len(model.requests) == asked + 1
            assert (await health(running))["notices"] == []
            assert "mute.over" in [entry["event"] for entry in running.logged()]
