"""SIGKILLs at random moments of a turn in the local community: every question is answered exactly once."""

from pathlib import Path

from tests.fakes.scripted_model import ScriptedModel
from tests.whole.kills import kill_often, slowly
from tests.whole.places import LocalRoom


async def test_kills_in_the_local_community(tmp_path: Path) -> None:
    async with ScriptedModel(slowly) as model:
        toll = await kill_often(tmp_path, LocalRoom(model.url), kills=4, seed=1)
    assert (toll.kills, len(toll.moments), toll.lost, toll.doubled) == (4, 3, [], [])
