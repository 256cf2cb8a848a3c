"""What a prompt shows of the past, from end to end: only what the asker could read, by recall, thread and room."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cameo import cameo
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.synapse import Person, Synapse
from tests.whole.places import DiscordRoom, MatrixRoom

FILLERS = 13  # more than the room's newest messages that a prompt shows, so that older ones are only recalled
RECALL, THREAD, WINDOW = "heliotrope", "cobalt", "vermilion"
SECRETS = {RECALL, THREAD, WINDOW}
QUESTION = "where is the spare accordion?"

WHO = ("before", "invited", "later")  # joined before, was invited before and joined later, joined later
SEES = {
    "world_readable": {"before", "invited", "later"},
    "shared": {"before", "invited", "later"},
    "invited": {"before", "invited"},
    "joined": {"before"},
}


def shown(model: ScriptedModel) -> set[str]:
    """The secrets in the last prompt."""
    prompt = str(model.requests[-1].messages)
    return {secret for secret in SECRETS if secret in prompt}


@pytest.mark.parametrize("visibility", SEES)
async def test_on_matrix_by_visibility_and_arrival(tmp_path: Path, homeserver: Synapse, visibility: str) -> None:
    bot, host, *rest = await asyncio.gather(*(homeserver.user(name) for name in ("cameo", "host", *WHO)))
    people: dict[str, Person] = dict(zip(WHO, rest, strict=True))
    room = await host.create_room(invite=[bot.id, people["before"].id, people["invited"].id], history=visibility)
    await people["before"].join(room)
    async with ScriptedModel() as model:
        place = MatrixRoom(model.url, bot, [host], room)
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            await host.say(room, f"the spare accordion is in the {RECALL} cupboard")
            thread = await host.say(room, "things to repair")
            await host.say(room, f"the {THREAD} kettle", thread=thread)
            for number in range(FILLERS):
                await host.say(room, f"nothing of interest {number}")
            await host.say(room, f"I wear {WINDOW} today")
            await host.invite(room, people["later"].id)
            for who in ("invited", "later"):
                await people[who].join(room)
            found = {}
            for who, person in people.items():
                asked = await person.say(room, f"{QUESTION} ({who})", mentions=[bot.id], thread=thread)
                await running.until_turn(asked, "sent")
                found[who] = shown(model)
    assert found == {who: SECRETS if who in SEES[visibility] else set() for who in WHO}


VIEW, SEND, HISTORY, IN_THREADS = 1 << 10, 1 << 11, 1 << 16, 1 << 38


async def test_on_discord_by_role(tmp_path: Path) -> None:
    """A role may read the channel's past; everybody else sees what is said from now on."""
    async with ScriptedModel() as model, FakeDiscord() as discord:
        world = discord.world
        world.everyone = str(VIEW | SEND | IN_THREADS)
        world.role("reader", HISTORY, members=["Ben"])
        place = DiscordRoom(model.url, discord)
        async with cameo(tmp_path, place.config, place.environment) as running:
            await place.ready(running)
            await discord.say("general", "Ana", f"the spare accordion is in the {RECALL} cupboard")
            started = await discord.thread("general", "repairs", "Ana", f"the {THREAD} kettle")
            hidden = await discord.thread("general", "private", "Ana", "the spare accordion is fine", private=True)
            for number in range(FILLERS):
                await discord.say("general", "Ana", f"nothing of interest {number}")
            await discord.say("general", "Ana", f"I wear {WINDOW} today")
            found: dict[str, Any] = {}
            for who in ("Ben", "Eve"):
                asked = await discord.say(started["channel_id"], who, QUESTION, mention=True)
                await running.until_turn(asked["id"], "sent")
                found[who] = shown(model)
                assert "fine" not in str(model.requests[-1].messages), "a private thread is for its members"
            inside = await discord.say(hidden["channel_id"], "Ben", QUESTION, mention=True)
            await running.until_turn(inside["id"], "sent")
            assert "fine" in str(model.requests[-1].messages)
    assert found == {"Ben": SECRETS, "Eve": set()}
