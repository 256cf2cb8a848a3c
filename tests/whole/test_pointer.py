"""Without a model, in the real process: a quotation with its name and link, an honest line, and thanks."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.present import present
from tests.fakes.scripted_model import Fail, ScriptedModel

ASKED = "how do I descale the espresso machine?"
QUOTE = "Citric acid, 20 g per litre."
ELSE = "@mochi which radio programme was that on Sunday night?"


async def past(running: Cameo) -> str:
    """Ana has asked, and Femi has answered; the id of the answer."""
    post = await running.post("workshop", "Ana", f"Morning all, {ASKED}")
    answer = f"{QUOTE} Run it twice, then rinse with plain water."
    said: dict[str, Any] = await running.post("workshop", "Femi", answer, thread=post["thread"], reply_to=post["id"])
    return str(said["id"])


async def health(running: Cameo) -> dict[str, Any]:
    found: dict[str, Any] = (await present(running.http).get("healthz")).json()
    return found


async def answered(running: Cameo, asked: str) -> tuple[dict[str, Any], str]:
    """Zoe's question, the turn about it, and what Cameo has said."""
    said = await running.post("workshop", "Zoe", asked)
    turn = await running.until_turn(said["id"], "sent")
    [text] = (await running.replies("workshop"))[said["id"]]
    return {**turn, "thread_of_reply": said["thread"]}, text


def hearts(running: Cameo, message_id: str) -> int:
    """How many reactions of Cameo's the message has."""
    with closing(sqlite3.connect(running.config["database"])) as connection:
        ours = "SELECT count(*) FROM reactions WHERE message_id = ? AND author_is_self AND emoji = '💛'"
        return int(connection.execute(ours, (message_id,)).fetchone()[0])


def assert_points(turn: dict[str, Any], text: str, answer: str) -> None:
    assert "Femi" in text and QUOTE in text and answer in text, "a name, a quotation, and a link"
    assert (turn["model"], turn["error"]) == ("pointer", "") and turn["facts"]["pointer"]["score"] > 0.5


async def test_without_a_model_it_points_says_what_it_lacks_and_thanks_who_helped(tmp_path: Path) -> None:
    async with cameo(tmp_path, {"writer": ["pointer"]}) as running:
        answer = await past(running)
        turn, text = await answered(running, f"@mochi {ASKED}")
        assert_points(turn, text, answer)
        assert turn["cost_usd"] == 0 and turn["facts"]["pointer"]["because"] == "no_model"
        nothing, line = await answered(running, ELSE)
        assert "/model" in line and "“" not in line
        assert (nothing["model"], nothing["error"], nothing["facts"]["pointer"]["score"]) == ("pointer", "", None)
        told = await health(running)
        assert told["status"] == "ok" and [notice["level"] for notice in told["notices"]] == ["near"]
        assert "/model" in told["notices"][0]["text"]

        assert hearts(running, answer) == 0
        await running.post("workshop", "Zoe", "thank you!", thread=turn["thread_of_reply"], reply_to=turn["reply_id"])
        await running.kill()  # whatever it was about to do
        await running.start()

        async def is_thanked() -> bool:
            return hearts(running, answer) == 1

        await eventually(is_thanked)


@pytest.mark.parametrize("case", ["failing", "too dear"])
async def test_a_pointer_comes_before_the_apology(tmp_path: Path, case: str) -> None:
    async with ScriptedModel(lambda request: Fail(400)) as model:
        config = scripted(model.url)
        if case == "too dear":
            config |= {"limits": {"usd_per_day": 0.001}}
            config["models"]["scripted"]["price"] = {"input": 10, "cached": 1, "output": 1000}
        async with cameo(tmp_path, config) as running:
            answer = await past(running)
            turn, text = await answered(running, f"@mochi {ASKED}")
            assert_points(turn, text, answer)
            told = await health(running)
            if case == "too dear":
                assert turn["facts"]["pointer"]["because"] == "budget" and model.requests == []
                assert [notice["limit"] for notice in told["notices"]] == ["budget"]
            else:
                assert turn["facts"]["pointer"]["because"] == "models_failed" and model.requests
                assert told["status"] == "failing", "the manager learns it, though callers are helped"
            apology, line = await answered(running, ELSE)
            assert apology["error"] == ("budget" if case == "too dear" else "models_failed")
            assert QUOTE not in line and "/model" not in line
