"""Live = replay: a replay of its own database gives the decisions of a running Cameo in a real Matrix room."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cameo import Cameo, cameo, eventually, is_about
from tests.fakes.scripted_model import Say, ScriptedModel, unlike
from tests.fakes.synapse import Person, Synapse
from tests.whole.places import MatrixRoom, matrix_room
from tests.whole.terminal import command

HOLD = 0.03  # minutes: two seconds, enough for an answer to arrive in time even on a busy machine
OPEN = ("waiting", "due", "writing", "sending")
OVER = ("sent", "silent", "stopped", "passed", "merged", "failed")
RULES = {
    "unanswered": {"join": "unanswered", "hold": HOLD, "share_of_voice": 0.9},
    "every post": {"join": "every_post", "share_of_voice": 0.9},
}
EXPECTED = {
    "unanswered": {
        "unanswered",
        "someone_answered",
        "addressed",
        "continued",
        "merged",
        "from_bot",
        "meant_for_others",
    },
    "every_post": {"every_post", "addressed", "continued", "merged", "from_bot", "meant_for_others"},
}


class Evening:
    """Members talk; `said` are the ids of the messages that still exist, `gone` of those deleted."""

    def __init__(self, place: MatrixRoom, running: Cameo):
        self.place, self.running = place, running
        self.ana, self.ben, self.eve, self.fay, self.gus, self.hal = place.people
        self.said: list[str] = []
        self.gone: list[str] = []

    async def say(self, who: Person, text: str, **more: Any) -> str:
        self.said.append(await who.say(self.place.room, text, **more))
        return self.said[-1]

    async def over(self, *triggers: str) -> None:
        for trigger in triggers:
            await self.running.until_turn(trigger, *OVER)

    async def goes_by(self) -> None:
        """Waits until every reply that was decided is sent, before the next event."""
        await self._answered_and_alone()
        await self._threads_and_replies()
        await self._called()
        await self._changed()
        await eventually(self._nothing_is_open)

    async def _answered_and_alone(self) -> None:
        asked = await self.say(self.ana, "does rye sink in water?")
        await self.running.until_turn(asked, *OPEN, *OVER)
        answer = await self.say(self.ben, "it does, slowly", reply_to=asked)
        await self.over(asked, answer)
        alone = await self.say(self.eve, "who has a spare jar?")
        await self.over(alone, await self.say(self.eve, "a big one"))
        await self.over(await self.say(self.ben, "good evening"))
        called = await self.say(self.ben, "do you bake today?", mentions=[self.ana.id])
        await self.over(called, await self.say(self.ana, "not today"))

    async def _threads_and_replies(self) -> None:
        post = await self.say(self.ana, "my first loaf is out of the oven, how does it look?")
        await self.over(await self.say(self.ben, "dark", thread=post), post)
        await self.over(await self.say(self.ana, "was it in for too long?", thread=post))
        await self.over(await self.say(self.eve, "a bit", thread=post))
        lonely = await self.say(self.fay, "which flour keeps longest?")
        await self.over(await self.say(self.fay, "in a cellar, that is", thread=lonely), lonely)
        bot = await self.say(self.ben, "sunny, 20 degrees", kind="m.notice")
        await self.over(bot)

    async def _called(self) -> None:
        us = [self.place.bot.id]
        asked = await self.say(self.eve, "what is bran?", mentions=us)
        await self.over(asked)
        on = await self.say(self.eve, "and is it good for bread?")
        await self.over(on)
        reply = (await self.running.turn(asked) or {})["reply_id"]
        await self.over(await self.say(self.eve, "thanks!", reply_to=reply))
        first = await self.say(self.ben, "why does it sour?", mentions=us)
        await self.over(first, await self.say(self.ben, "and how fast?", mentions=us))
        await self.over(await self.say(self.ana, "I wondered too"), await self.say(self.ben, "see?"))

    async def _changed(self) -> None:
        edited = await self.say(self.gus, "where is the sal?")
        await self.running.until_turn(edited, *OPEN, *OVER)
        await self.gus.edit(self.place.room, edited, "where is the salt?")
        await self.over(edited)
        self.gone.append(await self.hal.say(self.place.room, "does anybody like olives?"))
        await self.running.until_turn(self.gone[-1], *OPEN, *OVER)
        await self.hal.redact(self.place.room, self.gone[-1])
        await self.over(self.gone[-1])
        await self.over(await self.say(self.ben, "good night"))

    def is_gone(self, turn: dict[str, Any]) -> bool:
        return any(is_about(turn, message) for message in self.gone)

    async def _nothing_is_open(self) -> bool:
        turns = {turn["trigger"]: turn["state"] for turn in await self.running.turns()}
        return set(self.said) <= set(turns) and not any(state in OPEN for state in turns.values())


async def replayed(running: Cameo, place: MatrixRoom, folder: Path) -> dict[str, tuple[str, str]]:
    out = folder / "turns.jsonl"
    ended = await command(
        folder, "replay", running.config["database"], "--config", str(running.path), "--out", str(out),
        **place.environment,
    )  # fmt: skip
    assert ended.code == 0, ended.err
    turns = [json.loads(line) for line in out.read_text().splitlines()]
    return {turn["trigger"]: (turn["decision"], turn["reason"]) for turn in turns}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
async def test_what_was_decided_in_a_matrix_room_is_what_a_replay_of_its_database_says(
    tmp_path: Path, homeserver: Synapse, rule: dict[str, Any]
) -> None:
    async with ScriptedModel(lambda request: Say(unlike(request))) as model:
        place = await matrix_room(homeserver, model.url, "evening")
        place.config["rooms"] = [{"match": "*", **rule}]
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            evening = Evening(place, running)
            await evening.goes_by()
            turns = await running.turns()
            assert await running.stop() == 0
        live = {
            turn["trigger"]: ("speak" if turn["state"] == "sent" else "silent", turn["reason"])
            for turn in turns
            if not evening.is_gone(turn)  # deleted messages are not in the history, so they are not replayed
        }
        assert set(live) == set(evening.said)
        assert {turn["reason"] for turn in turns if evening.is_gone(turn)} == {"deleted"}
        assert await replayed(running, place, tmp_path) == live
        assert {"speak", "silent"} == {decision for decision, _ in live.values()}
        assert EXPECTED[rule["join"]] <= {reason for _, reason in live.values()}
