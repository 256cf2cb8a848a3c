"""SIGKILLs at random moments of a turn, in the local community and on a real homeserver: what was lost or doubled."""

import asyncio

from tests.bench.report import Plan, Report
from tests.fakes.scripted_model import Request, Say, ScriptedModel
from tests.fakes.synapse import PYTHON, Synapse
from tests.whole.kills import kill_often
from tests.whole.places import LocalRoom, Place, matrix_room


async def measure(report: Report, plan: Plan) -> None:
    """Both places at the same time: a kill is mostly waiting, and a busy machine finds more."""
    async with ScriptedModel(_slowly) as model, asyncio.TaskGroup() as places:
        kills = Kills(report, plan)
        places.create_task(kills.take_place("local community", LocalRoom(model.url), seed=11))
        if PYTHON.exists():
            places.create_task(_on_homeserver(kills, model.url, plan))
        else:
            report.skip("kills on a real Matrix homeserver: .venv-synapse is not there (`make bench` installs it)")


def _slowly(request: Request) -> Say:
    """Long enough to be killed in: half a second from the first token to the last."""
    return Say(f"You said: {request.last_user[-40:]}", first_delay=0.2, between=0.03)


async def _on_homeserver(kills: "Kills", model_url: str, plan: Plan) -> None:
    folder = plan.folder / "homeserver"
    folder.mkdir()
    server = Synapse(folder)
    await asyncio.to_thread(server.start)
    try:
        await kills.take_place("real Synapse", await matrix_room(server, model_url, "bench"), seed=12)
    finally:
        await asyncio.to_thread(server.stop)


class Kills:
    """Kills in several places, told as one line of progress."""

    def __init__(self, report: Report, plan: Plan):
        self._report, self._plan = report, plan
        self._standing: dict[str, str] = {}

    async def take_place(self, where: str, place: Place, seed: int) -> None:
        def tell(line: str) -> None:
            self._standing[where] = line
            self._report.progress("; ".join(f"{name}: {line}" for name, line in self._standing.items()))

        kills = self._plan.rounds(100, 5)
        toll = await kill_often(self._plan.folder / where.replace(" ", "-"), place, kills, seed, tell)
        lost, doubled = len(toll.lost), len(toll.doubled)
        moments = ", ".join(f"{count} {moment}" for moment, count in sorted(toll.moments.items()))
        self._report.figure(where, f"{toll.kills} kills, {len(toll.asked)} asked, {lost} lost, {doubled} doubled")
        self._report.say(f"   moments: {moments}")
        if lost or doubled:
            self._report.breach(f"{where}: lost {toll.lost}, doubled {toll.doubled}")
