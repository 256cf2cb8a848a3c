"""20 SIGKILLs at random moments of a turn: every question is answered exactly once."""

from tests.fakes.scripted_model import Say, ScriptedModel
from tests.whole.kills import kill_often
from tests.whole.places import LocalRoom, matrix_room


def slowly(request):
    """Long enough to be killed in: half a second from the first token to the last."""
    return Say(f"You said: {request.last_user[-40:]}", first_delay=0.2, between=0.03)


async def test_ten_kills_in_the_local_community(tmp_path):
    async with ScriptedModel(slowly) as model:
        toll = await kill_often(tmp_path, LocalRoom(model.url), kills=10, seed=1)
    assert (toll.kills, toll.lost, toll.doubled) == (10, [], [])


async def test_ten_kills_on_a_real_homeserver(tmp_path, homeserver):
    async with ScriptedModel(slowly) as model:
        toll = await kill_often(tmp_path, await matrix_room(homeserver, model.url, "kills"), kills=10, seed=2)
    assert (toll.kills, toll.lost, toll.doubled) == (10, [], [])
