"""SIGKILLs at random moments of a turn on a real homeserver: every question is answered exactly once."""

from pathlib import Path

from tests.fakes.scripted_model import ScriptedModel
from tests.fakes.synapse import Synapse
from tests.whole.kills import kill_often, slowly
from tests.whole.places import matrix_room


async def test_kills_on_a_real_homeserver(tmp_path: Path, homeserver: Synapse) -> None:
    async with ScriptedModel(slowly) as model:
        toll = await kill_often(tmp_path, await matrix_room(homeserver, model.url, "kills"), kills=4, seed=2)
    assert (toll.kills, len(toll.moments), toll.lost, toll.doubled) == (4, 3, [], [])
