"""The real process between a hostile homeserver and a hostile gateway: it lives, and good events lose nothing."""

from collections import Counter
from pathlib import Path

import pytest

from tests.adapters.matrix.scripted import OWN
from tests.adapters.matrix.scripted import scripted as scripted_homeserver
from tests.fakes.cameo import Cameo, cameo, eventually, scripted
from tests.fakes.discord_gateway import FakeDiscord
from tests.fakes.present import present
from tests.fakes.scripted_model import Say, ScriptedModel, unlike
from tests.whole.hostile import MUTATED, HostileGateway, HostileHomeserver
from tests.whole.places import NO_LIMITS, answered, discord_environment, knows_its_beginning


async def is_answered_here(running: Cameo, who: str) -> bool:
    said = await running.post("workshop", who, "@mochi are you there?")
    await running.until_turn(said["id"], "sent")
    return len((await running.replies("workshop"))[said["id"]]) == 1


@pytest.mark.parametrize("seed", [1, 2])
async def test_it_lives_between_hostile_servers_and_answers_every_good_event_once(tmp_path: Path, seed: int) -> None:
    homeserver = HostileHomeserver(seed)
    async with (
        ScriptedModel(lambda request: Say(unlike(request))) as model,
        FakeDiscord() as discord,
        scripted_homeserver(homeserver.answer) as server,
    ):
        platforms = {"matrix": {"enabled": True, "homeserver": server.url, "user": OWN}, "discord": {"enabled": True}}
        config = scripted(model.url, platforms=platforms, rooms=[{"match": "*", "join": "mentions"}], limits=NO_LIMITS)
        environment = {"MATRIX_TOKEN": "T", **discord_environment(discord)}
        async with cameo(tmp_path, config, environment) as running:
            assert await is_answered_here(running, "Noor")
            await eventually(lambda: knows_its_beginning(running))
            gateway = HostileGateway(discord, seed)
            await gateway.run()

            async def all_are_answered() -> bool:
                there = {answered(said) for said in discord.ours("general")}
                return set(gateway.good) <= there and set(homeserver.good) <= homeserver.replies.keys()

            await eventually(all_are_answered)
            assert await is_answered_here(running, "Ben")
            health = (await present(running.http).get("healthz")).json()
            assert health["platforms"] == {"local": "up", "matrix": "up", "discord": "up"}
            assert await running.stop() == 0
        once = Counter(answered(said) for said in discord.ours("general"))
        assert len(gateway.good) == len(homeserver.good) == MUTATED / 20
        assert {once[good] for good in gateway.good} == {homeserver.replies[good] for good in homeserver.good} == {1}
        assert (discord.identified, discord.resumed) == (1, 0)
        lost = [line for line in running.logged() if line["event"] in ("platform.lost", "platform.failed", "crashed")]
        assert lost == []
